// A refusal is a value: what a caller is told when the answer is no. All of them are made by the functions
// below, in one file, with the contract's exact words; server/error_response gives them their bytes.
// Nothing here may depend on secrets, and no text repeats what the caller sent except names that are his.
#pragma once

#include "storage/error.hpp"

#include <boost/system/result.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

struct field_fault {
    std::string field;
    std::string detail;
};

struct refusal {
    // No aggregate: C++20 would make one out of anything that a status can be, and outcome<bool> with it.
    refusal() = default;

    unsigned status = 500; // of HTTP; also what the audit trail records
    std::string message;
    std::string detail;                   // left out when empty
    std::vector<field_fault> validations; // left out when empty
    std::chrono::seconds retry_after{0};  // sent as Retry-After when not zero
    bool carries_challenge = false; // a 401 or 403 about the credential: WWW-Authenticate (contract 3.4)
    error_code cause;               // what failed behind a 503 or 429: for the server's log, never sent
};

inline constexpr unsigned first_refusing_status = 400; // of HTTP

// For every way to expire a key (contract 1.8).
inline constexpr std::string_view cannot_expire_key = "Internal error expiring API key.";

// The value, or why not.
template <class T>
using outcome = boost::system::result<T, refusal>;

// boost::system::result asks for it; value() on a refusal is a bug.
[[noreturn]] void throw_exception_from_error(const refusal& why, const boost::source_location& where);

namespace refusals {

refusal not_found();                                               // 404 generic (4.2)
refusal forbidden();                                               // 403 generic (4.2)
refusal denied(std::string message, std::string detail = {});      // 403 with words of its own
refusal unauthenticated(std::string detail);                       // 401 of 3.4, with challenge
refusal inactive_account();                                        // 401 of 3.5, with challenge
refusal login_refused(std::string message);                        // 401 of 8.2: no credential was presented
refusal bad_request(std::string message, std::string detail = {}); // 400
refusal conflict(std::string message);                             // 409
refusal invalid_field(std::string message, std::string field, std::string detail); // 400 with one validation
refusal internal(std::string message, std::string detail);                         // 500

// 503 with Retry-After: the store or the audit log cannot be asked, or keep what it is told. `message` is
// the route's own ("Internal error fetching API key."); why in particular stays in the server's log.
refusal unavailable(std::string message = "Latchkey cannot reach its storage. Please try again.");
refusal overloaded(); // 429 with Retry-After: a bounded queue is full

// unavailable, overloaded or not_found, as the error says; any other outcome is the caller's to map first.
refusal from_error(error_code ec, std::string message);

} // namespace refusals
} // namespace latchkey
