// The functions behind the rows of the command table, a file per group. Each runs on the process's only
// thread, writes its result to standard output, and throws command_failure when it cannot.
#pragma once

#include "server/cli/command_line.hpp"

namespace latchkey::cli {

ending log_in(const invocation& given);
ending log_out(const invocation& given);
ending show_caller(const invocation& given);

ending create_token(const invocation& given);
ending list_tokens(const invocation& given);
ending show_token(const invocation& given);
ending expire_tokens(const invocation& given);
ending delete_tokens(const invocation& given);

ending create_user(const invocation& given);
ending list_users(const invocation& given);
ending suspend_users(const invocation& given);
ending activate_users(const invocation& given);
ending delete_users(const invocation& given);
ending change_roles(const invocation& given);
ending change_password(const invocation& given);

ending verify_token(const invocation& given);
ending check_health(const invocation& given);

ending list_audit(const invocation& given);
ending follow_audit(const invocation& given);

ending export_records(const invocation& given);
ending import_records(const invocation& given);

ending print_completion(const invocation& given);

} // namespace latchkey::cli
