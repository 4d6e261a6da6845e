// Everything the server answers, as one constexpr table on one screen (router.cpp). A row says all that
// differs per route; a row that states no access rule, or is not described, does not compile.
#pragma once

#include "server/api_description/operation.hpp"
#include "server/request.hpp"

#include <boost/beast/http/verb.hpp>

#include <span>
#include <string>
#include <string_view>

namespace latchkey {

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
    // Segments; {user} is resolved by the middleware; {keyid}, {keyname} and {asset} go to context.key.
    std::string_view pattern;
    access who;
    rate_class rate;
    const operation* what; // its handler, and what openapi.json says of it; never null

    consteval route(
        http::verb verb, std::string_view path, access rule, rate_class limit, const operation& described)
        : method{verb},
          pattern{path},
          who{rule},
          rate{limit},
          what{&described}
    {}
};

std::span<const route> all_routes() noexcept;

struct route_match {
    enum class outcome { found, no_such_path, wrong_method };
    outcome what = outcome::no_such_path;
    const route* row = nullptr;
    std::string_view user; // raw segment of {user}
    std::string_view key;  // raw segment of {keyid}, {keyname} or {asset}
};

// `path`: normalised, runs of slashes collapsed. Static segments beat parameters. HEAD is served by GET's
// row.
route_match match_route(http::verb method, std::string_view path) noexcept;

// For the Allow line of a 405: "GET, HEAD, POST". Empty where no route has this path.
std::string allowed_methods(std::string_view path);

} // namespace latchkey
