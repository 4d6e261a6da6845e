// The map from refusals to bytes: body shape and headers of contract 3.4 and 4.
#pragma once

#include "auth/refusal.hpp"
#include "server/response.hpp"
#include "server/services.hpp"

namespace latchkey {

// {"message":…,"detail":…,"validations":…}, WWW-Authenticate and Retry-After where the refusal asks for them.
response error_response(const refusal& why, const web_settings& web);

// The value of WWW-Authenticate for a refused credential (contract 3.4).
std::string challenge(const refusal& why, const web_settings& web);

} // namespace latchkey
