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
    task<outcome<void>> remove(principal caller, user target, request_origin from);
    task<outcome<user>> suspend(principal caller, user target, request_origin from);
    task<outcome<user>> activate(principal caller, user target, request_origin from);
    task<outcome<user>>
    set_roles(principal caller, user target, std::vector<std::string> roles, request_origin from);
    task<outcome<void>> set_password(
        principal caller, user target, secret_text old_password, secret_text password, request_origin from);

private:
    // implementation's
};

} // namespace latchkey
