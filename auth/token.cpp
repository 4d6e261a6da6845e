#include "auth/token.hpp"

#include <algorithm>
#include <cassert>

namespace latchkey {

minted_token mint_token(std::string_view id_prefix) noexcept
{
    assert(id_prefix.size() < key_id::length);
    minted_token minted;
    random_alphanumeric(minted.id.characters);
    std::copy(id_prefix.begin(), id_prefix.end(), minted.id.characters.begin());
    random_alphanumeric(minted.secret.writable());
    return minted;
}

secret_text print_token(const key_id& id, const token_secret& secret)
{
    std::string text;
    // At once to its full size: growing would leave a part of the secret behind in freed memory.
    text.reserve(key_id::length + 1 + token_secret::length);
    text += id.view();
    text += '-';
    text += secret.expose();
    return secret_text{std::move(text)};
}

std::string detail_text(const token_fault& fault)
{
    const std::string count = std::to_string(fault.count);
    switch (fault.what) {
    case token_fault::kind::none: break;
    case token_fault::kind::part_count:
        return "Invalid API key format: incorrect amount of API key parts, expected 2 got " + count;
    case token_fault::kind::id_length:
        return "Invalid API key format: invalid API key ID length, expected 10 got " + count;
    case token_fault::kind::secret_length:
        return "Invalid API key format: invalid API key secret length, expected 22 got " + count;
    }
    return {};
}

parsed_token parse_token(std::string_view text) noexcept
{
    using kind = token_fault::kind;
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos || text.find('-', dash + 1) != std::string_view::npos) {
        const auto dashes = static_cast<std::size_t>(std::count(text.begin(), text.end(), '-'));
        return {.fault = {kind::part_count, dashes + 1}, .id = {}, .secret = {}};
    }
    const std::string_view id = text.substr(0, dash);
    const std::string_view secret = text.substr(dash + 1);
    if (id.size() != key_id::length) return {.fault = {kind::id_length, id.size()}, .id = {}, .secret = {}};
    if (secret.size() != token_secret::length) {
        return {.fault = {kind::secret_length, secret.size()}, .id = {}, .secret = {}};
    }
    return {.fault = {}, .id = id, .secret = secret};
}

digest hash_secret(std::string_view secret, std::string_view pepper)
{
    return pepper.empty() ? sha256(secret) : hmac_sha256(pepper, secret);
}

} // namespace latchkey
