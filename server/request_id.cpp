#include "server/request_id.hpp"

#include "auth/crypto.hpp"

#include <array>
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
    const std::array<std::uint64_t, 2> random{generator(), generator()};
    uuid id;
    static_assert(sizeof random == sizeof id.data);
    std::memcpy(id.data, random.data(), sizeof random);
    id.data[6] = static_cast<std::uint8_t>(0x40 | (id.data[6] & 0x0f)); // version 4
    id.data[8] = static_cast<std::uint8_t>(0x80 | (id.data[8] & 0x3f)); // variant of RFC 9562
    return id;
}

} // namespace latchkey
