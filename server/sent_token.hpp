// Where a request carried its token, and which it is.
#pragma once

#include <cstdint>
#include <string_view>

namespace latchkey {

// In the order of precedence (contract 3.1).
enum class credential_source : std::uint8_t {
    none,
    cookie,             // coder_session_token
    session_query,      // ?coder_session_token=
    session_header,     // Coder-Session-Token
    bearer,             // Authorization: Bearer
    access_token_query, // ?access_token=
};

// A view into the head.
struct sent_token {
    credential_source source = credential_source::none;
    std::string_view text;

    explicit operator bool() const noexcept { return source != credential_source::none; }
};

} // namespace latchkey
