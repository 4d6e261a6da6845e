// Cross-site request forgery: a browser sends cookies along by itself, so a changing request that is proven
// by the cookie alone must also show that the page behind it could read something of ours (contract 3.9).
// Pure functions, any thread.
//
// The value of X-CSRF-TOKEN and of the cookie csrf_token is HMAC-SHA-256 under the session token, in hex.
// That is double submission bound to the session: nothing is stored, and a cookie planted by a neighbouring
// host gains nothing, since whoever computes the value must know the session token already.
#pragma once

#include "server/request.hpp"
#include "server/response.hpp"
#include "server/services.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace latchkey {

// Nothing when the request may go on; else the text of the 400 (text/plain), with its newline. `path` is
// normalised.
[[nodiscard]] std::optional<std::string_view>
csrf_fault(const request& asked, std::string_view path, const cookie_settings& cookies);

[[nodiscard]] std::string csrf_token(std::string_view session_token);

// Adds the Set-Cookie line that goes with this session: at login, and wherever the session cookie came
// without it.
void add_csrf_cookie(response& answer, std::string_view session_token, const cookie_settings& cookies);

} // namespace latchkey
