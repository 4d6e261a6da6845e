#include "bench/answer_reader.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string>

namespace latchkey::bench {
namespace {

constexpr std::string_view status_prefix = "HTTP/1.1 ";
constexpr std::size_t status_end = status_prefix.size() + 3;
constexpr std::string_view length_names[] = {"\r\nContent-Length: ",
                                             "\r\ncontent-length: "}; // the only ways seen
constexpr std::string_view no_body = "0\r\n";                         // behind the name
constexpr std::string_view head_end = "\r\n\r\n";
constexpr std::size_t longest_head = 64 * 1024;

template <class Number>
bool read_number(std::string_view text, Number& number) noexcept
{
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    return read.ec == std::errc{} && read.ptr != text.data();
}

[[noreturn]] void refuse(std::string_view what, std::string_view bytes)
{
    throw std::runtime_error{std::string{what} + ": " + std::string{bytes.substr(0, bytes.find('\r'))}};
}

unsigned status_of(std::string_view bytes)
{
    unsigned status = 0;
    if (!bytes.starts_with(status_prefix) || !read_number(bytes.substr(status_prefix.size(), 3), status))
        refuse("no HTTP/1.1 answer", bytes.substr(0, 80));
    return status;
}

} // namespace

// Everything that delimits an answer lies where it lay in the last one. Two shorter answers would have to
// end on the very byte to be taken for one, and then the count shows it: an answer never comes.
bool answer_reader::fits(std::string_view bytes) const noexcept
{
    return last_.size != 0 && bytes.size() >= last_.size &&
           bytes.substr(last_.size - head_end.size(), head_end.size()) == head_end &&
           bytes.substr(last_.length_line).starts_with(last_.length_name) &&
           bytes.substr(last_.length_line + last_.length_name.size()).starts_with(no_body) &&
           bytes.starts_with(status_prefix);
}

answer answer_reader::next(std::string_view bytes)
{
    if (bytes.size() < status_end) return {};
    const unsigned status = status_of(bytes);
    if (status == last_.status && fits(bytes)) return {last_.size, status};

    const std::size_t end = bytes.find(head_end);
    if (end == std::string_view::npos) {
        if (bytes.size() > longest_head) refuse("a head without an end", bytes);
        return {};
    }
    const std::string_view head = bytes.substr(0, end);
    std::size_t body = 0;
    std::size_t line = std::string_view::npos;
    std::string_view name;
    for (const std::string_view spelt : length_names) {
        if (line != std::string_view::npos) break;
        line = head.find(spelt);
        name = spelt;
    }
    if (line == std::string_view::npos || !read_number(head.substr(line + name.size()), body))
        refuse("an answer without Content-Length", bytes);
    const std::size_t size = end + head_end.size() + body;
    if (bytes.size() < size) return {};
    if (body == 0) last_ = {size, line, name, status};
    return {size, status};
}

} // namespace latchkey::bench
