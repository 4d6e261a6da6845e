// A proven caller. Only the verifier can make one, from a token it has checked, so a function that takes
// a principal cannot be called without. Cheap to copy.
#pragma once

#include "auth/scope.hpp"
#include "storage/records.hpp"

#include <memory>

namespace latchkey {

class principal {
public:
    const user& account() const noexcept { return proof_->account; } // as it was when the token was checked
    const key_record& key() const noexcept { return proof_->key; }   // the key that proved it
    const permission_set& scope_permissions() const noexcept { return proof_->scope_permissions; }

    // Its key has every scope and every object: nothing to inherit (contract 1.3).
    bool is_unrestricted() const noexcept { return proof_->unrestricted; }

private:
    friend class verifier;

    struct proof {
        user account;
        key_record key;
        permission_set scope_permissions;
        bool unrestricted = false;
    };

    explicit principal(std::shared_ptr<const proof> proven) noexcept : proof_{std::move(proven)} {}

    std::shared_ptr<const proof> proof_;
};

// Where a request came from, for the audit trail.
struct request_origin {
    uuid request_id{};
    std::string address;
    std::string user_agent;
    std::string trace_id{}; // of the caller's trace (W3C Trace Context); empty: none
};

} // namespace latchkey
