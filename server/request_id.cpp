#include "server/request_id.hpp"

#include "auth/crypto.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <random>

namespace latchkey {
namespace {

// MMIX's, by Knuth: two words of it are an id, which comes again after 2^63 of them.
using generator = std::linear_congruential_engine<std::uint64_t, 6364136223846793005, 1442695040888963407, 0>;

// All threads of all servers go round the same circle; what each adds of its own keeps their ids apart.
struct id_source {
    id_source()
    {
        random_bytes({reinterpret_cast<std::uint8_t*>(own.data()), sizeof own});
        numbers.seed(own.back());
    }

    generator numbers;
    std::array<std::uint64_t, 3> own;
};

} // namespace

uuid fresh_request_id() noexcept
{
    thread_local id_source source;
    // Put right before they are put into memory, where bytes that are set behind a word are waited for.
    static_assert(std::endian::native == std::endian::little);
    constexpr int sixth_byte = 6 * 8;
    constexpr std::uint64_t version_4 = std::uint64_t{0x40} << sixth_byte;
    constexpr std::uint64_t version_bits = std::uint64_t{0xf0} << sixth_byte;
    constexpr std::uint64_t variant = 0x80; // of RFC 9562
    constexpr std::uint64_t variant_bits = 0xc0;
    const std::uint64_t first = ((source.numbers() ^ source.own[0]) & ~version_bits) | version_4;
    const std::uint64_t second = ((source.numbers() ^ source.own[1]) & ~variant_bits) | variant;
    uuid id;
    std::memcpy(id.data, &first, sizeof first);
    std::memcpy(id.data + sizeof first, &second, sizeof second);
    return id;
}

} // namespace latchkey
