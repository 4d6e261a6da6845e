// Everything the server answers, as one constexpr table on one screen (router.cpp). A row says all that
// differs per route; a row that states no access rule does not compile.
#pragma once

#include "server/request_context.hpp"
#include "server/response.hpp"
#include "storage/task.hpp"

#include <boost/beast/http/verb.hpp>

#include <span>
#include <string>
#include <string_view>

namespace latchkey {

// Awaited to its end by the caller of a `route_handler`, who owns the context: hence the reference.
using route_handler = task<response> (*)(request_context& context);

enum class access {
    open,      // no credential looked at, or looked at only if there is one
    principal, // a proven caller, else 401
};

enum class rate_class {
    unlimited, // verification, health: never counted
    api,       // --api-rate-limit per minute, caller and path
    login,     // 60 per minute: passwords are guessed here
    guess,     // --guess-limit, of bad tokens only (guess_limit.hpp); no route's own
};

struct route {
    http::verb method;
    std::string_view
        pattern; // segments; {user} is resolved by the middleware, {keyid} and {keyname} go to context.key
    access who;
    rate_class rate;
    route_handler run;

    consteval route(
        http::verb verb, std::string_view path, access rule, rate_class limit, route_handler handle)
        : method{verb},
          pattern{path},
          who{rule},
          rate{limit},
          run{handle}
    {}
};

std::span<const route> all_routes() noexcept;

struct route_match {
    enum class outcome { found, no_such_path, wrong_method };
    outcome what = outcome::no_such_path;
    const route* row = nullptr;
    std::string_view user; // raw segment of {user}
    std::string_view key;  // raw segment of {keyid} or {keyname}
};

// `path`: normalised, runs of slashes collapsed. Static segments beat parameters. HEAD is served by GET's
// row.
route_match match_route(http::verb method, std::string_view path) noexcept;

// For the Allow line of a 405: "GET, HEAD, POST". Empty where no route has this path.
std::string allowed_methods(std::string_view path);

} // namespace latchkey
