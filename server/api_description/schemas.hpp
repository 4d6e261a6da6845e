// The named schemas of the API's bodies, as JSON text (JSON Schema 2020-12, the dialect of OpenAPI 3.1).
// Constant.
#pragma once

#include <span>
#include <string_view>

namespace latchkey::described {

struct named_schema {
    std::string_view name;
    std::string_view text;
};

std::span<const named_schema> request_schemas() noexcept; // request_schemas.cpp
std::span<const named_schema> reply_schemas() noexcept;   // reply_schemas.cpp
std::span<const named_schema> record_schemas() noexcept;  // record_schemas.cpp: what replies are made of

} // namespace latchkey::described
