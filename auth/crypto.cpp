#include "auth/crypto.hpp"

#include <botan/hash.h>
#include <botan/mac.h>
#include <botan/mem_ops.h>
#include <botan/pwdhash.h>
#include <botan/system_rng.h>

#include <cstring>
#include <memory>

namespace latchkey {
namespace {

const std::uint8_t* bytes_of(std::string_view text) noexcept
{
    return reinterpret_cast<const std::uint8_t*>(text.data());
}

// Random bytes are drawn from the kernel in blocks, because one system call per request id would cost
// more than the rest of the request id. Bytes given out are wiped, so that a later leak of this
// memory tells nothing about tokens made earlier.
class random_block {
public:
    void take(std::span<std::uint8_t> out)
    {
        if (out.size() > block_.size()) {
            Botan::system_rng().randomize(out.data(), out.size());
            return;
        }
        if (block_.size() - used_ < out.size()) {
            Botan::system_rng().randomize(block_.data(), block_.size());
            used_ = 0;
        }
        std::memcpy(out.data(), block_.data() + used_, out.size());
        wipe_memory(block_.data() + used_, out.size());
        used_ += out.size();
    }

private:
    std::array<std::uint8_t, 4096> block_{};
    std::size_t used_ = block_.size();
};

} // namespace

digest sha256(std::string_view bytes)
{
    thread_local const auto hash = Botan::HashFunction::create_or_throw("SHA-256");
    digest out;
    hash->update(bytes_of(bytes), bytes.size());
    hash->final(out.data());
    return out;
}

digest hmac_sha256(std::string_view key, std::string_view bytes)
{
    thread_local const auto mac = Botan::MessageAuthenticationCode::create_or_throw("HMAC(SHA-256)");
    digest out;
    mac->set_key(bytes_of(key), key.size());
    mac->update(bytes_of(bytes), bytes.size());
    mac->final(out.data());
    return out;
}

// A word at a time: Botan's compares byte by byte, which costs more than finding the key.
bool equal_in_constant_time(const digest& one, const digest& other) noexcept
{
    std::uint64_t difference = 0;
    for (std::size_t at = 0; at < one.size(); at += sizeof difference) {
        std::uint64_t mine = 0;
        std::uint64_t theirs = 0;
        std::memcpy(&mine, one.data() + at, sizeof mine);
        std::memcpy(&theirs, other.data() + at, sizeof theirs);
        difference |= mine ^ theirs;
        __asm__ volatile("" : "+r"(difference)); // keeps the optimiser from leaving the loop early
    }
    return difference == 0;
}

bool equal_in_constant_time(std::string_view one, std::string_view other) noexcept
{
    return one.size() == other.size() &&
           Botan::constant_time_compare(bytes_of(one), bytes_of(other), one.size());
}

void random_bytes(std::span<std::uint8_t> out) noexcept // noexcept: a failing generator is fatal on purpose
{
    thread_local random_block block;
    block.take(out);
}

uuid random_uuid() noexcept
{
    std::uint8_t bytes[16];
    random_bytes(bytes);
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40); // version 4
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80); // the RFC's variant
    uuid id;
    std::copy(std::begin(bytes), std::end(bytes), id.begin());
    return id;
}

void random_alphanumeric(std::span<char> out) noexcept
{
    static constexpr char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    static constexpr unsigned size = sizeof alphabet - 1;
    static constexpr unsigned usable = 256 / size * size; // above: would favour the first characters
    std::uint8_t bytes[32];
    std::size_t left = 0;
    for (char& character : out) {
        do {
            if (left == 0) {
                random_bytes(bytes);
                left = sizeof bytes;
            }
            --left;
        } while (bytes[left] >= usable);
        character = alphabet[bytes[left] % size];
    }
    wipe_memory(bytes, sizeof bytes);
}

std::uint32_t random_below(std::uint32_t bound) noexcept
{
    const std::uint32_t usable = UINT32_MAX / bound * bound;
    std::uint32_t value = 0;
    do {
        std::uint8_t bytes[sizeof value];
        random_bytes(bytes);
        std::memcpy(&value, bytes, sizeof value);
    } while (value >= usable);
    return value % bound;
}

void wipe_memory(void* memory, std::size_t size) noexcept
{
    Botan::secure_scrub_memory(memory, size);
}

digest argon2id(std::string_view password,
                std::span<const std::uint8_t> salt,
                std::uint32_t memory,
                std::uint32_t passes,
                std::uint32_t lanes)
{
    const auto family = Botan::PasswordHashFamily::create_or_throw("Argon2id");
    const auto parameters = family->from_params(memory, passes, lanes);
    digest out;
    parameters->derive_key(
        out.data(), out.size(), password.data(), password.size(), salt.data(), salt.size());
    return out;
}

} // namespace latchkey
