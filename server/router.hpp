// Everything the server answers, as one constexpr table on one screen (router.cpp). A row says all that
// differs per route; a row that states no access rule, or is not described, does not compile.
#pragma once

#include "server/api_description/operation.hpp"
#include "server/request.hpp"

#include <boost/beast/http/verb.hpp>

#include <algorithm>
#include <cstddef>
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

enum class audience {
    clients,   // of the doors, --listen alone
    everybody, // both
    operators, // --admin-listen alone, if there is one
};

// Where a request stands: what exists is a matter of the door, too.
struct entrance {
    door through = door::clients;
    bool has_admin_door = false; // there is a door::operators
};

struct route {
    http::verb method;
    // Segments; {user} is resolved by the middleware; {keyid}, {keyname} and {asset} go to context.key.
    std::string_view pattern;
    access who;
    rate_class rate;
    const operation* what; // its handler, and what openapi.json says of it; never null
    audience whose;
    std::ptrdiff_t segments; // of the pattern; a path of another number does not fit

    consteval route(http::verb verb,
                    std::string_view path,
                    access rule,
                    rate_class limit,
                    const operation& described,
                    audience served = audience::clients)
        : method{verb},
          pattern{path},
          who{rule},
          rate{limit},
          what{&described},
          whose{served},
          segments{std::ranges::count(path, '/')}
    {}

    constexpr bool is_behind(const entrance& at) const noexcept
    {
        if (at.through == door::operators) return whose != audience::clients;
        return whose != audience::operators || !at.has_admin_door;
    }
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
route_match match_route(http::verb method, std::string_view path, const entrance& at = {}) noexcept;

// For the Allow line of a 405: "GET, HEAD, POST". Empty where no route has this path.
std::string allowed_methods(std::string_view path);

} // namespace latchkey
