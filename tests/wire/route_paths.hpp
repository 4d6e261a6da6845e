// A row of the server's own table of routes as a request, so that a test can ask for each of them.
#pragma once

#include "server/router.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace latchkey::test {

// The row's path, about this user, key and name as far as it is about any.
inline std::string path_of(const route& row,
                           std::string_view user,
                           std::string_view id = "AAAAAAAAAA",
                           std::string_view name = "some-name")
{
    std::string path{row.pattern};
    for (const auto& [segment, value] :
         {std::pair{"{user}", user}, std::pair{"{keyid}", id}, std::pair{"{keyname}", name}}) {
        const auto at = path.find(segment);
        if (at != std::string::npos) path.replace(at, std::string_view{segment}.size(), value);
    }
    return path;
}

inline std::string method_of(const route& row)
{
    return std::string{http::to_string(row.method)};
}

} // namespace latchkey::test
