#include "auth/pepper.hpp"

#include "auth/token.hpp"

#include <algorithm>

namespace latchkey {
namespace {

fault in_line(std::size_t number, std::string_view what)
{
    fault said{"line "};
    said.text.append(std::to_string(number)).append(" of the pepper file ").append(what);
    return said;
}

} // namespace

checked<pepper_set> pepper_set::parse(std::string_view file_text)
{
    static_assert(min_pepper_length == 32 && most_peppers == 8);
    std::vector<std::string_view> lines;
    for (std::size_t number = 1; !file_text.empty(); ++number) {
        const std::size_t end = file_text.find('\n');
        std::string_view line = file_text.substr(0, end);
        file_text.remove_prefix(end == std::string_view::npos ? file_text.size() : end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) continue;
        if (line.size() < min_pepper_length) {
            return in_line(number, "is too short: a pepper needs at least 32 characters");
        }
        if (std::find(lines.begin(), lines.end(), line) != lines.end()) {
            return in_line(number, "repeats an earlier pepper");
        }
        if (lines.size() == most_peppers) return in_line(number, "is one too many: 8 peppers are the most");
        lines.push_back(line);
    }
    if (lines.empty()) return fault{"the pepper file holds no pepper"};

    pepper_set set;
    for (const std::string_view line : lines)
        set.peppers_.emplace_back(std::string{line});
    return set;
}

digest_kind pepper_set::current_kind() const noexcept
{
    return peppers_.empty() ? digest_kind::sha256 : digest_kind::hmac_sha256;
}

digest pepper_set::hash(std::string_view secret) const
{
    return hash_secret(secret, peppers_.empty() ? std::string_view{} : peppers_.front().expose());
}

pepper_set::hashes pepper_set::hashes_of(std::string_view secret) const
{
    hashes all;
    all.made_[all.count_++] = sha256(secret);
    for (const secret_text& pepper : peppers_)
        all.made_[all.count_++] = hmac_sha256(pepper.expose(), secret);
    return all;
}

bool pepper_set::matches(const key_facts& key, const hashes& secret)
{
    return matches_any(key.kind, key.secret_digest, secret);
}

void pepper_set::dummy_check(const hashes& secret)
{
    static constexpr digest nobodys{};
    static_cast<void>(matches_any(digest_kind::wiped, nobodys, secret));
}

// Compares with every hash, also after one has matched and also with kinds that this key is not of: the
// work depends on the configuration alone.
bool pepper_set::matches_any(digest_kind kind, const digest& stored, const hashes& secret)
{
    const bool equals_plain = equal_in_constant_time(secret.made_.front(), stored);
    bool equals_peppered = false;
    for (std::size_t index = 1; index < secret.count_; ++index) {
        const bool equals = equal_in_constant_time(secret.made_[index], stored);
        equals_peppered = equals || equals_peppered;
    }
    if (kind == digest_kind::sha256) return equals_plain;
    return kind == digest_kind::hmac_sha256 && equals_peppered;
}

} // namespace latchkey
