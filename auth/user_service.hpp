// Users and their sessions (contract section 8). Passwords are hashed on a bounded pool, never on a shard.
// Each operation decides and records in one call. One object serves all shards.
#pragma once

#include "auth/decision.hpp"
#include "auth/key_service.hpp"
#include "auth/password_hasher.hpp"
#include "auth/principal.hpp"
#include "auth/refusal.hpp"
#include "auth/secret.hpp"
#include "storage/store.hpp"

#include <optional>
#include <string>
#include <vector>

namespace latchkey {

struct new_user {
    std::string email;
    std::string username;
    std::string name;
    secret_text password;
    std::string login_type;  // as sent; empty: password
    std::string user_status; // as sent
    bool service_account = false;
    std::vector<std::string> roles;
};

struct login_settings {
    bool password_login = true; // --disable-password-auth turns it off
};

struct user_list_request {
    std::string query; // the text of `q` (contract 8.4)
    std::optional<uuid> after;
    std::size_t limit = 0; // 0: all
    std::size_t offset = 0;
};

struct user_list {
    std::vector<user> users;
    std::size_t count = 0; // matches before paging
};

class user_service {
public:
    user_service(store& records,
                 decision_log& decisions,
                 password_hasher& hasher,
                 const pepper_set& peppers,
                 const clock& now,
                 lifetime_settings lifetimes,
                 login_settings logins);

    // The built-in system user, inserted at start if it is not there (contract A18).
    task<result<void>> ensure_system_user();

    task<outcome<bool>> has_first_user();
    task<outcome<user>> create_first_user(new_user asked, request_origin from); // 8.1; becomes owner
    task<outcome<secret_text>> login(std::string email, secret_text password, request_origin from); // 8.2
    task<outcome<void>> logout(principal caller, request_origin from); // 1.10, 8.2

    // {user} of a path: "me", any UUID form, or a username (contract 3.7). 404 also when not readable.
    task<outcome<user>> resolve(principal caller, std::string text, request_origin from);

    task<outcome<user>> create(principal caller, new_user asked, request_origin from);
    task<outcome<user_list>> list(principal caller, user_list_request asked, request_origin from);
    task<outcome<user>> find(principal caller, user target, request_origin from);

    // When it was done, with or without the user as he is then.
    task<outcome<revision>> remove(principal caller, user target, request_origin from);
    task<outcome<revised<user>>> suspend(principal caller, user target, request_origin from);
    task<outcome<revised<user>>> activate(principal caller, user target, request_origin from);
    task<outcome<revised<user>>>
    set_roles(principal caller, user target, std::vector<std::string> roles, request_origin from);
    task<outcome<revision>> set_password(
        principal caller, user target, secret_text old_password, secret_text password, request_origin from);

private:
    // What `asked` describes, all but the password; or the first of its faults (contract 8.4).
    outcome<user> drafted(const new_user& asked) const;

    // Does another user have the name or the address?
    task<outcome<bool>> is_known(std::string username, std::string email);

    // Decides, records and applies `wanted_change`. `cannot`: the message when the store fails.
    task<outcome<revised<user>>> change(principal caller,
                                        action wanted,
                                        object what,
                                        user target,
                                        user_change wanted_change,
                                        refusal otherwise,
                                        std::string cannot,
                                        request_origin from);

    task<outcome<revised<user>>>
    set_status(principal caller, user target, user_status status, request_origin from);

    // Checks of set_password beyond rights, in the order of contract 8.4; nothing when it may go on.
    task<std::optional<refusal>>
    password_obstacle(principal caller, user target, secret_text old_password, secret_text password);

    // The user behind an address and a password; contract 8.2 in its order.
    task<outcome<user>> proven_user(std::string email, secret_text password, request_origin from);

    task<outcome<secret_text>> start_session(user account, request_origin from);

    // Whether the proof of `account` was overtaken; nothing when the new session may be used.
    task<std::optional<refusal>> login_obstacle(user account);

    // Deletes the presented key, then what hangs on it (contract 1.10).
    task<result<void>> end_session(key_record presented);

    store& store_;
    decision_log& decisions_;
    password_hasher& hasher_;
    const pepper_set& peppers_;
    const clock& clock_;
    lifetime_settings lifetimes_;
    login_settings logins_;
};

} // namespace latchkey
