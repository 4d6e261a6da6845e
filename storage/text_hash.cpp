#include "storage/text_hash.hpp"

#include "storage/byte_words.hpp"

#include <chrono>
#include <cstring>

namespace latchkey {
namespace {

constexpr std::uint64_t odd_one = 0x9e3779b97f4a7c15;
constexpr std::uint64_t odd_two = 0xd6e8feb86659fd93;

std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept
{
    __extension__ typedef unsigned __int128 wide;
    const wide product = static_cast<wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// Of fewer than eight characters.
std::uint64_t load_rest(std::string_view text) noexcept
{
    std::uint64_t value = 0;
    if (!text.empty()) std::memcpy(&value, text.data(), text.size()); // an empty view may point nowhere
    return value;
}

// Unpredictable enough for hash tables: where the loader put the program, and when it started.
std::uint64_t make_seed() noexcept
{
    static const char anchor = 0;
    const auto place = reinterpret_cast<std::uintptr_t>(&anchor);
    const auto moment = std::chrono::steady_clock::now().time_since_epoch().count();
    return fold(place ^ odd_one, static_cast<std::uint64_t>(moment) ^ odd_two);
}

const std::uint64_t seed = make_seed();

} // namespace

std::uint64_t hashed_id::hash_of_words(std::uint64_t front, std::uint64_t back) noexcept
{
    return fold(fold(front ^ seed, back ^ odd_one), odd_two);
}

key_id hashed_id::id() const noexcept
{
    key_id id;
    std::memcpy(id.characters.data(), &front_, sizeof front_);
    std::memcpy(id.characters.data() + key_id::back_at, &back_, sizeof back_);
    return id;
}

std::uint64_t hash_of(std::string_view text) noexcept
{
    std::uint64_t hash = seed ^ text.size();
    while (text.size() >= 8) {
        hash = fold(hash ^ byte_words::load(text.data()), odd_one);
        text.remove_prefix(8);
    }
    hash = fold(hash ^ load_rest(text), odd_two);
    return fold(hash, odd_one);
}

} // namespace latchkey
