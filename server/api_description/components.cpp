#include "server/api_description/components.hpp"

#include "server/api_description/schemas.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace latchkey::described {
namespace {

namespace json = boost::json;

// All JSON text below, by the kind of component.
constexpr named_schema parameters[] = {
    {"user", R"json({"name": "user", "in": "path", "required": true, "schema": {"type": "string"},
        "description": "`me`, a user's id or a username."})json"},
    {"keyid", R"json({"name": "keyid", "in": "path", "required": true, "schema": {"type": "string"},
        "description": "A key's id: the first ten characters of its token."})json"},
    {"keyname", R"json({"name": "keyname", "in": "path", "required": true, "schema": {"type": "string"},
        "description": "A token's name, exactly."})json"},
    {"asset", R"json({"name": "asset", "in": "path", "required": true, "schema": {"type": "string"},
        "description": "A file of the web page."})json"},
    {"LeastRevision", R"json({"name": "X-Latchkey-Min-Revision", "in": "header", "schema": {"type": "string"},
        "description": "The X-Latchkey-Revision of a change that the answer must know of."})json"},
    {"IfNoneMatch", R"json({"name": "If-None-Match", "in": "header", "schema": {"type": "string"}})json"},
    {"path", R"json({"name": "path", "in": "path", "required": true, "schema": {"type": "string"},
        "description": "Whatever the gateway's client asked for, slashes included."})json"},
};

constexpr named_schema headers[] = {
    {"RequestId", R"json({"required": true, "schema": {"type": "string", "format": "uuid"},
        "description": "Of this request, in logs and the audit trail as well."})json"},
    {"Revision", R"json({"schema": {"type": "string", "pattern": "^[0-9]+$"},
        "description": "Over a Redis: send it as X-Latchkey-Min-Revision to see this change on any server."})json"},
    {"Challenge",
     R"json({"required": true, "schema": {"type": "string", "pattern": "^Bearer "}, "description": "RFC 6750, 3."})json"},
    {"RetryAfter",
     R"json({"required": true, "schema": {"type": "string", "pattern": "^[0-9]+$"}, "description": "Seconds."})json"},
    {"RateLimit", R"json({"schema": {"type": "string", "pattern": "^[0-9]+$"}})json"},
    {"Etag", R"json({"required": true, "schema": {"type": "string", "pattern": "^\"[0-9a-f]+\"$"}})json"},
    {"Identity",
     R"json({"required": true, "schema": {"type": "string"}, "description": "Empty unless the token is good."})json"},
    {"Reason",
     R"json({"required": true, "schema": {"type": "string", "enum": ["no_token", "invalid_token", "invalid_request",
        "insufficient_scope", "bad_path", "rate_limited", "unavailable"]}})json"},
};

constexpr named_schema responses[] = {
    {"BadRequest", R"json({"description": "The request is malformed, or what it asks for is.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}})json"},
    {"BadChange",
     R"json({"description": "The request is malformed, or what it asks for is. Plain text: X-CSRF-TOKEN lacks.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}},
            "text/plain": {"schema": {"type": "string"}}}})json"},
    {"Unauthenticated", R"json({"description": "No credential, or none that is good; the detail says why.",
        "headers": {"WWW-Authenticate": {"$ref": "#/components/headers/Challenge"}},
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}})json"},
    {"NotFound", R"json({"description": "There is no such thing, or none that the caller may see.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}})json"},
    {"TooLarge", R"json({"description": "A body of more than 4 MiB.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}})json"},
    {"NoBypass", R"json({"description": "X-Coder-Bypass-Ratelimit is for owners.",
        "content": {"text/plain": {"schema": {"type": "string"}}}})json"},
    {"RateLimited", R"json({"description": "Too many requests.",
        "headers": {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}},
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}})json"},
    {"Internal", R"json({"description": "A fault of the server's.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}})json"},
    {"Unavailable",
     R"json({"description": "The store or the audit log cannot be asked, or cannot keep what it is told.",
        "headers": {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}},
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}})json"},
};

constexpr named_schema credentials[] = {
    {"bearer", R"json({"type": "http", "scheme": "bearer", "bearerFormat": "<id>-<secret>"})json"},
    {"sessionHeader", R"json({"type": "apiKey", "in": "header", "name": "Coder-Session-Token"})json"},
    {"sessionCookie", R"json({"type": "apiKey", "in": "cookie", "name": "coder_session_token",
        "description": "Changing requests also need the csrf_token cookie's value as X-CSRF-TOKEN."})json"},
    {"sessionQuery", R"json({"type": "apiKey", "in": "query", "name": "coder_session_token"})json"},
    {"accessTokenQuery", R"json({"type": "apiKey", "in": "query", "name": "access_token"})json"},
};

json::value parsed(const named_schema& one)
{
    json::error_code ec;
    json::value value = json::parse({one.text.data(), one.text.size()}, ec);
    if (ec) throw std::logic_error{std::string{one.name} + " is no JSON: " + ec.message()};
    return value;
}

void add(json::object& to, std::span<const named_schema> all)
{
    for (const named_schema& one : all) {
        if (!to.emplace(json::string_view{one.name.data(), one.name.size()}, parsed(one)).second)
            throw std::logic_error{std::string{one.name} + " is described twice"};
    }
}

json::object all_of(std::span<const named_schema> some)
{
    json::object object;
    add(object, some);
    return object;
}

} // namespace

json::object components()
{
    json::object schemas;
    add(schemas, request_schemas());
    add(schemas, reply_schemas());
    add(schemas, record_schemas());

    json::object all;
    all["schemas"] = std::move(schemas);
    all["parameters"] = all_of(parameters);
    all["headers"] = all_of(headers);
    all["responses"] = all_of(responses);
    all["securitySchemes"] = all_of(credentials);
    return all;
}

bool is_schema(std::string_view name) noexcept
{
    const auto has = [name](std::span<const named_schema> some) {
        return std::ranges::find(some, name, &named_schema::name) != some.end();
    };
    return has(request_schemas()) || has(reply_schemas()) || has(record_schemas());
}

json::object reference(std::string_view kind, std::string_view name)
{
    std::string where = "#/components/";
    where.append(kind).append("/").append(name);
    json::object made;
    made["$ref"] = where;
    return made;
}

} // namespace latchkey::described
