// Reading the audit trail (contract 7.2). One object serves all shards.
#pragma once

#include "auth/decision.hpp"
#include "storage/audit_log.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace latchkey {

struct audit_search_request {
    std::string query; // the text of `q`
    std::optional<uuid> after_id;
    std::size_t limit = 0; // 0: 100
    std::size_t offset = 0;
};

class audit_service {
public:
    explicit audit_service(decision_log& decisions) noexcept : decisions_{decisions} {}

    // Needs audit_log read: owner or auditor. 400 `Invalid audit search query.` with validations.
    task<outcome<audit_page>> search(principal caller, audit_search_request asked, request_origin from);

private:
    decision_log& decisions_;
};

} // namespace latchkey
