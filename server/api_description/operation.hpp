// What one route does: its handler, and what GET /api/v2/openapi.json says of it. Constant data; each row of
// router.cpp names its operation, so that a route without a description does not compile. What follows from
// the row itself (path parameters, credentials, limits and the answers that the middleware gives) is not
// repeated here: document.cpp adds it.
#pragma once

#include "server/response.hpp"
#include "storage/task.hpp"

#include <string_view>

namespace latchkey {

struct request_context;

// Awaited to its end by the caller of a `route_handler`, who owns the context: hence the reference.
using route_handler = task<response> (*)(request_context& context);

// Of the query. All of them are optional.
struct query_parameter {
    std::string_view name;
    std::string_view meaning;
    std::string_view schema; // JSON text
};

// `schema` of bodies that are no JSON: the media type itself, or several with a comma between.
inline constexpr std::string_view plain_text = "text/plain";
inline constexpr std::string_view metrics_text = "text/plain; version=0.0.4";

struct operation_reply {
    unsigned status = 0; // 0: the list ends here
    std::string_view meaning{};
    std::string_view schema{}; // a name of schemas.cpp, or a media type; empty: no body
};

enum class request_coding { json, form };

struct operation {
    route_handler run = nullptr; // null for /verify, which no row of the table has
    std::string_view id;         // unique; what generated clients call it
    std::string_view tag;
    std::string_view summary;
    std::string_view details{};
    query_parameter query[5]{};
    std::string_view body{}; // a name of schemas.cpp; empty: none is read
    request_coding coding = request_coding::json;
    bool may_lack_store = false;  // 503 though it asks for no credential
    bool has_etag = false;        // ETag and If-None-Match
    bool tells_revision = false;  // X-Latchkey-Revision (revision_header.hpp)
    operation_reply replies[7]{}; // the first is the success
};

// The groups that the document lists its operations in.
struct operation_tag {
    std::string_view name;
    std::string_view meaning;
};

namespace tags {
inline constexpr std::string_view verification = "verification";
inline constexpr std::string_view tokens = "tokens";
inline constexpr std::string_view keys = "keys";
inline constexpr std::string_view sessions = "sessions";
inline constexpr std::string_view users = "users";
inline constexpr std::string_view audit = "audit";
inline constexpr std::string_view server = "server";
inline constexpr std::string_view page = "page";
} // namespace tags

inline constexpr operation_tag operation_tags[] = {
    {tags::verification, "Is a token good, and what does it allow?"},
    {tags::tokens, "Named tokens, for scripts and services."},
    {tags::keys, "Single keys by their id: tokens and sessions."},
    {tags::sessions, "The first user, passwords, logging in and out."},
    {tags::users, "Users, their roles and their state."},
    {tags::audit, "Who did what."},
    {tags::server, "The server about itself."},
    {tags::page, "The web page, and what it asks for beside the rest of the API."},
};

} // namespace latchkey
