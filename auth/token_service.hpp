// What is done with a token by somebody who holds it: introspection for another service (RFC 7662), and
// revocation by possession (RFC 7009). Deciding and recording are one call, as in key_service. One object
// serves all shards.
#pragma once

#include "auth/decision.hpp"
#include "auth/verifier.hpp"

#include <optional>
#include <string>

namespace latchkey {

class token_service {
public:
    token_service(store& records, decision_log& decisions, verifier& tokens, const clock& now) noexcept
        : store_{records},
          decisions_{decisions},
          tokens_{tokens},
          clock_{now}
    {}

    // The live key behind `token`; nothing when it is not live, or not for this caller to know about, which
    // he cannot tell apart. 403 when he could not even read keys of his own. Not a use of the token: who
    // looks at it is not who it was given to. `least` as in verifier::verify.
    task<outcome<std::optional<key_with_owner>>>
    introspect(principal caller, std::string token, revision least, request_origin from);

    // Expires the key as `PUT .../expire` does, in the name of its owner: to hold the token is the right to
    // end it, whatever its scopes, also while its owner is suspended. A token that proves nothing (unknown,
    // wrong secret, malformed) or is dead already succeeds without an entry, and with a revision as well, so
    // that the answer tells nobody which it was. Afterwards no shard accepts it.
    task<outcome<revision>> revoke(std::string token, request_origin from);

private:
    revision present() const noexcept;
    task<outcome<revision>> expire_proven(key_record key, request_origin from);

    store& store_;
    decision_log& decisions_;
    verifier& tokens_;
    const clock& clock_;
};

} // namespace latchkey
