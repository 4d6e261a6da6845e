#include "storage/siphash.hpp"

#include <bit>
#include <cstddef>

namespace latchkey {
namespace {

template <class Bytes>
std::uint64_t little_endian(const Bytes& bytes, std::size_t offset, std::size_t count) noexcept
{
    std::uint64_t word = 0;
    for (std::size_t index = 0; index < count; ++index)
        word |= std::uint64_t{static_cast<std::uint8_t>(bytes[offset + index])} << (8 * index);
    return word;
}

struct state {
    std::uint64_t v0, v1, v2, v3;

    void round() noexcept
    {
        v0 += v1;
        v1 = std::rotl(v1, 13) ^ v0;
        v0 = std::rotl(v0, 32);
        v2 += v3;
        v3 = std::rotl(v3, 16) ^ v2;
        v0 += v3;
        v3 = std::rotl(v3, 21) ^ v0;
        v2 += v1;
        v1 = std::rotl(v1, 17) ^ v2;
        v2 = std::rotl(v2, 32);
    }

    void add(std::uint64_t word) noexcept
    {
        v3 ^= word;
        round();
        round();
        v0 ^= word;
    }
};

} // namespace

std::uint64_t siphash(const siphash_key& key, std::string_view bytes) noexcept
{
    const std::uint64_t low = little_endian(key, 0, 8);
    const std::uint64_t high = little_endian(key, 8, 8);
    state mixed{low ^ 0x736f6d6570736575,
                high ^ 0x646f72616e646f6d,
                low ^ 0x6c7967656e657261,
                high ^ 0x7465646279746573};
    const std::size_t whole = bytes.size() / 8 * 8;
    for (std::size_t offset = 0; offset < whole; offset += 8)
        mixed.add(little_endian(bytes, offset, 8));
    const std::uint64_t rest = little_endian(bytes, whole, bytes.size() - whole);
    mixed.add(rest | std::uint64_t{bytes.size()} << 56);
    mixed.v2 ^= 0xff;
    for (int rounds = 0; rounds < 4; ++rounds)
        mixed.round();
    return mixed.v0 ^ mixed.v1 ^ mixed.v2 ^ mixed.v3;
}

} // namespace latchkey
