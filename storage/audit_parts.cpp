#include "storage/audit_parts.hpp"

#include "storage/line_reader.hpp"

#include <algorithm>
#include <charconv>
#include <fcntl.h>
#include <filesystem>

namespace latchkey {
namespace {

std::optional<std::uint64_t> first_seq_of(const file_descriptor& file)
{
    line_reader reader{file, audit_line_limit, audit_line_limit + 1};
    line_reader::line first;
    if (!reader.next(first) || first.is_torn) return std::nullopt;
    const auto line = scan_audit_line(first.text);
    if (!line) return std::nullopt;
    return line->link.seq;
}

// Where the line that ends at `end` begins, reading backwards; `end` is behind a newline.
result<std::uint64_t> find_newline_before(const file_descriptor& file, std::uint64_t end)
{
    std::string block;
    while (end > 0) {
        const std::uint64_t from = end > audit_line_limit ? end - audit_line_limit : 0;
        block.resize(end - from);
        const auto count = read_at(file, block.data(), block.size(), from);
        if (!count) return count.error();
        block.resize(*count);
        const std::size_t newline = block.rfind('\n');
        if (newline != block.npos) return from + newline + 1;
        end = from;
    }
    return std::uint64_t{0};
}

bool is_sibling_name(std::string_view name, std::string_view base)
{
    return name.size() > base.size() + 1 && name.starts_with(base) &&
           (name[base.size()] == '.' || name[base.size()] == '-');
}

// A part whose first line is damaged still has its place among the others by the name rotation gave it:
// left out, it would pass for archived, and its damage for nothing.
std::optional<audit_part> place_by_name(const std::string& path, const std::string& file)
{
    std::uint64_t seq = 0;
    const std::string_view digits = std::string_view{file}.substr(path.size() + 1);
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), seq);
    if (ec != std::errc{} || file != rotated_name(path, seq)) return std::nullopt;
    const auto facts = facts_of(file);
    if (!facts || !facts->is_regular || facts->size == 0) return std::nullopt;
    return audit_part{file, facts->identity, facts->size, seq, seq};
}

} // namespace

result<audit_tail> read_audit_tail(const file_descriptor& file)
{
    const auto facts = facts_of(file);
    if (!facts) return facts.error();

    audit_tail tail;
    tail.size = facts->size;
    const auto whole = find_newline_before(file, tail.size);
    if (!whole) return whole.error();
    tail.whole_bytes = *whole;
    if (tail.whole_bytes == 0) return tail;

    const auto start = find_newline_before(file, tail.whole_bytes - 1);
    if (!start) return start.error();
    const std::uint64_t length = tail.whole_bytes - 1 - *start;
    tail.last_line.resize(std::min<std::uint64_t>(length, audit_line_limit + 1));
    const auto count = read_at(file, tail.last_line.data(), tail.last_line.size(), *start);
    if (!count) return count.error();
    tail.last_line.resize(*count);
    return tail;
}

std::string rotated_name(const std::string& path, std::uint64_t first_seq)
{
    const std::string digits = std::to_string(first_seq);
    return path + '.' + std::string(20 - digits.size(), '0') + digits;
}

std::optional<audit_part> inspect_audit_part(const std::string& path)
{
    // Looked at before it is opened: opening a FIFO or a device may block or do something.
    const auto before = facts_of(path);
    if (!before || !before->is_regular || before->size == 0) return std::nullopt;
    const auto file = open_file(path, O_RDONLY);
    if (!file) return std::nullopt;
    const auto facts = facts_of(*file);
    const auto first = first_seq_of(*file);
    const auto tail = read_audit_tail(*file);
    if (!facts || !first || !tail) return std::nullopt;
    const auto last = scan_audit_line(tail->last_line);
    return audit_part{path, facts->identity, tail->whole_bytes, *first, last ? last->link.seq : *first};
}

std::vector<audit_part> find_audit_siblings(const std::string& path)
{
    const std::filesystem::path whole{path};
    const std::string base = whole.filename().string();
    const auto parent = whole.parent_path();
    const auto current = facts_of(path);

    std::vector<audit_part> found;
    std::error_code ec;
    std::filesystem::directory_iterator entries{parent.empty() ? "." : parent, ec};
    for (; !ec && entries != std::filesystem::directory_iterator{}; entries.increment(ec)) {
        const std::string name = entries->path().filename().string();
        if (!is_sibling_name(name, base)) continue;
        const std::string file = path + name.substr(base.size());
        auto part = inspect_audit_part(file);
        if (!part) part = place_by_name(path, file);
        if (part && !(current && current->identity == part->identity)) found.push_back(*part);
    }
    return found;
}

std::vector<audit_part>
order_audit_parts(const std::string& path, std::vector<audit_part> siblings, std::uint64_t before)
{
    std::vector<audit_part> parts;
    std::vector<audit_part> others;
    for (auto& part : siblings) {
        if (part.first_seq >= before) continue;
        const bool is_ours = part.path == rotated_name(path, part.first_seq);
        (is_ours ? parts : others).push_back(std::move(part));
    }

    std::vector<std::uint64_t> wanted{before};
    for (const auto& part : parts)
        wanted.push_back(part.first_seq);
    const auto ends_before = [](std::uint64_t seq) {
        return [seq](const audit_part& part) { return part.last_seq + 1 == seq; };
    };
    while (!wanted.empty()) {
        const std::uint64_t seq = wanted.back();
        wanted.pop_back();
        if (std::any_of(parts.begin(), parts.end(), ends_before(seq))) continue;
        const auto fitting = std::find_if(others.begin(), others.end(), ends_before(seq));
        if (fitting == others.end()) continue;
        wanted.push_back(fitting->first_seq);
        parts.push_back(*fitting);
    }
    std::sort(parts.begin(), parts.end(), [](const audit_part& left, const audit_part& right) {
        return left.first_seq < right.first_seq;
    });
    return parts;
}

} // namespace latchkey
