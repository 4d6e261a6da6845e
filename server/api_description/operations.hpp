// Every operation there is, by the name of its handler. To add a route: declare its operation here, describe
// it in one of the *_operations.cpp beside this file, and name it in the route's row (router.cpp).
#pragma once

#include "server/api_description/operation.hpp"

#include <span>

namespace latchkey::described {

// server_operations.cpp
extern const operation health;
extern const operation ready;
extern const operation show_metrics;
extern const operation latency_check;
extern const operation api_root;
extern const operation api_description;
extern const operation build_info;
extern const operation entitlements;
extern const operation search_audit;

// page_operations.cpp
extern const operation show_page;
extern const operation show_asset;
extern const operation show_view;
extern const operation show_session;
extern const operation show_activity;
extern const operation verify_audit_chain;

// verification_operations.cpp
extern const operation list_scopes;
extern const operation check_authorisation;
extern const operation verify_batch;
extern const operation introspect;
extern const operation revoke;

// ANY /verify and ANY /verify/..., which are no rows of the table: one operation for each method, since the
// document asks for ids that are unique. verify_endpoint.cpp answers them.
struct verify_operation {
    std::string_view method;   // in lower case
    std::string_view id;       // of /verify
    std::string_view below_id; // of /verify/{path}
};
std::span<const verify_operation> verify_operations() noexcept;
extern const operation verify; // what all of them share

// session_operations.cpp
extern const operation has_first_user;
extern const operation create_first_user;
extern const operation login;
extern const operation logout;
extern const operation validate_password;
extern const operation authentication_methods;

// user_operations.cpp
extern const operation list_users;
extern const operation create_user;
extern const operation get_user;
extern const operation delete_user;
extern const operation suspend_user;
extern const operation activate_user;
extern const operation get_roles;
extern const operation set_roles;
extern const operation set_password;

// key_operations.cpp
extern const operation create_session_key;
extern const operation get_key;
extern const operation delete_key;
extern const operation expire_key;
extern const operation create_token;
extern const operation list_tokens;
extern const operation token_config;
extern const operation get_token_by_name;

} // namespace latchkey::described
