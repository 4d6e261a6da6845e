#include "server/api_description/document.hpp"
#include "server/api_description/operations.hpp"
#include "server/router.hpp"
#include "tests/server/web_fixture.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <set>

using namespace latchkey;
using namespace latchkey::test;

namespace json = boost::json;

namespace {

const json::object& paths()
{
    static const json::value document = json::parse(described_api().text);
    return document.at("paths").as_object();
}

std::string lower_name(http::verb method)
{
    std::string name{http::to_string(method)};
    for (char& c : name)
        c = static_cast<char>(c | 0x20);
    return name;
}

} // namespace

TEST_CASE("every route is described, and nothing else but /verify", "[server][openapi]")
{
    std::size_t described = 0;
    for (const route& row : all_routes()) {
        INFO(http::to_string(row.method) << ' ' << row.pattern);
        const std::string pattern{row.pattern};
        REQUIRE(paths().contains(pattern));
        const json::object& path = paths().at(pattern).as_object();
        REQUIRE(path.contains(lower_name(row.method)));
        const json::value& told = path.at(lower_name(row.method));
        CHECK_FALSE(told.at("summary").as_string().empty());
        CHECK(told.at("security").as_array().empty() == (row.who == access::open));
        CHECK(told.at("responses").as_object().contains("401") ==
              (row.who == access::principal || pattern == "/api/v2/users/login"));
    }
    for (const auto& [path, methods] : paths()) {
        if (path.starts_with("/verify")) continue;
        described += methods.as_object().size();
    }
    CHECK(described == all_routes().size());
    CHECK(paths().at("/verify").as_object().size() == described::verify_operations().size());
}

TEST_CASE("operations have handlers, and names of their own", "[server][openapi]")
{
    std::set<std::string_view> names;
    for (const route& row : all_routes()) {
        CAPTURE(row.what->id);
        CHECK(row.what->run != nullptr);
        CHECK(names.insert(row.what->id).second);
        CHECK(row.what->replies[0].status / 100 == 2);
    }
}

TEST_CASE("the description is sent once, and not again while it stays the same", "[server][openapi]")
{
    web_fixture web;
    const seen_answer first = web.ask(asking(http::verb::get, "/api/v2/openapi.json"));
    CHECK(first.status == 200);
    CHECK(first.header("cache-control") == "no-cache");
    CHECK(first.header("content-type") == "application/json; charset=utf-8");
    CHECK(json::parse(first.body).at("openapi") == "3.1.0");

    for (const std::string& sent : {first.header("etag"), "W/" + first.header("etag"), std::string{"*"}}) {
        request asked = asking(http::verb::get, "/api/v2/openapi.json");
        asked.if_none_match = sent;
        const seen_answer again = web.ask(asked);
        CHECK(again.status == 304);
        CHECK(again.body.empty());
        CHECK(again.header("etag") == first.header("etag"));
    }
    request other = asking(http::verb::get, "/api/v2/openapi.json");
    other.if_none_match = "\"0\"";
    CHECK(web.ask(other).status == 200);
}
