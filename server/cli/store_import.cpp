// import: users and keys from lines into a store. What is there already is left as it is, so that an import
// that was cut off is just run again.
#include "auth/crypto.hpp"
#include "auth/names.hpp"
#include "auth/policy.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/record_lines.hpp"
#include "server/cli/store_access.hpp"
#include "storage/lower_case.hpp"
#include "storage/run_together.hpp"

#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <utility>

namespace latchkey::cli {
namespace {

constexpr std::size_t longest_line = 1 << 20;
constexpr std::size_t batch_size = 4096; // keys
constexpr int most_name_draws = 8;
constexpr std::uint64_t most_told = 20; // refused lines; the others are counted

// What became of a record.
struct fate {
    enum class kind { added, present, expired, refused, failed };
    kind what = kind::failed;
    std::string why{}; // refused, failed
};

fate refused(std::string why)
{
    return {fate::kind::refused, std::move(why)};
}

fate failed(error_code ec)
{
    return {fate::kind::failed, ec.message()};
}

bool is_same_text(std::string_view one, std::string_view other) // without ASCII case
{
    const auto lower = [](char c) { return lower_case(c); };
    return std::ranges::equal(one, other, {}, lower, lower);
}

struct tally {
    std::uint64_t added = 0;
    std::uint64_t present = 0;
    std::uint64_t expired = 0;
    std::uint64_t refused = 0;

    std::uint64_t read() const noexcept { return added + present + expired + refused; }

    void count(const fate& one)
    {
        if (one.what == fate::kind::added) ++added;
        if (one.what == fate::kind::present) ++present;
        if (one.what == fate::kind::expired) ++expired;
        if (one.what == fate::kind::refused) ++refused;
    }

    std::string text() const
    {
        std::ostringstream out;
        out << read() << " read: " << added << " added, " << present << " there already";
        if (expired != 0) out << ", " << expired << " expired and left out";
        if (refused != 0) out << ", " << refused << " refused";
        return out.str();
    }
};

// Puts single records into the store, and knows under which ids their owners are there.
class record_inserter {
public:
    record_inserter(store& records, const clock& now) : records_{records}, now_{now} {}

    task<fate> insert(user added)
    {
        const uuid id = added.id;
        const result<void> inserted = co_await records_.insert_user(added);
        if (inserted) co_return fate{fate::kind::added};
        if (inserted.error() == storage_errc::id_taken) {
            const result<user> other = co_await records_.find_user(id);
            if (!other) co_return failed(other.error());
            if (!other->is_deleted && is_same_person(added, *other)) co_return fate{fate::kind::present};
            co_return refused("another user has this id, or had it");
        }
        const bool is_taken =
            inserted.error() == storage_errc::username_taken || inserted.error() == storage_errc::email_taken;
        if (!is_taken) co_return failed(inserted.error());
        const result<user> other = co_await records_.find_user_by_username(added.username);
        if (!other && other.error() != storage_errc::not_found) co_return failed(other.error());
        if (!other || !is_same_person(added, *other))
            co_return refused("another user has this username or email address");
        ids_.emplace(id, other->id);
        co_return fate{fate::kind::present};
    }

    task<fate> insert(key_line line)
    {
        if (line.key.expires_at <= now_.now()) co_return fate{fate::kind::expired};
        const result<uuid> owner = co_await owner_called(line.owner);
        if (!owner && owner.error() != storage_errc::not_found) co_return failed(owner.error());
        if (!owner) co_return refused("its owner is not there");
        line.key.owner = *owner;
        for (int draw = 0;; ++draw) {
            const result<void> inserted = co_await records_.insert_key(line.key);
            if (inserted) break;
            if (inserted.error() == storage_errc::owner_gone) co_return refused("its owner is not there");
            const bool is_name = inserted.error() == storage_errc::name_taken;
            if (!is_name && inserted.error() != storage_errc::id_taken) co_return failed(inserted.error());
            auto looking = fate_beside(line.key, is_name);
            fate found = co_await std::move(looking);
            const bool is_drawn_again = found.what == fate::kind::refused && is_name && line.is_name_made;
            if (!is_drawn_again || draw == most_name_draws) co_return found;
            line.key.name = generate_token_name();
        }
        if (line.last_used != time_point{}) records_.record_use(line.key.id, line.last_used);
        co_return fate{fate::kind::added};
    }

private:
    static bool is_same_person(const user& one, const user& other)
    {
        return is_same_text(one.username, other.username) && is_same_text(one.email, other.email);
    }

