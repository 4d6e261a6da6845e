// What requests carry. The server takes more than is said here: names without case, unknown fields, null for
// what is absent (contract 4.3).
#include "server/api_description/schemas.hpp"

namespace latchkey::described {
namespace {

constexpr named_schema all_of_requests[] = {
    {"CreateTokenRequest", R"json({
        "type": "object",
        "properties": {
            "token_name": {"type": "string", "description": "Unique among the user's tokens; empty: one is made up."},
            "lifetime": {"type": "integer", "format": "int64", "minimum": 0,
                "description": "Nanoseconds; 0: `--default-token-lifetime`."},
            "scopes": {"type": "array", "items": {"type": "string"},
                "description": "Names of GET /api/v2/auth/scopes; none: those of the calling key."},
            "scope": {"type": "string", "deprecated": true, "description": "Looked at where scopes is empty."},
            "allow_list": {"type": "array", "maxItems": 128, "items": {"type": "string"},
                "description": "Entries `type:id`, either part may be `*`; none: that of the calling key."}
        },
        "examples": [{"token_name": "ci", "lifetime": 86400000000000, "scopes": ["user:read"]}]
    })json"},
    {"CreateFirstUserRequest", R"json({
        "type": "object",
        "required": ["email", "username", "password"],
        "properties": {
            "email": {"type": "string"},
            "username": {"type": "string", "minLength": 1, "maxLength": 32},
            "name": {"type": "string", "maxLength": 128},
            "password": {"type": "string", "format": "password", "maxLength": 64}
        }
    })json"},
    {"LoginRequest", R"json({
        "type": "object",
        "required": ["email", "password"],
        "properties": {
            "email": {"type": "string"},
            "password": {"type": "string", "format": "password"}
        }
    })json"},
    {"ValidatePasswordRequest", R"json({
        "type": "object",
        "required": ["password"],
        "properties": {"password": {"type": "string", "format": "password"}}
    })json"},
    {"CreateUserRequest", R"json({
        "type": "object",
        "required": ["username"],
        "properties": {
            "email": {"type": "string", "description": "Needed but for service accounts."},
            "username": {"type": "string", "minLength": 1, "maxLength": 32},
            "name": {"type": "string", "maxLength": 128},
            "password": {"type": "string", "format": "password", "maxLength": 64},
            "login_type": {"type": "string", "enum": ["", "password", "none"]},
            "user_status": {"type": "string", "enum": ["", "active", "dormant", "suspended"]},
            "service_account": {"type": "boolean", "description": "Nobody logs in to it; only with login_type none."},
            "roles": {"type": "array", "items": {"type": "string"}},
            "organization_ids": {"type": "array", "items": {"type": "string"},
                "description": "Accepted and ignored: there are no organisations."}
        }
    })json"},
    {"SetRolesRequest", R"json({
        "type": "object",
        "required": ["roles"],
        "properties": {"roles": {"type": "array",
            "items": {"type": "string", "enum": ["owner", "user-admin", "template-admin", "auditor"]}}}
    })json"},
    {"SetPasswordRequest", R"json({
        "type": "object",
        "required": ["password"],
        "properties": {
            "old_password": {"type": "string", "format": "password"},
            "password": {"type": "string", "format": "password", "maxLength": 64}
        }
    })json"},
    {"VerifyTokensRequest", R"json({
        "type": "object",
        "required": ["tokens"],
        "properties": {"tokens": {"type": "array", "maxItems": 1000, "items": {"type": "string"}}}
    })json"},
    {"IntrospectionRequest", R"json({
        "type": "object",
        "required": ["token"],
        "properties": {
            "token": {"type": "string"},
            "token_type_hint": {"type": "string", "description": "Not looked at."}
        }
    })json"},
    {"RevocationRequest", R"json({
        "type": "object",
        "required": ["token"],
        "properties": {
            "token": {"type": "string"},
            "token_type_hint": {"type": "string", "description": "Not looked at."}
        }
    })json"},
    {"AuthorizationRequest", R"json({
        "type": "object",
        "required": ["checks"],
        "properties": {"checks": {"type": "object", "additionalProperties": {
            "type": "object",
            "required": ["object", "action"],
            "properties": {
                "action": {"type": "string"},
                "object": {
                    "type": "object",
                    "required": ["resource_type"],
                    "properties": {
                        "resource_type": {"type": "string"},
                        "owner_id": {"type": "string", "description": "A user's id, or `me`."},
                        "resource_id": {"type": "string", "description": "Of a user; in at most ten checks."},
                        "organization_id": {"type": "string"},
                        "any_org": {"type": "boolean"}
                    }
                }
            }
        }}},
        "examples": [{"checks": {"mine": {"action": "create", "object": {"resource_type": "api_key", "owner_id": "me"}}}}]
    })json"},
};

} // namespace

std::span<const named_schema> request_schemas() noexcept
{
    return all_of_requests;
}

} // namespace latchkey::described
