#include "storage/line_reader.hpp"

#include <algorithm>
#include <cstring>

namespace latchkey {

line_reader::line_reader(const file_descriptor& file, std::size_t line_limit, std::uint64_t end)
    : file_{file},
      line_limit_{line_limit},
      end_{end},
      buffer_(std::max<std::size_t>(1 << 20, 2 * line_limit))
{}

bool line_reader::next(line& into)
{
    if (is_skipping_) skip_to_newline();

    std::size_t searched = 0;
    for (;;) {
        const std::string_view pending{buffer_.data() + begin_, filled_ - begin_};
        const std::size_t newline = pending.find('\n', searched);
        if (newline != pending.npos || pending.size() > line_limit_ || has_reached_end_) {
            if (pending.empty()) return false;
            const bool is_whole = newline != pending.npos;
            const std::size_t size = is_whole ? newline : pending.size();
            const std::size_t given = std::min(size, line_limit_ + 1);
            into = {pending.substr(0, given), position_, !is_whole && has_reached_end_};
            is_skipping_ = !is_whole && !has_reached_end_;
            const std::size_t taken = is_whole ? newline + 1 : pending.size();
            begin_ += taken;
            position_ += taken;
            return true;
        }
        searched = pending.size();
        if (!fill()) return false;
    }
}

bool line_reader::fill()
{
    std::memmove(buffer_.data(), buffer_.data() + begin_, filled_ - begin_);
    filled_ -= begin_;
    begin_ = 0;

    const std::uint64_t from = position_ + filled_;
    const std::uint64_t left = end_ > from ? end_ - from : 0;
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size() - filled_, left));
    const auto count = read_at(file_, buffer_.data() + filled_, wanted, from);
    if (!count) {
        error_ = count.error();
        return false;
    }
    filled_ += *count;
    has_reached_end_ = *count < buffer_.size() - (filled_ - *count);
    return true;
}

void line_reader::skip_to_newline()
{
    is_skipping_ = false;
    for (;;) {
        const std::string_view pending{buffer_.data() + begin_, filled_ - begin_};
        const std::size_t newline = pending.find('\n');
        const std::size_t taken = newline == pending.npos ? pending.size() : newline + 1;
        begin_ += taken;
        position_ += taken;
        if (newline != pending.npos || has_reached_end_ || !fill()) return;
    }
}

} // namespace latchkey
