// What replies are made of: keys, users, audit entries (contract 1.5, 1.6, 7.2, 8.3).
#include "server/api_description/schemas.hpp"

namespace latchkey::described {
namespace {

constexpr named_schema all_of_records[] = {
    {"Token", R"json({
        "type": "string",
        "pattern": "^[0-9A-Za-z]{10}-[0-9A-Za-z]{22}$",
        "description": "The printed token, `<id>-<secret>`."
    })json"},
    {"KeyId", R"json({"type": "string", "pattern": "^[0-9A-Za-z]{10}$"})json"},
    {"Time",
     R"json({"type": "string", "format": "date-time", "description": "UTC; 1970 stands for never."})json"},
    {"Key", R"json({
        "type": "object",
        "required": ["id", "user_id", "last_used", "expires_at", "created_at", "updated_at", "login_type", "scope",
            "scopes", "token_name", "lifetime_seconds", "allow_list"],
        "properties": {
            "id": {"$ref": "#/components/schemas/KeyId"},
            "user_id": {"type": "string", "format": "uuid"},
            "last_used": {"$ref": "#/components/schemas/Time"},
            "expires_at": {"$ref": "#/components/schemas/Time"},
            "created_at": {"$ref": "#/components/schemas/Time"},
            "updated_at": {"$ref": "#/components/schemas/Time"},
            "login_type": {"type": "string", "enum": ["token", "password"]},
            "scope": {"type": "string", "deprecated": true, "enum": ["all", "application_connect", ""]},
            "scopes": {"type": "array", "items": {"type": "string"}},
            "token_name": {"type": "string", "description": "Empty for sessions."},
            "lifetime_seconds": {"type": "integer", "minimum": 0},
            "allow_list": {"type": "array", "items": {"type": "string"}}
        }
    })json"},
    {"ListedToken", R"json({
        "type": "object",
        "required": ["id", "user_id", "last_used", "expires_at", "created_at", "updated_at", "login_type", "scope",
            "scopes", "token_name", "lifetime_seconds", "allow_list", "username"],
        "properties": {
            "id": {"$ref": "#/components/schemas/KeyId"},
            "user_id": {"type": "string", "format": "uuid"},
            "last_used": {"$ref": "#/components/schemas/Time"},
            "expires_at": {"$ref": "#/components/schemas/Time"},
            "created_at": {"$ref": "#/components/schemas/Time"},
            "updated_at": {"$ref": "#/components/schemas/Time"},
            "login_type": {"type": "string", "enum": ["token", "password"]},
            "scope": {"type": "string", "deprecated": true, "enum": ["all", "application_connect", ""]},
            "scopes": {"type": "array", "items": {"type": "string"}},
            "token_name": {"type": "string", "description": "Empty for sessions."},
            "lifetime_seconds": {"type": "integer", "minimum": 0},
            "allow_list": {"type": "array", "items": {"type": "string"}},
            "username": {"type": "string", "description": "The owner's."}
        }
    })json"},
    {"VerificationResult", R"json({
        "description": "Whatever is behind `valid` is there only where that is true.",
        "type": "object",
        "required": ["valid"],
        "properties": {
            "valid": {"type": "boolean"},
            "key_id": {"$ref": "#/components/schemas/KeyId"},
            "user_id": {"type": "string", "format": "uuid"},
            "username": {"type": "string"},
            "scopes": {"type": "array", "items": {"type": "string"}},
            "expires_at": {"$ref": "#/components/schemas/Time"}
        },
        "if": {"properties": {"valid": {"const": true}}},
        "then": {"required": ["key_id", "user_id", "username", "scopes", "expires_at"]},
        "else": {"maxProperties": 1}
    })json"},
    {"Role", R"json({
        "type": "object",
        "required": ["name", "display_name"],
        "properties": {
            "name": {"type": "string", "enum": ["owner", "user-admin", "template-admin", "auditor"]},
            "display_name": {"type": "string"}
        }
    })json"},
    {"User", R"json({
        "type": "object",
        "required": ["id", "username", "email", "created_at", "updated_at", "last_seen_at", "status", "login_type",
            "organization_ids", "roles", "has_ai_seat"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "username": {"type": "string"},
            "name": {"type": "string"},
            "email": {"type": "string"},
            "created_at": {"$ref": "#/components/schemas/Time"},
            "updated_at": {"$ref": "#/components/schemas/Time"},
            "last_seen_at": {"$ref": "#/components/schemas/Time"},
            "status": {"type": "string", "enum": ["active", "suspended"]},
            "login_type": {"type": "string", "enum": ["password", "none"]},
            "is_service_account": {"const": true},
            "organization_ids": {"type": "array", "maxItems": 0},
            "roles": {"type": "array", "items": {"$ref": "#/components/schemas/Role"},
                "description": "Without `member`, which everybody is."},
            "has_ai_seat": {"const": false}
        }
    })json"},
    {"AuditActor", R"json({
        "description": "What the trail itself has kept of an account that is not there any more.",
        "type": "object",
        "required": ["id", "username", "email"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "username": {"type": "string"},
            "email": {"type": "string"}
        }
    })json"},
    {"AuditEntry", R"json({
        "type": "object",
        "required": ["id", "request_id", "time", "ip", "user_agent", "resource_type", "resource_id", "resource_target",
            "resource_icon", "action", "diff", "status_code", "additional_fields", "description", "resource_link",
            "is_deleted", "organization_id", "user"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "request_id": {"type": "string", "format": "uuid", "description": "The X-Coder-Request-Id of the answer."},
            "time": {"$ref": "#/components/schemas/Time"},
            "ip": {"type": "string"},
            "user_agent": {"type": "string"},
            "resource_type": {"type": "string"},
            "resource_id": {"type": "string", "format": "uuid", "description": "Of a key the owner's."},
            "resource_target": {"type": "string"},
            "resource_icon": {"type": "string"},
            "action": {"type": "string"},
            "diff": {"type": "object", "additionalProperties": {
                "type": "object",
                "required": ["secret"],
                "properties": {"old": true, "new": true, "secret": {"type": "boolean"}}
            }},
            "status_code": {"type": "integer"},
            "additional_fields": {"type": "object", "additionalProperties": true},
            "description": {"type": "string", "description": "A sentence with {user} and {target} to be filled in."},
            "resource_link": {"type": "string"},
            "is_deleted": {"type": "boolean"},
            "organization_id": {"type": "string", "format": "uuid"},
            "user": {"anyOf": [
                {"$ref": "#/components/schemas/User"},
                {"$ref": "#/components/schemas/AuditActor"},
                {"type": "null"}
            ]}
        }
    })json"},
};

} // namespace

std::span<const named_schema> record_schemas() noexcept
{
    return all_of_records;
}

} // namespace latchkey::described
