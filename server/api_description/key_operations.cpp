// Keys: sessions and named tokens (contract 1).
#include "server/api_description/operations.hpp"
#include "server/handlers/handlers.hpp"

namespace latchkey::described {

const operation create_session_key{
    .run = handlers::create_session_key,
    .id = "createSessionKey",
    .tag = tags::keys,
    .summary = "Make a session key",
    .details =
        "It may do all that the user may, is in no list, and its expiry is pushed on by use. No body is "
        "read.",
    .replies = {{201, "The token, shown this once.", "CreatedKey"}, {403, "Not allowed.", "Error"}},
};

const operation get_key{
    .run = handlers::get_key,
    .id = "getKey",
    .tag = tags::keys,
    .summary = "One key",
    .details = "Expired keys too, while they are retained. Whose it is need not be the user in the path.",
    .replies = {{200, "The key, without its secret.", "Key"}},
};

const operation delete_key{
    .run = handlers::delete_key,
    .id = "deleteKey",
    .tag = tags::keys,
    .summary = "Delete a key and its record",
    .details =
        "Refused everywhere from the moment of the answer; over a Redis, by other servers at the latest one "
        "`--cache-lease` later, and at once where the X-Latchkey-Revision of the answer is sent along as "
        "X-Latchkey-Min-Revision.",
    .tells_revision = true,
    .replies = {{204, "Gone."}},
};

const operation expire_key{
    .run = handlers::expire_key,
    .id = "expireKey",
    .tag = tags::keys,
    .summary = "Expire a key now and keep its record",
    .details = "Nothing happens to a key that has expired already, which is a success as well.",
    .tells_revision = true,
    .replies = {{204, "Expired."}},
};

const operation create_token{
    .run = handlers::create_token,
    .id = "createToken",
    .tag = tags::tokens,
    .summary = "Make a named token",
    .details = "Never with more rights, or for longer, than the key that makes it has.",
    .body = "CreateTokenRequest",
    .replies = {{201, "The token, shown this once.", "CreatedKey"},
                {403, "Not allowed, or more than the calling key may do.", "Error"},
                {409, "The user has a token of that name.", "Error"}},
};

const operation list_tokens{
    .run = handlers::list_tokens,
    .id = "listTokens",
    .tag = tags::tokens,
    .summary = "Tokens, by the time they were made",
    .details =
        "Truth values are read as Go does: `1`, `t`, `true` and their like are true, all else is false.",
    .query = {{"include_all",
               "Those of all users that the caller may read, instead of the user's own.",
               R"({"type":"string"})"},
              {"include_expired", "Expired ones too, while they are retained.", R"({"type":"string"})"},
              {"after_id", "Only tokens behind the one with this id.", R"({"type":"string"})"},
              {"limit", "How many; 0: all.", R"({"type":"integer","format":"int32","minimum":0})"}},
    .replies = {{200, "The tokens, without their secrets.", "TokenList"}},
};

const operation token_config{
    .run = handlers::token_config,
    .id = "tokenConfig",
    .tag = tags::tokens,
    .summary = "The longest lifetime of the user's tokens",
    .replies = {{200, "In nanoseconds.", "TokenConfig"}},
};

const operation get_token_by_name{
    .run = handlers::get_token_by_name,
    .id = "getTokenByName",
    .tag = tags::tokens,
    .summary = "One token by its name",
    .replies = {{200, "The token, without its secret.", "Key"}},
};

} // namespace latchkey::described
