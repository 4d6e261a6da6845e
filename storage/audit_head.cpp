#include "storage/audit_head.hpp"

#include "storage/audit_line.hpp"
#include "storage/hex_text.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <fcntl.h>

namespace latchkey {
namespace {

namespace errc = boost::system::errc;

// 20 digits, a space, the digest in hex, a newline: always of one size, so that it is overwritten in place.
constexpr std::size_t seq_digits = 20;
constexpr std::size_t hex_begin = seq_digits + 1;
constexpr std::size_t record_size = hex_begin + 2 * sizeof(digest) + 1;

std::string text_of(const audit_head& head)
{
    const std::string digits = std::to_string(head.seq);
    return std::string(seq_digits - digits.size(), '0') + digits + ' ' + to_hex(head.last) + '\n';
}

std::optional<audit_head> parse(std::string_view text)
{
    if (text.size() != record_size) return std::nullopt;
    audit_head head;
    std::from_chars(text.data(), text.data() + seq_digits, head.seq);
    for (std::size_t at = 0; at != head.last.size(); ++at) {
        const char* const digits = text.data() + hex_begin + 2 * at;
        std::from_chars(digits, digits + 2, head.last[at], 16);
    }
    // Whatever else may stand there does not come out as it went in.
    if (text_of(head) != text) return std::nullopt;
    return head;
}

result<std::string> read_record(const file_descriptor& file)
{
    std::string text(record_size + 1, '\0');
    const auto count = read_at(file, text.data(), text.size(), 0);
    if (!count) return count.error();
    text.resize(*count);
    return text;
}

} // namespace

std::string head_name(const std::string& log_path)
{
    return log_path + ".head";
}

bool is_absent(const result<std::optional<audit_head>>& head)
{
    return !head && head.error() == errc::no_such_file_or_directory;
}

result<std::optional<audit_head>> read_audit_head(const std::string& log_path)
{
    const std::string path = head_name(log_path);
    const auto facts = facts_of(path);
    if (!facts) return facts.error();
    if (!facts->is_regular) return std::optional<audit_head>{};
    const auto file = open_file(path, O_RDONLY);
    if (!file) return file.error();

    // A server may be writing it: what is read twice alike was not read half before and half after.
    constexpr int tries = 16;
    auto text = read_record(*file);
    for (int n = 0; n != tries && text; ++n) {
        auto again = read_record(*file);
        const bool is_stable = again && *again == *text;
        text = std::move(again);
        if (is_stable) break;
    }
    if (!text) return text.error();
    return parse(*text);
}

error_code audit_head_file::take_up()
{
    auto file = open_file(path_, O_RDWR);
    if (!file) return file.error();
    file_ = std::move(*file);
    return {};
}

error_code audit_head_file::write(const audit_head& head, const file_descriptor& log)
{
    const std::string text = text_of(head);
    return file_ ? write_at(file_, text, 0) : make(text, log);
}

error_code audit_head_file::make(const std::string& text, const file_descriptor& log)
{
    const std::string fresh_name = path_ + ".next";
    auto fresh = open_file(fresh_name, O_RDWR | O_CREAT | O_TRUNC);
    if (!fresh) return fresh.error();
    if (const error_code ec = copy_permissions(log, *fresh)) return ec;
    if (const error_code ec = write_at(*fresh, text, 0)) return ec;
    if (const error_code ec = sync_data(*fresh)) return ec;
    if (std::rename(fresh_name.c_str(), path_.c_str()) != 0) return {errno, boost::system::system_category()};
    if (const error_code ec = sync_directory_of(path_)) return ec;
    file_ = std::move(*fresh);
    return {};
}

void audit_head_file::follow_path()
{
    if (!file_) return;
    const auto at_path = facts_of(path_);
    const auto at_hand = facts_of(file_);
    if (!at_path || !at_hand || at_path->identity != at_hand->identity) file_ = file_descriptor{};
}

} // namespace latchkey
