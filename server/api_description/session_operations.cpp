// The first user, logging in and out (contract 8.1, 8.2).
#include "server/api_description/operations.hpp"
#include "server/handlers/handlers.hpp"

namespace latchkey::described {

const operation has_first_user{
    .run = handlers::has_first_user,
    .id = "hasFirstUser",
    .tag = tags::sessions,
    .summary = "Is there a user yet?",
    .may_lack_store = true,
    .replies = {{200, "There is.", "Message"}, {404, "There is none: make the first.", "Message"}},
};

const operation create_first_user{
    .run = handlers::create_first_user,
    .id = "createFirstUser",
    .tag = tags::sessions,
    .summary = "Make the first user, an owner",
    .body = "CreateFirstUserRequest",
    .may_lack_store = true,
    .replies = {{201, "Made.", "FirstUser"}, {409, "There is a user already.", "Error"}},
};

const operation login{
    .run = handlers::login,
    .id = "login",
    .tag = tags::sessions,
    .summary = "Log in with address and password",
    .details = "Sets the session cookie as well. A session's expiry is pushed on by use.",
    .body = "LoginRequest",
    .may_lack_store = true,
    .replies = {{201, "The session's token.", "SessionToken"},
                {401, "Wrong, or the account is suspended.", "Error"},
                {403, "Logging in with a password is off.", "Error"}},
};

const operation logout{
    .run = handlers::logout,
    .id = "logout",
    .tag = tags::sessions,
    .summary = "Log out",
    .details = "Deletes the key that the request came with, and clears the cookie.",
    .replies = {{200, "Gone.", "Message"}},
};

const operation validate_password{
    .run = handlers::validate_password,
    .id = "validatePassword",
    .tag = tags::sessions,
    .summary = "Would this do for a password?",
    .body = "ValidatePasswordRequest",
    .replies = {{200, "Yes, or what is wrong with it.", "PasswordVerdict"}},
};

const operation authentication_methods{
    .run = handlers::authentication_methods,
    .id = "authenticationMethods",
    .tag = tags::sessions,
    .summary = "Ways to log in",
    .replies = {{200, "The ways, and which are on.", "AuthenticationMethods"}},
};

} // namespace latchkey::described
