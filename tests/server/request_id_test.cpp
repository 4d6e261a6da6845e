#include "server/request_id.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <thread>
#include <vector>

namespace latchkey {

TEST_CASE("ids of requests are version 4 UUIDs, and no two are alike on any thread", "[server]")
{
    constexpr std::size_t threads = 4;
    constexpr std::size_t ids_each = 100'000;
    std::vector<uuid> ids(threads * ids_each);
    std::vector<std::thread> drawing;
    for (std::size_t thread = 0; thread < threads; ++thread) {
        const auto first = ids.begin() + static_cast<std::ptrdiff_t>(thread * ids_each);
        drawing.emplace_back([first] { std::generate_n(first, ids_each, fresh_request_id); });
    }
    for (std::thread& each : drawing)
        each.join();

    const auto is_version_4 = [](const uuid& id) {
        return id.version() == uuid::version_random_number_based && id.variant() == uuid::variant_rfc_4122;
    };
    CHECK(std::all_of(ids.begin(), ids.end(), is_version_4));
    // Nor do they differ in a few bits only: whoever looks for one by its first digits finds few others.
    std::sort(ids.begin(), ids.end());
    CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
    const auto begin_alike = [](const uuid& one, const uuid& other) {
        return std::equal(one.begin(), one.begin() + 4, other.begin());
    };
    std::size_t alike = 0;
    for (std::size_t index = 1; index < ids.size(); ++index)
        alike += begin_alike(ids[index - 1], ids[index]) ? 1 : 0;
    CHECK(alike < 1000);
}

} // namespace latchkey