    // Of a key whose id or name is taken.
    task<fate> fate_beside(key_record key, bool is_name)
    {
        const result<key_listing> other = co_await records_.find_key(key.id);
        if (!other && other.error() != storage_errc::not_found) co_return failed(other.error());
        if (other && other->key.owner == key.owner) co_return fate{fate::kind::present};
        if (is_name) co_return refused("its owner has another token of this name");
        if (other) co_return refused("another key has this id");
        co_return refused("its id is of another system; a store in Redis takes keys of Latchkey alone");
    }

    // By id, username or email address. not_found.
    task<result<uuid>> owner_called(std::string text)
    {
        if (const auto known = named_.find(text); known != named_.end()) co_return known->second;
        result<uuid> found = storage_errc::not_found;
        if (const auto id = parse_uuid(text)) {
            if (*id == system_user_id) co_return found; // its keys are the server's alone
            const auto moved = ids_.find(*id);
            found = moved != ids_.end() ? moved->second : *id;
        } else {
            auto asking = text.find('@') != text.npos ? records_.find_user_by_email(text)
                                                      : records_.find_user_by_username(text);
            const result<user> one = co_await std::move(asking);
            if (!one) co_return one.error();
            found = one->id;
        }
        named_.emplace(std::move(text), *found);
        co_return found;
    }

    store& records_;
    const clock& now_;
    std::map<uuid, uuid> ids_; // of the file -> of the store, where somebody was there under another one
    std::map<std::string, uuid, std::less<>> named_;
};

// Reads the file to its end, batch by batch: users first, each in turn, then keys, many at once.
class import_run {
public:
    import_run(store_access& access, std::istream& lines)
        : access_{access},
          lines_{lines},
          inserter_{access.records(), access.now()}
    {}

    // `first`: the line that was read already.
    ending run(std::string first)
    {
        ++number_;
        take(first);
        std::string text;
        while (next_line(text))
            take(text);
        put_keys();
        if (lines_.bad()) stop("the file cannot be read");
        if (is_exported_ && !end_) tell_refused(number_, "the file is cut off: its last line is missing");
        const bool is_whole = !end_ || (end_->users == users_.read() && end_->keys == keys_.read());
        if (!is_whole) tell_refused(number_, "the file does not hold as many records as this line says");
        std::cout << "users: " << users_.text() << "\nkeys:  " << keys_.text() << '\n';
        if (peppered_ != 0)
            std::cout << peppered_
                      << " keys are under a pepper: they need the --pepper-file they were made with\n";
        return refusals_ == 0 ? ending::done : ending::failed;
    }

private:
    struct numbered_key {
        std::uint64_t line;
        key_line key;
    };

    bool next_line(std::string& text)
    {
        if (!std::getline(lines_, text)) return false;
        ++number_;
        if (text.size() > longest_line) stop("the line is longer than 1 MiB");
        return true;
    }

