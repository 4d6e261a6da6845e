#include "server/request_figures.hpp"

#include "server/exposition.hpp"
#include "server/router.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace latchkey {
namespace {

// Those that the middleware and the handlers answer with. So that the labels are bounded, and a shard's
// counters an array.
constexpr std::array<std::pair<unsigned, std::string_view>, 20> statuses{{
    {200, "200"}, {201, "201"}, {204, "204"}, {304, "304"}, {400, "400"}, {401, "401"}, {403, "403"},
    {404, "404"}, {405, "405"}, {406, "406"}, {409, "409"}, {412, "412"}, {413, "413"}, {415, "415"},
    {417, "417"}, {428, "428"}, {429, "429"}, {500, "500"}, {503, "503"}, {0, "other"},
}};

constexpr std::size_t tag_count = std::size(operation_tags);
constexpr std::string_view no_route = "none";

std::size_t status_index(unsigned status) noexcept
{
    const auto* const found =
        std::ranges::find(statuses, status, &std::pair<unsigned, std::string_view>::first);
    const auto index = static_cast<std::size_t>(found - statuses.begin());
    return std::min(index, statuses.size() - 1);
}

std::size_t tag_index(const route* row) noexcept
{
    if (row == nullptr) return tag_count;
    const auto* const found = std::ranges::find(operation_tags, row->what->tag, &operation_tag::name);
    return static_cast<std::size_t>(found - std::begin(operation_tags));
}

std::string_view method_of(const route& row)
{
    const auto name = http::to_string(row.method);
    return {name.data(), name.size()};
}

} // namespace

void latency_figures::sum::add(const latency_figures& one) noexcept
{
    std::uint64_t below = 0;
    for (std::size_t index = 0; index < bound_count; ++index) {
        below += one.counts_[index].value();
        at_most[index] += below;
    }
    count += below + one.counts_[bound_count].value();
    seconds += static_cast<double>(one.nanoseconds_.value()) * 1e-9;
}

const std::array<double, latency_figures::bound_count>& latency_figures::bounds() noexcept
{
    static const auto made = [] {
        std::array<double, bound_count> all{};
        for (std::size_t index = 0; index < bound_count; ++index)
            all[index] = std::ldexp(1.0, static_cast<int>(lowest + index)) / 1e9;
        return all;
    }();
    return made;
}

request_figures::request_figures()
    : answers_{std::make_unique<shard_figure[]>((all_routes().size() + 1) * statuses.size())},
      latencies_{std::make_unique<latency_figures[]>(tag_count + 1)}
{}

std::size_t request_figures::index_of(const route* row) noexcept
{
    return row == nullptr ? all_routes().size() : static_cast<std::size_t>(row - all_routes().data());
}

void request_figures::count(const route* row, unsigned status, std::chrono::nanoseconds took) noexcept
{
    answers_[index_of(row) * statuses.size() + status_index(status)].add();
    latencies_[tag_index(row)].count(took);
}

void request_figures::write(exposition& out, std::span<const request_figures* const> shards)
{
    out.family("latchkey_http_requests_total",
               metric_kind::counter,
               "Requests that were answered, by route and status; all but /verify, which has "
               "latchkey_verifications_total.");
    for (std::size_t index = 0; index <= all_routes().size(); ++index) {
        const route* const row = index < all_routes().size() ? &all_routes()[index] : nullptr;
        for (std::size_t status = 0; status < statuses.size(); ++status) {
            std::uint64_t answers = 0;
            for (const request_figures* one : shards)
                answers += one->answers_[index * statuses.size() + status].value();
            // From the start only what the route is there for, so that its rate is right from the first on.
            const bool is_usual = row != nullptr && statuses[status].first == row->what->replies[0].status;
            if (answers == 0 && !is_usual) continue;
            out.sample({{"method", row != nullptr ? method_of(*row) : no_route},
                        {"route", row != nullptr ? row->pattern : no_route},
                        {"code", statuses[status].second}},
                       answers);
        }
    }

    out.family(
        "latchkey_http_request_duration_seconds",
        metric_kind::histogram,
        "From a whole request to its answer, by the group of the route as the API's description has it.");
    for (std::size_t tag = 0; tag <= tag_count; ++tag) {
        latency_figures::sum all;
        for (const request_figures* one : shards)
            all.add(one->latencies_[tag]);
        const std::string_view group = tag < tag_count ? operation_tags[tag].name : no_route;
        out.buckets({"group", group}, latency_figures::bounds(), all.at_most, all.count, all.seconds);
    }
}

} // namespace latchkey
