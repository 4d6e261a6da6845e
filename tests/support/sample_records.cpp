#include "tests/support/sample_records.hpp"

namespace latchkey::test {

uuid sample_uuid(std::uint32_t number)
{
    uuid id{};
    id.data[0] = 0xa5;
    for (std::size_t i = 0; i < 4; ++i)
        id.data[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    return id;
}

key_id sample_key_id(std::uint32_t number)
{
    std::string text = std::to_string(number);
    text.insert(0, key_id::length - text.size(), 'k');
    return key_id::parse(text).value();
}

std::shared_ptr<const key_rights> all_rights()
{
    return std::make_shared<key_rights>(key_rights{{"coder:all"}, {"*:*"}});
}

user sample_user(std::uint32_t number, time_point now)
{
    user one;
    one.id = sample_uuid(number);
    one.username = "User-" + std::to_string(number);
    one.email = one.username + "@Example.com";
    one.name = "Sample User";
    one.password_hash = "$argon2id$sample";
    one.created_at = now;
    one.updated_at = now;
    return one;
}

key_record sample_token(std::uint32_t number, const uuid& owner, time_point now)
{
    key_record key;
    key.id = sample_key_id(number);
    key.owner = owner;
    for (std::size_t i = 0; i < key.secret_digest.size(); ++i) {
        key.secret_digest[i] = static_cast<std::uint8_t>(number * 31 + i * 7 + 1);
    }
    key.created_at = now;
    key.lifetime = std::chrono::hours{1};
    key.expires_at = now + key.lifetime;
    key.name = "token-" + std::to_string(number);
    key.rights = all_rights();
    return key;
}

key_record sample_session(std::uint32_t number, const uuid& owner, time_point now)
{
    key_record key = sample_token(number, owner, now);
    key.login = login_type::password;
    key.name = {};
    return key;
}

} // namespace latchkey::test