    void take(std::string& text)
    {
        if (text.find_first_not_of(" \t\r") == text.npos) return;
        if (end_) stop("there is something behind the end of the export");
        auto parsed = parse_record_line(text, access_.now().now(), access_.peppers());
        wipe_memory(text.data(), text.size()); // it may hold a token
        if (!parsed) {
            tell_refused(number_, parsed.error().text);
            return;
        }
        if (std::holds_alternative<export_header>(*parsed)) {
            if (number_ != 1) stop("a second export begins here");
            is_exported_ = true;
        } else if (auto* const one = std::get_if<user>(&*parsed)) {
            put_keys(); // whose owners were there before
            settle(number_, access_.run(inserter_.insert(std::move(*one))), users_);
        } else if (auto* const key = std::get_if<key_line>(&*parsed)) {
            waiting_.push_back({number_, std::move(*key)});
            if (waiting_.size() == batch_size) put_keys();
        } else {
            put_keys();
            end_ = std::get<export_end>(*parsed);
        }
    }

    void put_keys()
    {
        std::vector<task<fate>> works;
        for (numbered_key& one : waiting_) {
            if (one.key.key.kind == digest_kind::hmac_sha256) ++peppered_;
            works.push_back(inserter_.insert(std::move(one.key)));
        }
        const std::vector<fate> fates =
            access_.run(run_together(std::move(works), store_access::keys_at_once));
        for (std::size_t at = 0; at < fates.size(); ++at)
            settle(waiting_[at].line, fates[at], keys_);
        waiting_.clear();
        progress_.show(keys_.read());
    }

    void settle(std::uint64_t line, const fate& one, tally& into)
    {
        if (one.what == fate::kind::failed)
            throw command_failure{ending::failed,
                                  "line " + std::to_string(line) + ": the store cannot take it: " + one.why +
                                      "; run the import again, it goes on from there"};
        into.count(one);
        if (one.what == fate::kind::refused) tell_refused(line, one.why);
    }

    void tell_refused(std::uint64_t line, const std::string& why)
    {
        if (++refusals_ <= most_told) std::cerr << "latchkey: line " << line << ": " << why << '\n';
        if (refusals_ == most_told) std::cerr << "latchkey: further lines like these are only counted\n";
    }

    [[noreturn]] void stop(const std::string& why) const
    {
        throw command_failure{ending::failed, "line " + std::to_string(number_) + ": " + why};
    }

    store_access& access_;
    std::istream& lines_;
    record_inserter inserter_;
    std::uint64_t number_ = 0;
    bool is_exported_ = false; // it began with a header, and must have an end
    std::optional<export_end> end_;
    std::vector<numbered_key> waiting_;
    tally users_;
    tally keys_;
    std::uint64_t peppered_ = 0;
    std::uint64_t refusals_ = 0;
    progress_line progress_{"keys"};
};

// Nothing if the line is none.
std::optional<export_header> header_in(std::string_view line)
{
    const auto parsed = parse_record_line(line, time_point{}, pepper_set{});
    const auto* const header = parsed ? std::get_if<export_header>(&*parsed) : nullptr;
    return header ? std::optional{*header} : std::nullopt;
}

// Another deployment's keys cannot be found in a Redis whose ids are drawn by another key.
void check_ids(const store_access& access, const std::optional<export_header>& header)
{
    const bool is_redis = access.settings().store.engine == store_engine::redis;
    if (!is_redis || !header || !header->id_tag_key) return;
    if (access.records().id_tag_key() == header->id_tag_key) return;
    throw command_failure{ending::failed,
                          "this Redis has users of another deployment: a store in Redis takes an export only "
                          "if it is empty, or has the same origin"};
}

} // namespace

ending import_records(const invocation& given)
{
    config settings = store_settings(given);
    const std::string& path = given.operands[0];
    std::ifstream file;
    if (path != "-") file.open(path);
    if (!file) throw command_failure{ending::failed, "cannot read " + path};
    std::istream& lines = path == "-" ? std::cin : file;
    std::string first;
    std::getline(lines, first);
    const auto header = header_in(first); // it decides how the store is opened
    store_access access{std::move(settings), header ? header->id_tag_key : std::nullopt};
    check_ids(access, header);
    return import_run{access, lines}.run(std::move(first));
}

} // namespace latchkey::cli
