// Users and their roles (contract 8.4).
#include "server/api_description/operations.hpp"
#include "server/handlers/handlers.hpp"

namespace latchkey::described {

const operation list_users{
    .run = handlers::list_users,
    .id = "listUsers",
    .tag = tags::users,
    .summary = "Users, by username",
    .query =
        {{"q",
          "A part of username or address, and pairs `key:value`: `name`, `status`, `role`, `login_type`, "
          "`service_account`, `last_seen_after`, `last_seen_before`, `created_after`, `created_before`.",
          R"({"type":"string"})"},
         {"limit", "How many; 0: all.", R"({"type":"integer","format":"int32","minimum":0})"},
         {"offset", "How many to leave out.", R"({"type":"integer","format":"int32","minimum":0})"},
         {"after_id", "Only users behind this one.", R"({"type":"string","format":"uuid"})"}},
    .replies = {{200, "The page, and how many match in all.", "UserPage"},
                {400, "The search cannot be understood.", "Error"}},
};

const operation create_user{
    .run = handlers::create_user,
    .id = "createUser",
    .tag = tags::users,
    .summary = "Make a user",
    .details = "For owners and user-admins.",
    .body = "CreateUserRequest",
    .replies = {{201, "Made.", "User"},
                {403, "Not allowed.", "Error"},
                {409, "Username or address is taken.", "Error"}},
};

const operation get_user{
    .run = handlers::get_user,
    .id = "getUser",
    .tag = tags::users,
    .summary = "One user",
    .replies = {{200, "The user.", "User"}},
};

const operation delete_user{
    .run = handlers::delete_user,
    .id = "deleteUser",
    .tag = tags::users,
    .summary = "Delete a user with all keys",
    .details = "Every key of the user is refused from the moment of the answer.",
    .tells_revision = true,
    .replies = {{200, "Gone.", "Message"}, {403, "Not allowed, or yourself.", "Error"}},
};

const operation suspend_user{
    .run = handlers::suspend_user,
    .id = "suspendUser",
    .tag = tags::users,
    .summary = "Suspend a user",
    .details = "The user's keys stay, and are refused until the user is activated again.",
    .tells_revision = true,
    .replies = {{200, "The user as it is now.", "User"},
                {500, "Not allowed, or a fault of the server's.", "Error"}},
};

const operation activate_user{
    .run = handlers::activate_user,
    .id = "activateUser",
    .tag = tags::users,
    .summary = "Activate a suspended user",
    .tells_revision = true,
    .replies = {{200, "The user as it is now.", "User"},
                {500, "Not allowed, or a fault of the server's.", "Error"}},
};

const operation get_roles{
    .run = handlers::get_roles,
    .id = "getUserRoles",
    .tag = tags::users,
    .summary = "A user's roles",
    .replies = {{200, "Their names.", "UserRoles"}},
};

const operation set_roles{
    .run = handlers::set_roles,
    .id = "setUserRoles",
    .tag = tags::users,
    .summary = "Replace a user's roles",
    .body = "SetRolesRequest",
    .replies = {{200, "The user as it is now.", "User"}, {403, "Not allowed.", "Error"}},
};

const operation set_password{
    .run = handlers::set_password,
    .id = "setUserPassword",
    .tag = tags::users,
    .summary = "Change a password",
    .details = "Deletes all keys of the user. Users must name their old password; who may set that of others "
               "need not.",
    .body = "SetPasswordRequest",
    .tells_revision = true,
    .replies = {{204, "Changed."}},
};

} // namespace latchkey::described
