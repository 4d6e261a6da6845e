#include "storage/id_tag.hpp"

#include "storage/random_bytes.hpp"

#include <string_view>
#include <tuple>

namespace latchkey {
namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

} // namespace

std::string id_tag_of(const uuid& owner, const siphash_key& by)
{
    const std::string_view bytes{reinterpret_cast<const char*>(owner.data), owner.size()};
    std::uint64_t hash = siphash(by, bytes);
    std::string tag;
    for (std::size_t index = 0; index < id_tag_length; ++index) {
        tag += alphabet[hash % alphabet.size()];
        hash /= alphabet.size();
    }
    return tag;
}

siphash_key fresh_id_tag_key()
{
    return random_bytes<std::tuple_size_v<siphash_key>>();
}

} // namespace latchkey
