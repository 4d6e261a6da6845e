#include "server/repeated_head.hpp"

#include "server/credential.hpp"
#include "storage/byte_words.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>

namespace latchkey {
namespace {

// Eight characters that a field value may have anywhere, and that mean nothing to the parser there.
bool is_plain_word(const char* text) noexcept
{
    return byte_words::bytes_within(byte_words::load(text), '!', '~') == byte_words::top_bits;
}

bool is_plain(std::string_view text) noexcept
{
    if (text.size() < sizeof(std::uint64_t)) {
        return std::all_of(text.begin(), text.end(), [](char c) { return c >= '!' && c <= '~'; });
    }
    const char* const last = text.data() + text.size() - sizeof(std::uint64_t);
    bool plain = is_plain_word(last); // overlaps the word before it
    for (const char* word = text.data(); word < last; word += sizeof(std::uint64_t))
        plain &= is_plain_word(word);
    return plain;
}

// An absolute target may leave the path out; then it is a "/" of our own, which does not move with the bytes.
bool lies_within(std::string_view part, std::string_view whole) noexcept
{
    const std::less_equal<> at_most; // also where the two are strangers
    return at_most(whole.data(), part.data()) &&
           at_most(part.data() + part.size(), whole.data() + whole.size());
}

} // namespace

void repeated_head::remember(std::string_view head, request& parsed) noexcept
{
    forget();
    if (head.size() > text_.size()) return;
    if (!lies_within(parsed.path, head)) return;
    std::string_view token = bearer_token(parsed.authorization);
    if (!parsed.session_token.empty()) token = parsed.session_token;
    if (!is_plain(token)) return;

    std::memcpy(text_.data(), head.data(), head.size());
    size_ = head.size();
    token_size_ = token.size();
    token_at_ = token.empty() ? 0 : static_cast<std::size_t>(token.data() - head.data());
    parsed.move_views(head.data(), text_.data());
}

bool repeated_head::equals(std::string_view bytes) const noexcept
{
    if (size_ == 0 || bytes.size() < size_) return false;
    const std::size_t behind = token_at_ + token_size_;
    if (std::memcmp(bytes.data(), text_.data(), token_at_) != 0) return false;
    if (std::memcmp(bytes.data() + behind, text_.data() + behind, size_ - behind) != 0) return false;
    return is_plain(bytes.substr(token_at_, token_size_));
}

std::optional<request> repeated_head::request_in(std::string_view bytes, const request& parsed) const noexcept
{
    if (!equals(bytes)) return std::nullopt;
    request alike = parsed;
    alike.move_views(text_.data(), bytes.data());
    return alike;
}

bool repeated_head::repeats_in(std::string_view bytes) noexcept
{
    if (!equals(bytes)) return false;
    std::memcpy(text_.data() + token_at_, bytes.data() + token_at_, token_size_);
    return true;
}

} // namespace latchkey
