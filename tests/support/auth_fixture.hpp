// The rules layer as the server wires it, over a memory store, a clock that stands still and an audit log
// that can be read.
#pragma once

#include "auth/audit_service.hpp"
#include "auth/key_minting.hpp"
#include "auth/token_service.hpp"
#include "auth/user_service.hpp"
#include "auth/verifier.hpp"
#include "storage/memory_store.hpp"
#include "storage/worker_pool.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/faulty_store.hpp"
#include "tests/support/recording_audit.hpp"
#include "tests/support/result_text.hpp"
#include "tests/support/run_task.hpp"

namespace latchkey::test {

inline const std::string good_password = "correct-Horse-battery-7";
inline const std::string other_password = "Another-Staple-battery-9";

// As run_task, also for what has no empty state.
template <class T>
task<std::optional<T>> boxed(task<T> work)
{
    T value = co_await std::move(work);
    co_return std::optional<T>{std::move(value)};
}

template <class T>
T finish(task<T> work)
{
    std::optional<T> value = run_task(boxed(std::move(work)));
    return std::move(*value);
}

// What an outcome came to, as the status of HTTP: 0 for yes.
template <class T>
unsigned status_of(const outcome<T>& answer)
{
    return answer ? 0 : answer.error().status;
}

struct auth_settings {
    lifetime_settings lifetimes = {};
    login_settings logins = {};
    session_settings sessions = {};
    std::size_t waiting_hashes = 16;
};

class auth_fixture {
public:
    explicit auth_fixture(auth_settings settings = {});

    // Straight into the store, without an entry. Name and address follow from `username`.
    user add(std::string username, role_set roles = {});

    // With good_password.
    user add_with_password(std::string username, role_set roles = {});

    // A key straight into the store, and what it proves.
    std::string token_of(const user& owner, key_rights rights, login_type login = login_type::password);
    principal sign_in(const user& owner, key_rights rights = unrestricted_rights());
    principal sign_in_with_token(const user& owner, std::string_view scope);

    verdict verify(std::string_view token) { return tokens.verify(token).what; }
    outcome<principal> authenticate(std::string token);
    outcome<secret_text> create_token(const principal& caller, const user& target, token_request asked = {});

    // The key behind a printed token.
    key_listing stored(std::string_view token);

    fake_clock now;
    memory_store memory{now, std::chrono::hours{168}};
    faulty_store records{memory};
    recording_audit audit;
    decision_log decisions{audit, now};
    pepper_set peppers;
    worker_pool pool;
    password_hasher hasher{pool};
    key_service keys;
    user_service users;
    audit_service audits{decisions};
    verifier tokens;
    token_service held_tokens{records, decisions, tokens, now};
    request_origin from;
};

inline secret_text secret(std::string text)
{
    return secret_text{std::move(text)};
}

} // namespace latchkey::test
