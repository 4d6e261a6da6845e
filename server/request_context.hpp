// One request on its way through middleware and handler.
#pragma once

#include "auth/principal.hpp"
#include "server/request.hpp"
#include "server/services.hpp"

#include <array>
#include <optional>
#include <string>

namespace latchkey {

struct shard_metrics;

struct request_context {
    const request& asked;
    services& use;
    shard_metrics& counts; // of the shard that answers
    request_origin origin;
    std::string client_address; // after trusted proxies (contract 3.9), what limits and the audit trail see

    std::optional<principal> caller; // set on every route whose access is not open; may be set on open ones
    std::optional<user> target;      // {user} of the path, resolved and readable by the caller
    std::string key;                 // {keyid} or {keyname} of the path, percent-decoded
};

} // namespace latchkey
