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
    const std::uint64_t first = (generator() & ~(std::uint64_t{0xf0} << 48)) | std::uint64_t{0x40}
                                                                                   << 48; // version 4
    const std::uint64_t second = (generator() & ~std::uint64_t{0xc0}) | 0x80; // variant of RFC 9562
    uuid id;
    std::memcpy(id.data, &first, sizeof first);
    std::memcpy(id.data + sizeof first, &second, sizeof second);
    return id;
}

} // namespace latchkey
