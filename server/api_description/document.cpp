#include "server/api_description/document.hpp"

#include "auth/crypto.hpp"
#include "server/api_description/components.hpp"
#include "server/api_description/operations.hpp"
#include "server/json_bodies.hpp"
#include "server/router.hpp"
#include "storage/hex_text.hpp"
#include "storage/lower_case.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace latchkey {
namespace {

namespace json = boost::json;
using described::is_schema;
using described::reference;

constexpr std::string_view introduction =
    "Latchkey issues, lists, expires, revokes and verifies API tokens. It speaks the token API of Coder "
    "v2.\n\n"
    "Every answer has `X-Coder-Request-Id`. HEAD is answered as GET is, without the body. A path that is "
    "none is "
    "404, a method that a path has not is 405 with `Allow`. What is no sound HTTP/1.1 request is refused "
    "before "
    "any route is looked for, with 400, 408, 413, 417, 431, 501 or 505. Lifetimes are in nanoseconds, times "
    "in RFC 3339.";

json::string_view view(std::string_view text) noexcept
{
    return {text.data(), text.size()};
}

json::string text_of(std::string_view text)
{
    return json::string{view(text)};
}

bool changes(http::verb method) noexcept
{
    return method != http::verb::get && method != http::verb::head && method != http::verb::options;
}

// What surrounds an operation: a row of the table, or /verify.
struct placement {
    std::string_view pattern;
    http::verb method = http::verb::unknown;
    access who = access::open;
    rate_class rate = rate_class::unlimited;
    bool is_verify = false;
};

json::object content(std::string_view schema)
{
    json::object media;
    json::object all;
    if (schema.find('/') != std::string_view::npos) {
        media["schema"] = json::object{{"type", "string"}};
        while (!schema.empty()) {
            const std::size_t end = std::min(schema.find(','), schema.size());
            all[view(schema.substr(0, end))] = media;
            schema.remove_prefix(std::min(end + 1, schema.size()));
        }
        return all;
    }
    if (!is_schema(schema)) throw std::logic_error{"no schema is called " + std::string{schema}};
    media["schema"] = reference("schemas", schema);
    all["application/json"] = std::move(media);
    return all;
}

json::object verify_headers(unsigned status)
{
    json::object all;
    for (const char* name : {"X-Latchkey-User-Id",
                             "X-Latchkey-Username",
                             "X-Latchkey-Key-Id",
                             "X-Latchkey-Scopes",
                             "X-Latchkey-Expires-At"})
        all[name] = reference("headers", "Identity");
    if (status != 200) all["X-Latchkey-Reason"] = reference("headers", "Reason");
    if (status == 401) all["WWW-Authenticate"] = reference("headers", "Challenge");
    if (status == 429 || status == 503) all["Retry-After"] = reference("headers", "RetryAfter");
    return all;
}

json::object own_response(const operation& what, const placement& at, const operation_reply& reply)
{
    json::object headers;
    if (at.is_verify) headers = verify_headers(reply.status);
    headers["X-Coder-Request-Id"] = reference("headers", "RequestId");
    const bool is_success = reply.status < 300;
    if (is_success && what.tells_revision) headers["X-Latchkey-Revision"] = reference("headers", "Revision");
    if (is_success && at.rate != rate_class::unlimited) {
        for (const char* name : {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"})
            headers[name] = reference("headers", "RateLimit");
    }
    if (what.has_etag && reply.status < 400) headers["ETag"] = reference("headers", "Etag");

    json::object made;
    made["description"] = text_of(reply.meaning);
    made["headers"] = std::move(headers);
    if (!reply.schema.empty()) made["content"] = content(reply.schema);
    return made;
}

// The answer to `status` that the middleware gives on this route, if any: a name of the components'
// responses.
std::string_view derived_response(unsigned status, const operation& what, const placement& at)
{
    const bool is_api = at.pattern.starts_with("/api");
    switch (status) {
    case 400: return is_api && changes(at.method) ? "BadChange" : "BadRequest";
    case 401: return at.who == access::principal ? "Unauthenticated" : "";
    case 404: return at.pattern.find('{') != std::string_view::npos ? "NotFound" : "";
    case 413: return what.body.empty() ? "" : "TooLarge";
    case 428: return at.rate == rate_class::unlimited ? "" : "NoBypass";
    case 429: return at.rate == rate_class::unlimited ? "" : "RateLimited";
    case 500: return "Internal";
    case 503: return at.who == access::principal || what.may_lack_store ? "Unavailable" : "";
    default: return "";
    }
}

json::object responses(const operation& what, const placement& at)
{
    json::object all;
    for (unsigned status = 200; status < 600; ++status) {
        const auto* const own = std::ranges::find(what.replies, status, &operation_reply::status);
        const std::string name = std::to_string(status);
        if (at.pattern == "/verify" && status == 400) continue; // about what is behind it
        if (own != std::ranges::end(what.replies)) {
            all[name] = own_response(what, at, *own);
            continue;
        }
        const bool is_derived = !at.is_verify || status == 500;
        const std::string_view derived = is_derived ? derived_response(status, what, at) : "";
        if (!derived.empty()) all[name] = reference("responses", derived);
    }
    return all;
}

json::array parameters(const operation& what, const placement& at)
{
    json::array all;
    for (std::string_view rest = at.pattern; rest.find('{') != std::string_view::npos;) {
        rest.remove_prefix(rest.find('{') + 1);
        all.push_back(reference("parameters", rest.substr(0, rest.find('}'))));
    }
    for (const query_parameter& one : what.query) {
        if (one.name.empty()) break;
        json::object made;
        made["name"] = text_of(one.name);
        made["in"] = "query";
        made["description"] = text_of(one.meaning);
        made["schema"] = json::parse(view(one.schema));
        all.push_back(std::move(made));
    }
    if (at.is_verify || what.tag == tags::verification)
        all.push_back(reference("parameters", "LeastRevision"));
    if (what.has_etag) all.push_back(reference("parameters", "IfNoneMatch"));
    return all;
}

json::array security(const placement& at)
{
    json::array all;
    if (at.who == access::open && !at.is_verify) return all; // none is asked for
    if (at.is_verify) all.push_back(json::object{});
    for (const char* name :
         {"bearer", "sessionHeader", "sessionCookie", "sessionQuery", "accessTokenQuery"}) {
        json::object one;
        one[name] = json::array{};
        all.push_back(std::move(one));
    }
    return all;
}

json::object request_body(const operation& what)
{
    if (!is_schema(what.body)) throw std::logic_error{"no schema is called " + std::string{what.body}};
    json::object media;
    media["schema"] = reference("schemas", what.body);
    json::object kinds;
    kinds[what.coding == request_coding::form ? "application/x-www-form-urlencoded" : "application/json"] =
        std::move(media);
    json::object made;
    made["required"] = true;
    made["content"] = std::move(kinds);
    return made;
}

json::object described_operation(const operation& what, const placement& at, std::string_view id)
{
    json::object made;
    made["operationId"] = text_of(id);
    made["tags"] = json::array{text_of(what.tag)};
    made["summary"] = text_of(what.summary);
    if (!what.details.empty()) made["description"] = text_of(what.details);
    made["security"] = security(at);
    if (auto all = parameters(what, at); !all.empty()) made["parameters"] = std::move(all);
    if (!what.body.empty()) made["requestBody"] = request_body(what);
    made["responses"] = responses(what, at);
    return made;
}

json::object& path_of(json::object& paths, std::string_view pattern)
{
    if (!paths.contains(view(pattern))) paths[view(pattern)] = json::object{};
    return paths[view(pattern)].as_object();
}

void add_verify(json::object& paths)
{
    for (const described::verify_operation& one : described::verify_operations()) {
        for (const std::string_view pattern : {"/verify", "/verify/{path}"}) {
            const std::string_view id = pattern == "/verify" ? one.id : one.below_id;
            const placement at{.pattern = pattern, .is_verify = true};
            path_of(paths, pattern)[view(one.method)] = described_operation(described::verify, at, id);
        }
    }
}

json::object document()
{
    json::object paths;
    for (const route& row : all_routes()) {
        const placement at{.pattern = row.pattern, .method = row.method, .who = row.who, .rate = row.rate};
        const auto method = http::to_string(row.method);
        path_of(paths, row.pattern)[lower_case({method.data(), method.size()})] =
            described_operation(*row.what, at, row.what->id);
    }
    add_verify(paths);

    json::array groups;
    for (const operation_tag& one : operation_tags)
        groups.push_back(json::object{{"name", text_of(one.name)}, {"description", text_of(one.meaning)}});

    json::object whole;
    whole["openapi"] = "3.1.0";
    whole["info"] = json::object{{"title", "Latchkey"},
                                 {"version", LATCHKEY_VERSION},
                                 {"summary", "API tokens: issue, list, expire, revoke, verify"},
                                 {"description", text_of(introduction)}};
    whole["servers"] = json::array{json::object{{"url", "/"}}};
    whole["tags"] = std::move(groups);
    whole["paths"] = std::move(paths);
    whole["components"] = described::components();
    return whole;
}

} // namespace

const api_document& described_api()
{
    static const api_document made = [] {
        api_document all;
        all.text = go_json(document());
        all.etag = "\"" + to_hex(sha256(all.text)) + "\"";
        return all;
    }();
    return made;
}

} // namespace latchkey
