#include "storage/audit_index.hpp"

#include "storage/audit_json.hpp"
#include "storage/line_reader.hpp"
#include "storage/lower_case.hpp"
#include "storage/named_thread.hpp"

namespace latchkey {
namespace {

template <class Dictionary>
std::uint32_t number_for(Dictionary& words, std::string_view text)
{
    if (text.empty()) return 0;
    const auto known = words.find(text);
    if (known != words.end()) return known->second;
    const auto number = static_cast<std::uint32_t>(words.size() + 1);
    words.emplace(std::string{text}, number);
    return number;
}

std::string_view bytes_of(const uuid& id)
{
    return {reinterpret_cast<const char*>(id.begin()), id.size()};
}

// Sets `wanted` to the text's number; false if no entry has that text.
template <class Dictionary>
bool look_up(const Dictionary& words, std::string_view text, audit_row_filter::equals<std::uint32_t>& wanted)
{
    if (text.empty()) {
        wanted = 0;
        return true;
    }
    const auto known = words.find(text);
    if (known == words.end()) return false;
    wanted = known->second;
    return true;
}

} // namespace

audit_index::~audit_index()
{
    stop();
}

void audit_index::build(std::vector<audit_part> parts)
{
    // Numbered before the writer's own file could be displaced under the same name.
    for (const auto& part : parts)
        sources_.number_of(part.path, part.identity);
    builder_ = named_thread("audit index", [this, parts = std::move(parts)] { build_all(parts); });
}

task<result<void>> audit_index::wait_until_built()
{
    return suspend_until_resumed<result<void>>([this](std::unique_ptr<resumption<result<void>>> caller) {
        bool is_stopped = false;
        {
            const std::lock_guard lock{mutex_};
            if (!is_built_ && !is_stopped_) {
                waiting_.push_back(std::move(caller));
                return;
            }
            is_stopped = is_stopped_;
        }
        caller->resume(is_stopped ? result<void>{storage_errc::unavailable} : result<void>{});
    });
}

void audit_index::stop()
{
    stop_requested_ = true;
    if (builder_.joinable()) builder_.join();
    std::vector<std::unique_ptr<resumption<result<void>>>> waiting;
    {
        const std::lock_guard lock{mutex_};
        is_stopped_ = true;
        waiting.swap(waiting_);
    }
    for (auto& caller : waiting)
        caller->resume(storage_errc::unavailable);
}

void audit_index::build_all(const std::vector<audit_part>& parts)
{
    for (const auto& part : parts) {
        if (stop_requested_) return;
        build_from(part);
    }
    std::vector<std::unique_ptr<resumption<result<void>>>> waiting;
    {
        const std::lock_guard lock{mutex_};
        is_built_ = !stop_requested_;
        if (is_built_) waiting.swap(waiting_);
    }
    for (auto& caller : waiting)
        caller->resume({});
}

void audit_index::build_from(const audit_part& part)
{
    constexpr std::size_t lines_per_look_at_stop = 1024;

    const std::uint32_t number = sources_.number_of(part.path, part.identity);
    const auto file = sources_.open(number);
    if (!file) return note_problem(part.path + " was taken away while it was indexed");

    line_reader reader{*file, audit_line_limit, part.size};
    line_reader::line line;
    for (std::size_t count = 1; reader.next(line); ++count) {
        if (count % lines_per_look_at_stop == 0 && stop_requested_) return;
        const auto scanned = scan_audit_line(line.text);
        if (!scanned) {
            note_problem(part.path + " holds a damaged line: run `latchkey audit verify`");
            continue;
        }
        const std::lock_guard lock{mutex_};
        history_.add(row_for(number, line.offset, line.text.size(), facts_of(*scanned)));
    }
    if (reader.error()) note_problem(part.path + " cannot be read: " + reader.error().message());
}

void audit_index::add(std::uint32_t file, std::uint64_t offset, std::size_t size, const audit_facts& line)
{
    const std::lock_guard lock{mutex_};
    live_.add(row_for(file, offset, size, line));
}

void audit_index::keep_foreign(std::size_t limit)
{
    const std::lock_guard lock{mutex_};
    foreign_limit_ = limit;
    order_ = audit_order::time;
}

bool audit_index::add_foreign(std::string line)
{
    const auto scanned = scan_unchained_line(line);
    if (!scanned) return false;
    const std::lock_guard lock{mutex_};
    const audit_row row = row_for(0, 0, line.size(), facts_of(*scanned));
    foreign_.add(row, std::move(line));
    if (foreign_.rows() >= foreign_limit_ + audit_columns::chunk_rows) foreign_.drop_first_chunk();
    return true;
}

void audit_index::drop_foreign()
{
    const std::lock_guard lock{mutex_};
    foreign_ = {};
}

audit_row
audit_index::row_for(std::uint32_t file, std::uint64_t offset, std::size_t length, const audit_facts& line)
{
    audit_row row;
    row.offset = offset;
    row.length = static_cast<std::uint32_t>(length);
    row.file = file;
    row.id_hash = hash_of(line.id);
    row.request_hash = hash_of(line.request_id);
    row.time = line.time.time_since_epoch().count();
    row.username = number_for(usernames_, lower_case(unescape_json_text(line.actor_username)));
    row.email = number_for(emails_, lower_case(unescape_json_text(line.actor_email)));
    if (line.resource_id) row.resource_id = number_for(resource_ids_, bytes_of(*line.resource_id));
    row.target_hash = target_hash_of(lower_case(unescape_json_text(line.resource_target)));
    row.action = number_for(words_, unescape_json_text(line.action));
    row.resource_type = number_for(words_, unescape_json_text(line.resource_type));
    return row;
}

// False: nothing can match.
bool audit_index::translate(const audit_query& query, audit_row_filter& filter) const
{
    if (query.request_id) filter.request_hash = hash_of(*query.request_id);
    if (query.resource_target) filter.target_hash = target_hash_of(lower_case(*query.resource_target));
    if (query.from) filter.from = query.from->time_since_epoch().count();
    if (query.to) filter.to = query.to->time_since_epoch().count();

    if (query.resource_id && !look_up(resource_ids_, bytes_of(*query.resource_id), filter.resource_id))
        return false;
    if (query.resource_type && !look_up(words_, *query.resource_type, filter.resource_type)) return false;
    if (query.action && !look_up(words_, *query.action, filter.action)) return false;
    if (query.username && !look_up(usernames_, lower_case(*query.username), filter.username)) return false;
    return !query.email || look_up(emails_, lower_case(*query.email), filter.email);
}

audit_page audit_index::search(const audit_query& query)
{
    audit_row_filter filter;
    std::optional<audit_search> search;
    {
        const std::lock_guard lock{mutex_};
        if (!translate(query, filter)) return {};
        search.emplace(sources_, order_);
        search->look_through(foreign_.take_snapshot());
        search->look_through(history_.take_snapshot());
        search->look_through(live_.take_snapshot());
    }
    audit_page page = search->run(query, filter);
    if (search->has_met_damage()) note_problem("the log holds a damaged line: run `latchkey audit verify`");
    return page;
}

std::string audit_index::problem() const
{
    const std::lock_guard lock{mutex_};
    return problem_;
}

void audit_index::note_problem(std::string problem)
{
    const std::lock_guard lock{mutex_};
    problem_ = std::move(problem);
}

} // namespace latchkey
