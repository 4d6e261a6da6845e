#include "server/cli/commands.hpp"

#include <limits>

namespace latchkey::cli {
namespace {

constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();

// clang-format off
constexpr option_row of_server[] = {
    {"url", "URL", "http://, https:// or unix:/SOCKET of the server"},
    {"token-file", "FILE|-", "file with the token to act with; -: standard input"},
    {"ca-file", "FILE", "PEM of the authorities to trust for https, not the system's"},
    {"output", "table|json", "json is for scripts [table]"},
};

constexpr option_row of_login[] = {
    {"email", "ADDRESS", "who logs in; asked for on a terminal"},
    {"username", "NAME", "of the first user; an address is taken as --email"},
    {"password-file", "FILE|-", "first line is the password; -: standard input"},
    {"first-user", "", "make the first user if the server has none"},
};
constexpr option_row of_create_token[] = {
    {"lifetime", "DURATION", "30d, 12h, 1w2d; the server's default without"},
    {"scope", "SCOPE", "what it may do, such as user:read", true},
    {"allow", "TYPE:ID", "what it may do it to", true},
    {"user", "USER", "whose it is to be [me]"},
};
constexpr option_row of_list_tokens[] = {
    {"all", "", "everybody's, as far as you may see them"},
    {"expired", "", "expired ones too"},
    {"user", "USER", "whose [me]"},
};
constexpr option_row of_tokens[] = {
    {"user", "USER", "whose [me]"},
};
constexpr option_row of_create_user[] = {
    {"email", "ADDRESS", "needed, but for a service account"},
    {"name", "TEXT", "the real name"},
    {"role", "ROLE", "owner, user-admin, template-admin or auditor", true},
    {"password-file", "FILE|-", "first line is the password; -: standard input"},
    {"service-account", "", "cannot log in, has no password"},
};
constexpr option_row of_roles[] = {
    {"none", "", "take all roles away"},
};
constexpr option_row of_password[] = {
    {"password-file", "FILE|-", "the new one; -: standard input"},
    {"old-password-file", "FILE", "your own one until now; asked for on a terminal"},
};
constexpr option_row of_verify[] = {
    {"scope", "SCOPE", "demand that it may do this", true},
    {"allow", "TYPE:ID", "demand that it may do it to this", true},
};
constexpr option_row of_list_audit[] = {
    {"query", "TEXT", "as the API takes it: action:create username:me"},
    {"limit", "N", "entries at most [25]"},
};
constexpr option_row of_follow_audit[] = {
    {"query", "TEXT", "as the API takes it: action:create username:me"},
    {"lines", "N", "begin with so many that are there [10]"},
    {"count", "N", "end after so many"},
};
constexpr option_row of_verify_audit[] = {
    {"from-middle", "", "older parts were archived elsewhere on purpose"},
};

constexpr option_row of_store[] = {
    {"store", "STORE", "which, as for `latchkey serve` [LATCHKEY_STORE]"},
    {"config", "FILE", "the configuration file of the server"},
    {"redis-tls-ca", "FILE", "PEM of the authorities of a rediss:// server"},
    {"redis-tls-certificate", "FILE", "PEM of a certificate to show to it"},
    {"redis-tls-key", "FILE", "PEM of that certificate's key"},
};
constexpr option_row of_import[] = {
    {"store", "STORE", "which, as for `latchkey serve` [LATCHKEY_STORE]"},
    {"config", "FILE", "the configuration file of the server"},
    {"pepper-file", "FILE", "plain tokens are hashed under its first line"},
    {"redis-tls-ca", "FILE", "PEM of the authorities of a rediss:// server"},
    {"redis-tls-certificate", "FILE", "PEM of a certificate to show to it"},
    {"redis-tls-key", "FILE", "PEM of that certificate's key"},
};

constexpr command_row table[] = {
    {"", "serve", "[FLAGS]", 0, any_number, "run the server", {}, false, nullptr},
    {"", "login", "[URL]", 0, 1, "sign in, with a password or --token-file", of_login, true, log_in},
    {"", "logout", "", 0, 0, "end the session here and on the server", {}, true, log_out},
    {"", "whoami", "", 0, 0, "who is signed in, and where", {}, true, show_caller},
    {"", "verify", "[-|FILE]", 0, 1, "is a token good? From standard input or FILE", of_verify, true, verify_token},
    {"", "health", "", 0, 0, "is the server ready? Ends with 0 or 1", {}, true, check_health},
    {"", "export", "[FILE|-]", 0, 1, "write a store's users and hashed keys to a file", of_store, false, export_records},
    {"", "import", "FILE|-", 1, 1, "take users and keys from a file into a store", of_import, false, import_records},
    {"", "completion", "bash|zsh", 1, 1, "print a completion script for the shell", {}, false, print_completion},

    {"tokens", "create", "[NAME]", 0, 1, "make a token and print it, once", of_create_token, true, create_token},
    {"tokens", "list", "", 0, 0, "list tokens", of_list_tokens, true, list_tokens},
    {"tokens", "show", "NAME|ID", 1, 1, "all about one token", of_tokens, true, show_token},
    {"tokens", "expire", "NAME|ID...", 1, any_number, "end tokens, keep their records", of_tokens, true, expire_tokens},
    {"tokens", "delete", "NAME|ID...", 1, any_number, "end tokens and delete their records", of_tokens, true, delete_tokens},

    {"users", "create", "NAME", 1, 1, "make a user", of_create_user, true, create_user},
    {"users", "list", "[QUERY]", 0, 1, "list users; QUERY as the API takes it", {}, true, list_users},
    {"users", "suspend", "USER...", 1, any_number, "refuse their tokens and logins", {}, true, suspend_users},
    {"users", "activate", "USER...", 1, any_number, "accept them again", {}, true, activate_users},
    {"users", "delete", "USER...", 1, any_number, "delete users with all their tokens", {}, true, delete_users},
    {"users", "roles", "USER [ROLE...]", 1, any_number, "show the roles, or set them", of_roles, true, change_roles},
    {"users", "passwd", "[USER]", 0, 1, "set a password; ends all of the user's tokens", of_password, true, change_password},

    {"audit", "list", "", 0, 0, "the newest entries of the audit log", of_list_audit, true, list_audit},
    {"audit", "follow", "", 0, 0, "print entries as they come", of_follow_audit, true, follow_audit},
    {"audit", "verify", "FILE...", 1, any_number, "check an audit log for alterations", of_verify_audit, false, nullptr},
};

constexpr group_row groups[] = {
    {"tokens", "your tokens"},
    {"users", "user accounts"},
    {"audit", "the audit log"},
};
// clang-format on

} // namespace

std::span<const command_row> command_table()
{
    return table;
}

std::span<const group_row> command_groups()
{
    return groups;
}

std::span<const option_row> server_options()
{
    return of_server;
}

} // namespace latchkey::cli
