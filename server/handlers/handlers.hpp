// The handlers, a file per resource: parse, call, shape. Contract section beside each.
#pragma once

#include "server/request_context.hpp"
#include "server/response.hpp"
#include "storage/task.hpp"

namespace latchkey::handlers {

// keys.cpp (contract 1)
task<response> create_session_key(request_context& context);
task<response> get_key(request_context& context);
task<response> delete_key(request_context& context);
task<response> expire_key(request_context& context);

// tokens.cpp (contract 1)
task<response> create_token(request_context& context);
task<response> list_tokens(request_context& context);
task<response> token_config(request_context& context);
task<response> get_token_by_name(request_context& context);

// verify_batch.cpp
task<response> verify_batch(request_context& context);

// oauth2.cpp (RFC 7662, RFC 7009)
task<response> introspect(request_context& context);
task<response> revoke(request_context& context);

// sessions.cpp (contract 8.1, 8.2)
task<response> has_first_user(request_context& context);
task<response> create_first_user(request_context& context);
task<response> login(request_context& context);
task<response> logout(request_context& context);
task<response> validate_password(request_context& context);
task<response> authentication_methods(request_context& context);

// users.cpp (contract 8.4)
task<response> list_users(request_context& context);
task<response> create_user(request_context& context);
task<response> get_user(request_context& context);
task<response> delete_user(request_context& context);
task<response> suspend_user(request_context& context);
task<response> activate_user(request_context& context);
task<response> get_roles(request_context& context);
task<response> set_roles(request_context& context);
task<response> set_password(request_context& context);

// audit.cpp (contract 7.2)
task<response> search_audit(request_context& context);

// audit_chain.cpp
task<response> verify_audit_chain(request_context& context);

// web_page.cpp
task<response> show_page(request_context& context);
task<response> show_asset(request_context& context);
task<response> show_view(request_context& context);
task<response> show_session(request_context& context);
task<response> show_activity(request_context& context);

// metrics.cpp
task<response> show_metrics(request_context& context);

// api_description.cpp
task<response> api_description(request_context& context);

// server_info.cpp (contract 5.4, 8.5)
task<response> health(request_context& context);
task<response> ready(request_context& context);
task<response> latency_check(request_context& context);
task<response> api_root(request_context& context);
task<response> build_info(request_context& context);
task<response> entitlements(request_context& context); // the Terraform provider asks for it (contract 9.3)
task<response> list_scopes(request_context& context);
task<response> check_authorisation(request_context& context);

} // namespace latchkey::handlers
