#include "storage/key_slots.hpp"
#include "storage/key_table.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace latchkey::test {
namespace {

std::unique_ptr<key_entry> entry_of(std::uint32_t number)
{
    auto made = std::make_unique<key_entry>();
    const std::string digits = std::to_string(1'000'000'000 + number); // ten of them
    std::ranges::copy(digits, made->record.id.characters.begin());
    return made;
}

key_entry* find(const key_slots<key_entry>& slots, const key_entry& searched)
{
    return slots.find(searched.record.id);
}

std::size_t count(const key_slots<key_entry>& slots)
{
    std::size_t seen = 0;
    slots.visit([&](const key_entry&) { ++seen; });
    return seen;
}

} // namespace

TEST_CASE("key slots hold nothing at first, and can be asked all the same", "[storage][key_slots]")
{
    const key_slots<key_entry> slots;
    const auto stranger = entry_of(1);

    key_slots<key_entry>::expect(slots.place(), hash_of(stranger->record.id));
    slots.expect_entry(hash_of(stranger->record.id));
    CHECK(find(slots, *stranger) == nullptr);
    CHECK(count(slots) == 0);
}

TEST_CASE("key slots find exactly what was inserted and not erased, in every order", "[storage][key_slots]")
{
    constexpr std::uint32_t entries = 600;
    std::mt19937 random{GENERATE(1u, 2u, 3u, 4u)};
    std::vector<std::unique_ptr<key_entry>> all;
    for (std::uint32_t number = 0; number < entries; ++number)
        all.push_back(entry_of(number));
    std::vector<bool> is_in(entries, false);
    key_slots<key_entry> slots;

    for (int round = 0; round < 20'000; ++round) {
        const std::size_t one = random() % entries;
        if (is_in[one]) {
            slots.erase(*all[one]);
        } else {
            slots.insert(*all[one]);
        }
        is_in[one] = !is_in[one];
        const std::size_t other = random() % entries;
        REQUIRE(find(slots, *all[other]) == (is_in[other] ? all[other].get() : nullptr));
    }

    for (std::size_t one = 0; one < entries; ++one)
        CHECK(find(slots, *all[one]) == (is_in[one] ? all[one].get() : nullptr));
    CHECK(count(slots) == static_cast<std::size_t>(std::ranges::count(is_in, true)));
}

TEST_CASE("key slots that were emptied are free again", "[storage][key_slots]")
{
    key_slots<key_entry> slots;
    slots.reserve(10);
    std::vector<std::unique_ptr<key_entry>> some;
    for (std::uint32_t number = 0; number < 10; ++number)
        some.push_back(entry_of(number));

    for (int round = 0; round < 1000; ++round) {
        for (const auto& one : some)
            slots.insert(*one);
        for (const auto& one : some)
            slots.erase(*one);
    }

    CHECK(count(slots) == 0);
    for (const auto& one : some)
        CHECK(find(slots, *one) == nullptr);
}

} // namespace latchkey::test
