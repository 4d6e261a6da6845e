// The answers of handlers that all went well, in the shapes of contract 4.1. Any thread.
#pragma once

#include "server/response.hpp"

#include <string>
#include <string_view>

namespace latchkey {

// `json` without the newline behind; it is added here.
response json_response(unsigned status, std::string json);

// {"message":"..."}
response message_response(unsigned status, std::string_view message);

// {"<name>":"<text>"}
response text_field_response(unsigned status, std::string_view name, std::string_view text);

// 204.
response no_content_response();

} // namespace latchkey
