// Everything the server answers, as one constexpr table on one screen (router.cpp). A row says all that
// differs per route; a row that states no access rule, or is not described, does not compile.
#pragma once

#include "server/api_description/operation.hpp"
#include "server/request.hpp"

#include <boost/beast/http/verb.hpp>

#include <algorithm>
#include <array>
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

// What stands between the slashes of a path, taken apart once to be compared with every route.
class path_segments {
public:
    static constexpr std::size_t most = 8; // of a route; a path of more is none's

    // `path` starts with a slash, or is none's.
    constexpr explicit path_segments(std::string_view path) noexcept
    {
        while (path.starts_with('/') && size_ <= most) {
            path.remove_prefix(1);
            const std::size_t end = std::min(path.find('/'), path.size());
            if (size_ < most) texts_[size_] = path.substr(0, end);
            ++size_;
            path.remove_prefix(end);
        }
    }

    constexpr std::size_t size() const noexcept { return size_; } // more than `most`: not all are here
    constexpr std::string_view operator[](std::size_t at) const noexcept { return texts_[at]; }

private:
    std::array<std::string_view, most> texts_;
    std::size_t size_ = 0;
};

struct route {
    http::verb method;
    // {user} is resolved by the middleware; {keyid}, {keyname} and {asset} go to context.key.
    std::string_view pattern;
    access who;
    rate_class rate;
    const operation* what; // its handler, and what openapi.json says of it; never null
    audience whose;
    path_segments segments; // of the pattern

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
          segments{path}
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
