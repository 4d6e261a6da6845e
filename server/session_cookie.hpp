// The cookie that carries a session's token to browsers (contract 8.2). Pure functions, any thread.
#pragma once

#include "server/response.hpp"
#include "server/services.hpp"

#include <string_view>

namespace latchkey {

// Set-Cookie lines: to keep `token` for a year, and to forget it.
void add_session_cookie(response& answer, std::string_view token, const cookie_settings& settings);
void clear_session_cookie(response& answer, const cookie_settings& settings);

} // namespace latchkey
