#include "server/request_id.hpp"

#include "auth/crypto.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <random>

namespace latchkey {
namespace {

std::mt19937_64 seeded_generator()
{
    std::array<std::uint8_t, 32> random;
    random_bytes(random);
    std::seed_seq seeds(random.begin(), random.end());
    return std::mt19937_64{seeds};
}

} // namespace

uuid fresh_request_id() noexcept
{
    thread_local std::mt19937_64 generator = seeded_generator();
    // Put right before they are put into memory, where bytes that are set behind a word are waited for.
    static_assert(std::endian::native == std::endian::little);
    constexpr int sixth_byte = 6 * 8;
    constexpr std::uint64_t version_4 = std::uint64_t{0x40} << sixth_byte;
    constexpr std::uint64_t version_bits = std::uint64_t{0xf0} << sixth_byte;
    constexpr std::uint64_t variant = 0x80; // of RFC 9562
    constexpr std::uint64_t variant_bits = 0xc0;
    const std::uint64_t first = (generator() & ~version_bits) | version_4;
    const std::uint64_t second = (generator() & ~variant_bits) | variant;
    uuid id;
    std::memcpy(id.data, &first, sizeof first);
    std::memcpy(id.data + sizeof first, &second, sizeof second);
    return id;
}

} // namespace latchkey
