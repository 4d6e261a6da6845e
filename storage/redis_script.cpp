#include "storage/redis_script.hpp"

#include "storage/hex_text.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace latchkey {
namespace {

// SHA-1 (FIPS 180-4, 6.1). Here and not in auth's crypto, because it keeps no secret and proves nothing: it
// is the name under which a Redis server files a script.
using sha1_state = std::array<std::uint32_t, 5>;

constexpr std::size_t block_size = 64;

constexpr std::size_t usual_call_words = 24; // of the script that a create runs
constexpr std::size_t usual_call_bytes = 1000;

std::uint32_t word_at(std::string_view block, std::size_t index)
{
    std::uint32_t word = 0;
    for (std::size_t byte = 4 * index; byte < 4 * index + 4; ++byte)
        word = word << 8 | static_cast<std::uint8_t>(block[byte]);
    return word;
}

void add_block(sha1_state& state, std::string_view block)
{
    std::array<std::uint32_t, 80> schedule;
    for (std::size_t index = 0; index < 16; ++index)
        schedule[index] = word_at(block, index);
    for (std::size_t index = 16; index < schedule.size(); ++index) {
        schedule[index] = std::rotl(
            schedule[index - 3] ^ schedule[index - 8] ^ schedule[index - 14] ^ schedule[index - 16], 1);
    }

    auto [a, b, c, d, e] = state;
    for (std::size_t index = 0; index < schedule.size(); ++index) {
        std::uint32_t mixed = 0;
        if (index < 20)
            mixed = ((b & c) | (~b & d)) + 0x5a827999;
        else if (index < 40)
            mixed = (b ^ c ^ d) + 0x6ed9eba1;
        else if (index < 60)
            mixed = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
        else
            mixed = (b ^ c ^ d) + 0xca62c1d6;
        const std::uint32_t next = std::rotl(a, 5) + mixed + e + schedule[index];
        e = d;
        d = c;
        c = std::rotl(b, 30);
        b = a;
        a = next;
    }
    const sha1_state sum{a, b, c, d, e};
    for (std::size_t index = 0; index < state.size(); ++index)
        state[index] += sum[index];
}

std::string sha1_hex(std::string_view text)
{
    std::string padded{text};
    padded.push_back('\x80');
    while (padded.size() % block_size != block_size - 8)
        padded.push_back('\0');
    const std::uint64_t bits = 8 * std::uint64_t{text.size()};
    for (int shift = 56; shift >= 0; shift -= 8)
        padded.push_back(static_cast<char>(bits >> shift & 0xff));

    sha1_state state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    for (std::size_t offset = 0; offset < padded.size(); offset += block_size)
        add_block(state, std::string_view{padded}.substr(offset, block_size));

    std::string hex;
    for (const std::uint32_t word : state) {
        for (int shift = 28; shift >= 0; shift -= 4)
            hex.push_back(hex_digits[word >> shift & 0xf]);
    }
    return hex;
}

} // namespace

redis_script::redis_script(std::string text) : text_{std::move(text)}, sha1_{sha1_hex(text_)} {}

redis_script::redis_script(std::string_view functions, std::string_view body)
    : redis_script{std::string{functions}.append(body)}
{}

redis_call::redis_call(const redis_script& script) : script_{&script}, words_{std::make_shared<redis_words>()}
{
    words_->reserve(usual_call_words, usual_call_bytes);
}

// Others keep those that they have.
redis_words& redis_call::own_words()
{
    if (words_.use_count() != 1) words_ = std::make_shared<redis_words>(*words_);
    return *words_;
}

redis_call& redis_call::key(std::string_view name)
{
    own_words().add(name);
    ++keys_;
    return *this;
}

redis_call& redis_call::arg(std::string_view bytes)
{
    own_words().add(bytes);
    return *this;
}

redis_call& redis_call::arg(std::int64_t number)
{
    own_words().add(number);
    return *this;
}

redis_command redis_call::by_name() const
{
    return command("EVALSHA", script_->sha1());
}

redis_command redis_call::by_text() const
{
    return command("EVAL", script_->text());
}

redis_command redis_call::command(std::string_view name, std::string_view body) const
{
    redis_command made{name};
    made.arg(body).arg(keys_);
    if (keys_ == 0)
        made.args(words_);
    else
        made.keys_and_args(words_);
    return made;
}

} // namespace latchkey
