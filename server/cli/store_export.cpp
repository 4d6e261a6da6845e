// export: all users and live keys of a store, as lines.
#include "server/cli/commands.hpp"
#include "server/cli/record_lines.hpp"
#include "server/cli/store_access.hpp"
#include "storage/file_descriptor.hpp"
#include "storage/run_together.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <iostream>
#include <unistd.h>
#include <utility>

namespace latchkey::cli {
namespace {

constexpr std::size_t flush_bytes = 1 << 16;

[[noreturn]] void fail(const std::string& what)
{
    throw command_failure{ending::failed, what};
}

// Standard output, or a new file that only its owner can read and that is not there if it is not whole.
class line_file {
public:
    explicit line_file(std::string path) : path_{std::move(path)}
    {
        if (path_.empty()) return;
        file_ = file_descriptor{::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
        if (file_.number() < 0) fail("cannot make " + path_ + ": " + std::generic_category().message(errno));
    }

    ~line_file()
    {
        if (!path_.empty() && !is_whole_) ::unlink(path_.c_str());
    }

    line_file(const line_file&) = delete;
    line_file& operator=(const line_file&) = delete;

    void add(const std::string& line)
    {
        waiting_ += line;
        if (waiting_.size() >= flush_bytes) flush();
    }

    void finish()
    {
        flush();
        if (!path_.empty() && ::fsync(file_.number()) != 0) fail_to_write();
        is_whole_ = true;
    }

private:
    void flush()
    {
        const int target = path_.empty() ? STDOUT_FILENO : file_.number();
        for (std::string_view rest = waiting_; !rest.empty();) {
            const ssize_t count = ::write(target, rest.data(), rest.size());
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) fail_to_write();
            rest.remove_prefix(static_cast<std::size_t>(count));
        }
        waiting_.clear();
    }

    [[noreturn]] void fail_to_write() const
    {
        const std::string what = path_.empty() ? "standard output" : path_;
        fail("cannot write " + what + ": " + std::generic_category().message(errno));
    }

    const std::string path_; // empty: standard output
    file_descriptor file_;
    std::string waiting_;
    bool is_whole_ = false;
};

template <class T>
T must(result<T> answer)
{
    if (!answer) fail("the store cannot be read: " + answer.error().message());
    return std::move(*answer);
}

// Lists do not show hashes in every store. Nothing: gone, or it has expired.
task<result<std::optional<key_listing>>> with_hash(store& records, key_listing listed, time_point now)
{
    const result<key_with_owner> found = co_await records.ask(listed.key.id);
    if (!found && found.error() != storage_errc::not_found) co_return found.error();
    const bool is_live = found && found->key.kind != digest_kind::wiped && found->key.expires_at > now &&
                         found->key.owner_epoch == found->owner.key_epoch;
    if (!is_live) co_return std::optional<key_listing>{};
    listed.key = found->key;
    co_return std::optional<key_listing>{std::move(listed)};
}

task<result<std::vector<key_listing>>> live_keys(store& records, uuid owner, time_point now)
{
    result<std::vector<key_listing>> listed = co_await records.list_all_keys(owner);
    if (!listed) co_return listed.error();
    std::vector<task<result<std::optional<key_listing>>>> questions;
    for (key_listing& one : *listed)
        questions.push_back(with_hash(records, std::move(one), now));
    auto asking = run_together(std::move(questions), store_access::keys_at_once);
    std::vector<result<std::optional<key_listing>>> answers = co_await std::move(asking);
    std::vector<key_listing> live;
    for (auto& answer : answers) {
        if (!answer) co_return answer.error();
        if (*answer) live.push_back(std::move(**answer));
    }
    std::ranges::sort(live, {}, [](const key_listing& one) {
        return std::pair{one.key.created_at, one.key.id};
    });
    co_return live;
}

} // namespace

ending export_records(const invocation& given)
{
    config settings = store_settings(given);
    const bool is_missing =
        settings.store.engine == store_engine::sqlite && !std::filesystem::exists(settings.store.path);
    if (is_missing) fail("there is no database " + settings.store.path);
    const std::string path = given.operands.empty() || given.operands[0] == "-" ? "" : given.operands[0];

    store_access access{std::move(settings)};
    store& records = access.records();
    line_file out{path};
    progress_line progress{"keys"};
    out.add(header_line({.at = access.now().now(), .id_tag_key = records.id_tag_key()}));
    export_end end;
    const std::vector<user> users = must(access.run(records.list_users()));
    for (const user& one : users) {
        out.add(user_line(one));
        ++end.users;
    }
    for (const user& one : users) {
        for (const key_listing& listing : must(access.run(live_keys(records, one.id, access.now().now())))) {
            out.add(key_line_of(listing));
            progress.show(++end.keys);
        }
    }
    out.add(end_line(end));
    out.finish();
    std::cerr << "exported " << end.users << " users and " << end.keys << " keys\n";
    return ending::done;
}

} // namespace latchkey::cli
