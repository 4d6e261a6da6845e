#include "storage/audit_mending.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

namespace latchkey {
namespace {

constexpr std::uint64_t least_window = 1024 * 1024; // bytes at the end of the file that are looked at first

struct chained_line {
    audit_link link;
    std::string_view text;
};

// Lines of which each is the next after the one before.
using run = std::vector<chained_line>;

bool follows(const chained_line& line, const chained_line& before, line_digest digest_of)
{
    return line.link.seq == before.link.seq + 1 && line.link.prev == digest_of(before.text);
}

// The end of a file, and where the whole lines are in it that are left there.
class file_end {
public:
    static result<file_end> read(const file_descriptor& file, std::uint64_t size, std::uint64_t window)
    {
        file_end end;
        end.from_ = size - std::min(size, window);
        end.bytes_.resize(size - end.from_);
        const auto count = read_at(file, end.bytes_.data(), end.bytes_.size(), end.from_);
        if (!count) return count.error();
        end.bytes_.resize(*count);
        return end;
    }

    void find_lines()
    {
        std::size_t at = 0;
        for (std::size_t end = bytes_.find('\n'); end != bytes_.npos; end = bytes_.find('\n', at)) {
            const std::string_view text = std::string_view{bytes_}.substr(at, end - at);
            if (const auto line = scan_audit_line(text)) lines_[line->link.seq] = {at, text};
            at = end + 1;
        }
    }

    bool is_whole_file() const { return from_ == 0; }
    std::string_view behind(std::uint64_t offset) const
    {
        return std::string_view{bytes_}.substr(offset - from_);
    }

    // Where that very line stands.
    std::optional<std::uint64_t> offset_of(std::uint64_t seq, std::string_view text) const
    {
        const auto own = lines_.find(seq);
        if (own == lines_.end() || own->second.text != text) return std::nullopt;
        return from_ + own->second.at;
    }

    // Where `line` stands or would stand; `all`: the run that it is of.
    std::optional<std::uint64_t>
    place_of(const chained_line& line, const run& all, const audit_link& before, line_digest digest_of) const
    {
        if (const auto own = offset_of(line.link.seq, line.text)) return own;
        const auto last = lines_.find(line.link.seq - 1);
        if (last != lines_.end() && digest_of(last->second.text) == line.link.prev)
            return from_ + last->second.at + last->second.text.size() + 1;
        const bool is_first = is_whole_file() && line.link.seq == before.seq && line.link.prev == before.prev;
        return is_first && may_begin_with(all) ? std::optional<std::uint64_t>{0} : std::nullopt;
    }

private:
    // Whether these can be what the file began with, so that no other file is ever written over.
    bool may_begin_with(const run& all) const
    {
        const std::string_view opening = all.front().text.substr(0, std::min(bytes_.size(), opening_size));
        if (!bytes_.empty() && bytes_.front() != '\0' && !bytes_.starts_with(opening)) return false;
        if (lines_.empty()) return true;
        const std::string_view least = lines_.begin()->second.text;
        return std::any_of(
            all.begin(), all.end(), [&](const chained_line& one) { return one.text == least; });
    }

    static constexpr std::size_t opening_size = 7; // {"seq":

    struct placed {
        std::size_t at = 0;
        std::string_view text;
    };

