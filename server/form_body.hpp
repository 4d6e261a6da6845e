// Bodies of application/x-www-form-urlencoded, as the OAuth 2.0 endpoints take them. Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace latchkey {

// The decoded value of the one parameter of that name. Nothing when it is missing, sent without a value
// (which is the same), sent more than once, or badly encoded: all of these are an invalid_request (RFC 6749
// 3.2, 5.2).
[[nodiscard]] std::optional<std::string> form_parameter(std::string_view body, std::string_view name);

} // namespace latchkey
