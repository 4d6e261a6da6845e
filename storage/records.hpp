// The records storage keeps: users and keys. Plain values; what they may do is decided in auth.
#pragma once

#include "storage/byte_words.hpp"
#include "storage/clock.hpp"
#include "storage/packed_text.hpp"

#include <boost/uuid/uuid.hpp>

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

using uuid = boost::uuids::uuid;

// Lower-case, dashed: "c42fdf75-3097-471c-8c33-fb52454d81c0".
inline constexpr std::size_t uuid_length = 36;
void write_uuid(char* out, const uuid& id) noexcept; // uuid_length characters
std::string to_string(const uuid& id);
void append_uuid(std::string& out, const uuid& id);

// Accepts exactly what Go's uuid.Parse takes (contract 3.7): dashed, undashed, in braces, "urn:uuid:";
// letter case is ignored. Nothing for anything else.
std::optional<uuid> parse_uuid(std::string_view text) noexcept;

// SHA-256, or HMAC-SHA-256, as raw bytes.
using digest = std::array<std::uint8_t, 32>;

// First half of a token: 10 characters of 0-9A-Za-z. Public: it names the key in paths, lists and logs.
struct key_id {
    static constexpr std::size_t length = 10;
    static constexpr std::size_t back_at = length - sizeof(std::uint64_t); // the second of two words

    std::array<char, length> characters{};

    std::string_view view() const noexcept { return {characters.data(), length}; }
    auto operator<=>(const key_id&) const = default;

    // In two words that overlap: memcmp would be called, and every search for a key ends with this.
    bool operator==(const key_id& other) const noexcept
    {
        return word(0) == other.word(0) && word(back_at) == other.word(back_at);
    }
    std::uint64_t word(std::size_t at) const noexcept // eight characters from `at` on
    {
        return byte_words::load(characters.data() + at);
    }

    // Exactly 10 characters of the alphabet.
    static bool is_id(std::string_view text) noexcept
    {
        return text.size() == length && byte_words::is_alphanumeric(byte_words::load(text.data())) &&
               byte_words::is_alphanumeric(byte_words::load(text.data() + back_at));
    }

    // Nothing unless `text` is_id.
    static std::optional<key_id> parse(std::string_view text) noexcept;
};

enum class login_type : std::uint8_t { token, password, none };

// "token", "password", "none".
std::string_view to_string(login_type type) noexcept;

enum class user_status : std::uint8_t { active, suspended };

// "active", "suspended".
std::string_view to_string(user_status status) noexcept;

// Site-wide roles (contract 6.1). Every user is a member as well; that role is implied and never stored.
enum class role : std::uint8_t { owner = 1, user_admin = 2, template_admin = 4, auditor = 8 };

class role_set {
public:
    constexpr role_set() = default;
    constexpr role_set(role one) : bits_{static_cast<std::uint8_t>(one)} {}

    constexpr bool has(role one) const noexcept { return (bits_ & static_cast<std::uint8_t>(one)) != 0; }
    constexpr void add(role one) noexcept { bits_ |= static_cast<std::uint8_t>(one); }
    constexpr std::uint8_t bits() const noexcept { return bits_; }
    static constexpr role_set from_bits(std::uint8_t bits) noexcept
    {
        role_set set;
        set.bits_ = bits & 15;
        return set;
    }
    constexpr bool operator==(const role_set&) const = default;

private:
    std::uint8_t bits_ = 0;
};

struct user {
    uuid id{};
    std::string username;      // unique among users that are not deleted, compared without ASCII case
    std::string email;         // likewise; empty for service accounts
    std::string name;          // the real name, may be empty
    std::string password_hash; // Argon2id in PHC text form; empty: no password login
    login_type login = login_type::password;
    user_status status = user_status::active;
    role_set roles;
    bool is_service_account = false;
    bool is_system = false;  // owns what the server does for itself; cannot log in, is not listed or counted
    bool is_deleted = false; // kept so that the audit trail can name it; frees username and email
    time_point created_at;
    time_point updated_at;
    time_point last_seen_at;

    // Keys carry the epoch of their owner at creation; raising it kills all of them in one O(1) write.
    // A counter rather than an instant: a clock that steps cannot revive or kill a key.
    std::uint32_t key_epoch = 0;
};

// What a key may do, as text; canonical and validated by auth before it gets here. Shared between keys
// that have the same rights: the store keeps one copy of each.
struct key_rights {
    std::vector<std::string> scopes;     // canonical names, "coder:all" for everything
    std::vector<std::string> allow_list; // normalised "type:id" entries, "*:*" for everything

    bool operator==(const key_rights&) const = default;
};

// How secret_digest was made. `wiped`: the lifetime has ended and the hash is gone (contract A14).
enum class digest_kind : std::uint8_t { wiped = 0, sha256 = 1, hmac_sha256 = 2 };

// A key without its owner, to whom the memory table points. It keeps these by the million, so what a
// verification reads comes first, and nothing takes more room than it has to.
struct key_facts {
    key_id id;
    login_type login = login_type::token; // token: named, fixed expiry; password: session key, slides
    digest_kind kind = digest_kind::sha256;
    std::uint32_t owner_epoch = 0; // filled in by store::insert_key from the owner
    digest secret_digest{};
    time_point expires_at;
    std::shared_ptr<const key_rights> rights; // never null
    time_point created_at; // also the `updated_at` of the wire, which nothing changes (contract 1.5)
    std::chrono::seconds lifetime{};
    packed_text name; // empty for session keys
};

struct key_record : key_facts {
    uuid owner{};
};

// A key as lists and views show it.
struct key_listing {
    key_record key;
    time_point last_used{}; // epoch 0: never
    std::string username;   // the owner's
};

} // namespace latchkey
