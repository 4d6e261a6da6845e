// Where a request carries its token. One function, used by the API and by /verify alike (security.md 6),
// so that no way in has rules of its own. Called on shard threads; copies nothing unless a value is
// percent-encoded.
#pragma once

#include "auth/secret.hpp"
#include "server/request.hpp"
#include "server/services.hpp"

#include <string_view>

namespace latchkey {

class credential {
public:
    credential() = default;
    credential(credential_source source, std::string_view sent) noexcept : source_{source}, sent_{sent} {}
    credential(credential_source source, secret_text decoded) noexcept
        : source_{source},
          decoded_{std::move(decoded)}
    {}

    credential_source source() const noexcept { return source_; }
    explicit operator bool() const noexcept { return source_ != credential_source::none; }

    // As it is in the head, without anything decoded.
    bool is_as_sent() const noexcept { return decoded_.empty(); }

    // Never empty where there is a source. Valid while this and the request's buffer live.
    std::string_view token() const noexcept { return decoded_.empty() ? sent_ : decoded_.expose(); }

private:
    credential_source source_ = credential_source::none;
    std::string_view sent_;
    secret_text decoded_;
};

// The first that is not empty wins; there is no falling back to a later one when it proves bad.
[[nodiscard]] credential find_credential(const request& asked, const cookie_settings& cookies);

// The session cookie's value, empty when it is not there. With --host-prefix-cookie only the __Host- name
// counts: the other could have been planted by a neighbouring host.
[[nodiscard]] std::string_view session_cookie(const request& asked, const cookie_settings& cookies) noexcept;

// The first cookie of that name, without quotes around it (RFC 6265 5.4); empty when it is not there.
[[nodiscard]] std::string_view cookie_value(std::string_view cookie_header, std::string_view name) noexcept;

// The token behind "Bearer" in any letter case, trimmed; empty for other schemes.
[[nodiscard]] std::string_view bearer_token(std::string_view authorization) noexcept;

} // namespace latchkey
