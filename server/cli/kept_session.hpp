// The session that `latchkey login` leaves for later commands: $XDG_CONFIG_HOME/latchkey/session, readable by
// its owner only. Functions of the process's only thread.
#pragma once

#include "auth/secret.hpp"

#include <optional>
#include <string>

namespace latchkey::cli {

struct kept_session {
    std::string url;
    std::string ca_file;
    secret_text token;
    bool is_own =
        true; // made for this login: ended on the server by logout. Otherwise a token that was given
};

// Nothing when there is none. Throws command_failure for a file that others can read, or that is damaged.
std::optional<kept_session> read_session();

// In one step: a crash leaves the old one or the new one.
void write_session(const kept_session& kept);

// False: there was none.
bool remove_session();

} // namespace latchkey::cli
