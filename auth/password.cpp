#include "auth/password.hpp"

#include "auth/base64.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <span>
#include <vector>

namespace latchkey {
namespace {

struct argon2_parameters {
    std::uint32_t memory = 19456; // KiB; OWASP's second recommendation for Argon2id
    std::uint32_t passes = 2;
    std::uint32_t lanes = 1;

    bool operator==(const argon2_parameters&) const = default;
};

struct stored_password {
    argon2_parameters parameters;
    std::vector<std::uint8_t> salt;
    digest hash{};
};

constexpr std::size_t salt_size = 16;
constexpr std::array<std::uint8_t, salt_size> nobodys_salt{};

// Takes `prefix` and the number behind it off the front of `text`.
bool take_number(std::string_view& text, std::string_view prefix, std::uint32_t& number) noexcept
{
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    const bool is_canonical = !text.empty() && text.front() != '0';
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return ec == std::errc{} && is_canonical;
}

// Within what Argon2 allows and this machine can bear: a damaged record must not eat all memory.
bool are_bearable(const argon2_parameters& parameters) noexcept
{
    return parameters.memory <= 1024 * 1024 && parameters.passes <= 64 && parameters.lanes <= 16 &&
           parameters.memory >= 8 * parameters.lanes;
}

std::optional<stored_password> parse_phc(std::string_view text)
{
    stored_password parsed;
    std::uint32_t version = 0;
    if (!take_number(text, "$argon2id$v=", version) || version != 19) return std::nullopt;
    if (!take_number(text, "$m=", parsed.parameters.memory)) return std::nullopt;
    if (!take_number(text, ",t=", parsed.parameters.passes)) return std::nullopt;
    if (!take_number(text, ",p=", parsed.parameters.lanes)) return std::nullopt;
    if (!are_bearable(parsed.parameters) || !text.starts_with('$')) return std::nullopt;

    text.remove_prefix(1);
    const std::size_t dollar = text.find('$');
    if (dollar == std::string_view::npos) return std::nullopt;
    auto salt = decode_base64(text.substr(0, dollar));
    const auto hash = decode_base64(text.substr(dollar + 1));
    if (!salt || salt->size() < 8 || salt->size() > 64) return std::nullopt;
    if (!hash || hash->size() != parsed.hash.size()) return std::nullopt;
    parsed.salt = std::move(*salt);
    std::copy(hash->begin(), hash->end(), parsed.hash.begin());
    return parsed;
}

digest
derive(std::string_view password, std::span<const std::uint8_t> salt, const argon2_parameters& parameters)
{
    return argon2id(password, salt, parameters.memory, parameters.passes, parameters.lanes);
}

} // namespace

std::string hash_password(const secret_text& password)
{
    static constexpr argon2_parameters today;
    std::array<std::uint8_t, salt_size> salt;
    random_bytes(salt);
    const digest hash = derive(password.expose(), salt, today);

    std::string text = "$argon2id$v=19$m=" + std::to_string(today.memory) +
                       ",t=" + std::to_string(today.passes) + ",p=" + std::to_string(today.lanes) + "$";
    append_base64(text, salt);
    text += '$';
    append_base64(text, hash);
    return text;
}

// One way through for every stored text, so that none is quicker to refuse than another.
bool verify_password(const secret_text& password, std::string_view stored)
{
    const auto parsed = parse_phc(stored);
    const std::span<const std::uint8_t> salt =
        parsed ? std::span<const std::uint8_t>{parsed->salt} : std::span<const std::uint8_t>{nobodys_salt};
    const digest made = derive(password.expose(), salt, parsed ? parsed->parameters : argon2_parameters{});
    const bool is_equal = equal_in_constant_time(made, parsed ? parsed->hash : digest{});
    return parsed.has_value() && is_equal;
}

void dummy_verify(const secret_text& password)
{
    static_cast<void>(verify_password(password, {}));
}

bool needs_rehash(std::string_view stored)
{
    const auto parsed = parse_phc(stored);
    return !parsed || parsed->parameters != argon2_parameters{} || parsed->salt.size() != salt_size;
}

} // namespace latchkey