    std::uint64_t from_ = 0;
    std::string bytes_;
    std::map<std::uint64_t, placed> lines_;
};

std::vector<run> runs_of(std::vector<chained_line> lines, line_digest digest_of)
{
    const auto is_earlier = [](const chained_line& left, const chained_line& right) {
        return left.link.seq != right.link.seq ? left.link.seq < right.link.seq : left.text < right.text;
    };
    const auto is_same = [](const chained_line& left, const chained_line& right) {
        return left.text == right.text;
    };
    std::sort(lines.begin(), lines.end(), is_earlier);
    lines.erase(std::unique(lines.begin(), lines.end(), is_same), lines.end());

    std::vector<run> runs;
    for (const chained_line& line : lines) {
        if (runs.empty() || !follows(line, runs.back().back(), digest_of)) runs.emplace_back();
        runs.back().push_back(line);
    }
    return runs;
}

// The bytes from the beginning of `bytes` on that are whole lines of the chain behind `last`.
std::string_view chained_part(std::string_view bytes, chained_line last, line_digest digest_of)
{
    std::size_t size = 0;
    for (std::size_t end = bytes.find('\n'); end != bytes.npos; end = bytes.find('\n', size)) {
        const std::string_view text = bytes.substr(size, end - size);
        const auto line = scan_audit_line(text);
        if (!line || !follows({line->link, text}, last, digest_of)) break;
        last = {line->link, text};
        size = end + 1;
    }
    return bytes.substr(0, size);
}

void write_anew(audit_mending& plan, const run& lines, std::string_view found, line_digest digest_of)
{
    for (const chained_line& line : lines) {
        const std::size_t at = plan.text.size();
        plan.text.append(line.text) += '\n';
        const bool is_there = found.substr(std::min(at, found.size())).starts_with(plan.text.substr(at));
        if (!is_there && plan.restored_from == 0) plan.restored_from = line.link.seq;
    }
    if (plan.restored_from != 0) plan.restored_to = lines.back().link.seq;

    // Lines behind them, which nobody was told of; and behind all that was whole, one that is torn.
    found.remove_prefix(std::min(plan.text.size(), found.size()));
    const std::string_view whole = chained_part(found, lines.back(), digest_of);
    plan.text += whole;
    found.remove_prefix(whole.size());
    if (plan.restored_from != 0) return;
    const bool is_torn = found.find('\n') == found.npos;
    (is_torn ? plan.text : plan.dropped) += found;
}

} // namespace

error_code forget_those_in(const file_descriptor& part, std::vector<std::string>& lines)
{
    const auto facts = facts_of(part);
    if (!facts) return facts.error();
    auto end = file_end::read(part, facts->size, 8 * least_window);
    if (!end) return end.error();
    end->find_lines();
    std::erase_if(lines, [&](const std::string& text) {
        const auto line = scan_audit_line(text);
        return line && end->offset_of(line->link.seq, text);
    });
    return {};
}

result<audit_mending> plan_audit_mending(const file_descriptor& file,
                                         std::uint64_t synced_seq,
                                         const audit_link& before,
                                         const std::vector<std::string>& kept,
                                         line_digest digest_of)
{
    audit_mending plan;
    std::vector<chained_line> needed;
    for (const std::string& text : kept) {
        const auto line = scan_audit_line(text);
        if (!line) plan.left.push_back(text);
        if (line && line->link.seq > synced_seq) needed.push_back({line->link, text});
    }
    const std::vector<run> runs = runs_of(std::move(needed), digest_of);
    const auto facts = facts_of(file);
    if (!facts) return facts.error();
    plan.place = facts->size;

    // The last of them that has a place. Those before it are older than they need be, those behind it are
    // left.
    for (std::uint64_t window = least_window; !runs.empty(); window *= 8) {
        auto end = file_end::read(file, facts->size, window);
        if (!end) return end.error();
        end->find_lines();
        std::optional<std::uint64_t> place;
        run lines; // from the one that has the place on
        const auto has_place = [&](const run& candidates) {
            const auto first = std::find_if(candidates.begin(), candidates.end(), [&](const auto& line) {
                place = end->place_of(line, candidates, before, digest_of);
                return place.has_value();
            });
            lines.assign(first, candidates.end());
            return place.has_value();
        };
        const auto placed = std::find_if(runs.rbegin(), runs.rend(), has_place);
        // What stands further in front could be the place of a line before.
        const bool is_all_placed = placed == runs.rbegin() && lines.size() == placed->size();
        if (!is_all_placed && !end->is_whole_file()) continue;
        for (auto lost = runs.rbegin(); lost != placed; ++lost)
            for (const chained_line& one : *lost)
                plan.left.emplace_back(one.text);
        if (placed == runs.rend()) break;
        plan.place = *place;
        write_anew(plan, lines, end->behind(*place), digest_of);
        break;
    }
    return plan;
}

} // namespace latchkey
