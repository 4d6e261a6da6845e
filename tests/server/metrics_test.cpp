#include "server/metrics.hpp"
#include "tests/server/web_fixture.hpp"
#include "tests/support/metrics_text.hpp"

#include <cmath>
#include <map>

using namespace latchkey;
using namespace latchkey::test;

namespace {

metric_families scraped(web_fixture& web)
{
    const seen_answer answer = web.ask(asking(http::verb::get, "/metrics"));
    REQUIRE(answer.status == 200);
    CHECK(answer.header("content-type") == "text/plain; version=0.0.4; charset=utf-8");
    return parse_metrics(answer.body);
}

double verifications(web_fixture& web, const std::string& outcome)
{
    return metric(scraped(web), "latchkey_verifications_total", outcome);
}

void verify(web_fixture& web, std::string_view token, std::string_view query = {})
{
    web.ask(asking(http::verb::get, std::string{"/verify"}.append(query), token));
}

} // namespace

TEST_CASE("label values and help are escaped, and numbers are written as they are", "[server][metrics]")
{
    std::string text;
    exposition out{text};
    out.family("a_level", metric_kind::gauge, "with \\ and\na line")
        .sample("name", "\"quoted\\\n", std::uint64_t{UINT64_MAX});
    out.only("b_seconds", metric_kind::gauge, "b", 0.00025);
    out.only("c", metric_kind::gauge, "c", HUGE_VAL);

    CHECK(text == "# HELP a_level with \\\\ and\\na line\n"
                  "# TYPE a_level gauge\n"
                  "a_level{name=\"\\\"quoted\\\\\\n\"} 18446744073709551615\n"
                  "# HELP b_seconds b\n"
                  "# TYPE b_seconds gauge\n"
                  "b_seconds 0.00025\n"
                  "# HELP c c\n"
                  "# TYPE c gauge\n"
                  "c +Inf\n");
    const metric_families all = parse_metrics(text);
    CHECK(all.at("a_level").help == "with \\ and\na line");
    CHECK(all.at("a_level").samples.front().labels.at("name") == "\"quoted\\\n");
}

TEST_CASE("a histogram is written with all that belongs to one", "[server][metrics]")
{
    std::string text;
    exposition out{text};
    const std::array bounds{0.001, 0.5};
    const std::array<std::uint64_t, 2> at_most{3, 4};
    out.family("d_seconds", metric_kind::histogram, "d").buckets(bounds, at_most, 6, 7.5);
    CHECK(text == "# HELP d_seconds d\n"
                  "# TYPE d_seconds histogram\n"
                  "d_seconds_bucket{le=\"0.001\"} 3\n"
                  "d_seconds_bucket{le=\"0.5\"} 4\n"
                  "d_seconds_bucket{le=\"+Inf\"} 6\n"
                  "d_seconds_sum 7.5\n"
                  "d_seconds_count 6\n");
    CHECK_NOTHROW(parse_metrics(text));
}

TEST_CASE("the strict reader refuses what scrapers refuse", "[server][metrics]")
{
    const std::string head = "# HELP a_total a\n# TYPE a_total counter\n";
    CHECK_NOTHROW(parse_metrics(head + "a_total 1\n"));
    for (const std::string bad : {"a_total 1",
                                  "a_total 1\na_total 2\n",
                                  "b_total 1\n",
                                  "a_total\n",
                                  "a_total x\n",
                                  "a_total -1\n",
                                  "a_total{l=\"\\x\"} 1\n",
                                  "a_total{l=\"v} 1\n",
                                  "a_total{1=\"v\"} 1\n",
                                  "",
                                  "a_total 1\n# HELP a_total a\n"}) {
        CAPTURE(bad);
        CHECK_THROWS(parse_metrics(head + bad));
    }
    CHECK_THROWS(parse_metrics("a_total 1\n"));
    CHECK_THROWS(parse_metrics("# HELP a a\n# TYPE a counter\na 1\n"));
}

TEST_CASE("verifications are counted by what they were answered", "[server][metrics]")
{
    web_fixture web;
    const user alice = web.auth.add("alice");
    const std::string good = web.auth.token_of(alice, unrestricted_rights());
    const std::string weak = web.auth.token_of(alice, {{"user:read"}, {"*:*"}});

    verify(web, good);
    verify(web, good);
    verify(web, weak, "?scope=api_key:create");
    verify(web, "abcdefghij-abcdefghijklmnopqrstuv");           // unknown
    verify(web, good.substr(0, 11) + "abcdefghijklmnopqrstuv"); // wrong secret: not told from unknown
    verify(web, "nonsense");
    verify(web, {});

    CHECK(verifications(web, "accepted") == 2);
    CHECK(verifications(web, "insufficient") == 1);
    CHECK(verifications(web, "refused") == 3);
    CHECK(verifications(web, "no_token") == 1);
    CHECK(verifications(web, "unavailable") == 0);
}

