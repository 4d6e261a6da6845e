#include "storage/hex_text.hpp"
#include "storage/redis_fields.hpp"
#include "storage/redis_layout.hpp"
#include "storage/redis_records.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sample_records.hpp"

#include <cstdint>
#include <numeric>
#include <set>
#include <vector>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

const time_point noon{1'767'614'400'123'456us};

kept_key odd_key()
{
    kept_key kept{sample_token(7, sample_uuid(1), noon), noon + 100h, "0123456789abcdef"};
    kept.record.name = "a b,c%d\n{e}\0f\x7f\xc3\xa9"s;
    kept.record.owner_epoch = 4'000'000'000;
    kept.record.rights = std::make_shared<key_rights>(
        key_rights{{"workspace:read", "api_key:*"}, {"workspace:c42fdf75-3097-471c-8c33-fb52454d81c0"}});
    return kept;
}

} // namespace

TEST_CASE("SipHash-2-4 gives what its authors' implementation gives")
{
    siphash_key key;
    std::string bytes;
    std::iota(key.begin(), key.end(), std::uint8_t{0});
    CHECK(siphash(key, bytes) == 0x726fdb47dd0e0e31);
    for (char index = 0; index < 15; ++index)
        bytes += index;
    CHECK(siphash(key, bytes) == 0xa129ca6149be45e5); // the example of the paper's appendix A
}

TEST_CASE("a tag is three characters, the same for one owner, and spread over owners")
{
    const siphash_key deployment{1, 2, 3};
    std::set<std::string> tags;
    for (std::uint32_t owner = 0; owner < 1000; ++owner) {
        const std::string tag = id_tag_of(sample_uuid(owner), deployment);
        CHECK(tag.size() == id_tag_length);
        CHECK(tag == id_tag_of(sample_uuid(owner), deployment));
        tags.insert(tag);
    }
    CHECK(tags.size() > 980); // of 238,328 possible ones
}

TEST_CASE("a key's record survives its text, whatever its name holds")
{
    rights_cache rights;
    const kept_key kept = odd_key();

    const auto from_meta = parse_meta(kept.record.id, meta_text(kept), rights);
    REQUIRE(from_meta);
    CHECK(from_meta->gone_at == kept.gone_at);
    CHECK(from_meta->stamp == kept.stamp);
    const auto from_key =
        parse_key(kept.record.id, to_hex(kept.record.secret_digest) + ' ' + meta_text(kept), rights);
    REQUIRE(from_key);

    const key_record& read = from_key->record;
    CHECK(read.secret_digest == kept.record.secret_digest);
    CHECK(read.kind == kept.record.kind);
    CHECK(read.owner == kept.record.owner);
    CHECK(read.owner_epoch == kept.record.owner_epoch);
    CHECK(read.created_at == kept.record.created_at);
    CHECK(read.expires_at == kept.record.expires_at);
    CHECK(read.lifetime == kept.record.lifetime);
    CHECK(read.login == kept.record.login);
    CHECK(read.name == kept.record.name);
    CHECK(*read.rights == *kept.record.rights);
    CHECK(read.rights == from_meta->record.rights); // one copy
    CHECK(from_meta->record.secret_digest == digest{});
}

TEST_CASE("a record that was cut off or altered is none")
{
    rights_cache rights;
    const kept_key kept = odd_key();
    const std::string meta = meta_text(kept);
    for (std::size_t size = 0; size < meta.rfind(' '); ++size) {
        CAPTURE(size);
        CHECK_FALSE(parse_meta(kept.record.id, meta.substr(0, size), rights));
    }
    const std::string key = to_hex(kept.record.secret_digest) + ' ' + meta;
    REQUIRE(parse_key(kept.record.id, key, rights));
    for (std::size_t at = 0; at < 64; ++at) {
        for (const char wrong : {'x', 'A', ' ', '\xff'}) {
            CAPTURE(at, wrong);
            std::string altered = key;
            altered[at] = wrong;
            CHECK_FALSE(parse_key(kept.record.id, altered, rights));
        }
    }
    CHECK_FALSE(parse_key(kept.record.id, key.substr(1), rights));
    CHECK_FALSE(parse_key(kept.record.id, meta, rights));
}

TEST_CASE("a number of any length is read as it was written, and nothing else is a number")
{
    std::vector<std::int64_t> numbers{0, -1, INT64_MAX, INT64_MIN, INT64_MAX / 10, INT64_MIN / 10};
    for (std::int64_t number = 9; number < INT64_MAX / 10; number = number * 10 + 9)
        numbers.insert(numbers.end(), {number, number + 1, -number});
    for (const std::int64_t number : numbers) {
        CAPTURE(number);
        const std::string text = field_writer{}.number(number).take();
        field_reader fields{text};
        CHECK(fields.number() == number);
        CHECK(fields.is_good());
    }
    for (const char* wrong :
         {"", "-", "1x", "x1", "+1", "0x1", "1-", "9223372036854775808", "99999999999999999999"}) {
        CAPTURE(wrong);
        field_reader fields{wrong};
        CHECK(fields.number() == 0);
        CHECK_FALSE(fields.is_good());
    }
}

TEST_CASE("a user's record survives its text")
{
    kept_user kept{sample_user(3, noon), 17, "stamp"};
    kept.record.name = "Ada, Countess of %20 Lovelace";
    kept.record.roles.add(role::auditor);
    kept.record.status = user_status::suspended;
    kept.record.is_service_account = true;
    kept.record.email.clear();
    kept.record.key_epoch = 3;

    const auto read = parse_user(user_text(kept));

    REQUIRE(read);
    CHECK(user_text(*read) == user_text(kept));
    CHECK(read->record.name == kept.record.name);
    CHECK(read->record.roles == kept.record.roles);
    CHECK(read->record.email.empty());
    CHECK(read->record.is_service_account);
    CHECK(read->revision == 17);
    std::string of_a_later_version = user_text(kept);
    of_a_later_version[0] = '2';
    CHECK_FALSE(parse_user(of_a_later_version));
}

TEST_CASE("an owner's standing is found among those of the same tag")
{
    const user ada = sample_user(1, noon);
    user bob = sample_user(2, noon);
    bob.status = user_status::suspended;
    bob.username = to_string(ada.id); // looks like another line's beginning
    const std::string owners =
        standing_line({owner_standing::of(bob), 5}) + standing_line({owner_standing::of(ada), 1});

    const auto found = find_standing(owners, ada.id);
    REQUIRE(found);
    CHECK(found->owner.username == ada.username);
    CHECK(found->owner.status == user_status::active);
    CHECK(find_standing(owners, bob.id)->owner.status == user_status::suspended);
    CHECK(find_standing(owners, bob.id)->revision == 5);
    CHECK_FALSE(find_standing(owners, sample_uuid(3)));
    CHECK_FALSE(find_standing("", ada.id));
}
