// Reading the audit trail (contract 7.2), and having its chain checked. One object serves all shards.
#pragma once

#include "auth/decision.hpp"
#include "storage/audit_log.hpp"
#include "storage/audit_verify.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace latchkey {

class audit_chain_check;

struct audit_search_request {
    std::string query; // the text of `q`
    std::optional<uuid> after_id;
    std::size_t limit = 0; // 0: 100
    std::size_t offset = 0;
};

class audit_service {
public:
    // Without `chain` the log is in no file: it cannot be checked.
    explicit audit_service(decision_log& decisions, audit_chain_check* chain = nullptr) noexcept
        : decisions_{decisions},
          chain_{chain}
    {}

    // Needs audit_log read: owner or auditor. 400 `Invalid audit search query.` with validations.
    task<outcome<audit_page>> search(principal caller, audit_search_request asked, request_origin from);

    // The same right. 409 while a check runs.
    task<outcome<audit_verdict>> verify_chain(principal caller, request_origin from);

    // That right alone, for what is shown to the same people. A refusal is recorded.
    task<outcome<void>> permit_reading(principal caller, request_origin from);

private:
    decision_log& decisions_;
    audit_chain_check* chain_;
};

} // namespace latchkey