TEST_CASE("shards are counted each for itself and told as one", "[server][metrics]")
{
    metrics figures{3};
    for (std::size_t index = 0; index < 3; ++index) {
        figures.of_shard(index).count(verification_outcome::unavailable);
        figures.of_shard(index).connections_open.set(index + 5);
    }
    figures.of_shard(2).count(verification_outcome::unavailable);
    figures.add_source([](exposition& out) { out.only("more", metric_kind::gauge, "More.", 1.5); });
    const metric_families all = parse_metrics(figures.text());
    CHECK(metric(all, "latchkey_verifications_total", "unavailable") == 4);
    CHECK(metric(all, "latchkey_connections_open") == 18);
    CHECK(metric(all, "more") == 1.5);
    CHECK(metric(all, "latchkey_build_info", LATCHKEY_VERSION) == 1);
}

TEST_CASE("requests are counted by route and status, and timed by group", "[server][metrics]")
{
    web_fixture web;
    const user alice = web.auth.add("alice");
    const std::string token = web.auth.token_of(alice, unrestricted_rights());
    web.ask(asking(http::verb::get, "/api/v2/users/alice", token));
    web.ask(asking(http::verb::get, "/api/v2/users/me", token));
    web.ask(asking(http::verb::get, "/api/v2/users/me"));
    web.ask(asking(http::verb::get, "/no/such/route"));
    web.ask(asking(http::verb::patch, "/healthz"));
    web.ask(asking(http::verb::get, "/verify", token));

    const metric_families all = scraped(web);
    std::map<std::string, double> answers;
    for (const metric_sample& one : all.at("latchkey_http_requests_total").samples)
        if (one.value != 0)
            answers[one.labels.at("method") + one.labels.at("route") + one.labels.at("code")] = one.value;
    CHECK(answers == std::map<std::string, double>{{"GET/api/v2/users/{user}200", 2},
                                                   {"GET/api/v2/users/{user}401", 1},
                                                   {"nonenone404", 1},
                                                   {"nonenone405", 1}});
    double timed = 0;
    for (const metric_sample& one : all.at("latchkey_http_request_duration_seconds").samples)
        if (one.name.ends_with("_count")) timed += one.value;
    CHECK(timed == 5);
}

TEST_CASE("a latency falls into the bucket whose bound is the next power of two", "[server][metrics]")
{
    const auto counted = [](std::int64_t nanoseconds) {
        latency_figures figures;
        figures.count(std::chrono::nanoseconds{nanoseconds});
        latency_figures::sum sum;
        sum.add(figures);
        CHECK(sum.count == 1);
        std::size_t first = 0;
        while (first < sum.at_most.size() && sum.at_most[first] == 0)
            ++first;
        return first;
    };
    CHECK(counted(-5) == 0);
    CHECK(counted(0) == 0);
    CHECK(counted(1) == 0);
    CHECK(counted(std::int64_t{1} << 14) == 0);
    CHECK(counted((std::int64_t{1} << 14) + 1) == 1);
    CHECK(counted(std::int64_t{1} << 20) == 6);
    CHECK(counted(std::int64_t{1} << 33) == 19);
    CHECK(counted((std::int64_t{1} << 33) + 1) == 20); // beyond all bounds
    CHECK(latency_figures::bounds().front() == 16384e-9);
}

TEST_CASE("no two shards count in one cache line", "[server][metrics]")
{
    metrics figures{2};
    const auto* const one = reinterpret_cast<const char*>(&figures.of_shard(0));
    const auto* const other = reinterpret_cast<const char*>(&figures.of_shard(1));
    CHECK(other - one >= 128);
    CHECK(reinterpret_cast<std::uintptr_t>(one) % 128 == 0);
}

TEST_CASE("health of store and audit log is told in ones and zeros", "[server][metrics]")
{
    std::string text;
    exposition out{text};
    write_metrics(out, store_health{.can_read = true, .can_write = false, .problem = "the disk is full"});
    write_metrics(out,
                  audit_health{.can_write = false, .problem = "/secret/path", .entries = 12, .queued = 3});
    const metric_families all = parse_metrics(text);
    CHECK(metric(all, "latchkey_store_readable") == 1);
    CHECK(metric(all, "latchkey_store_writable") == 0);
    CHECK(metric(all, "latchkey_audit_writable") == 0);
    CHECK(metric(all, "latchkey_audit_entries_total") == 12);
    CHECK(metric(all, "latchkey_audit_queued") == 3);
    CHECK(text.find("path") == text.npos);
    CHECK(text.find("disk") == text.npos);
}
