// Whole replies (contract 1.9, 4.1, 5.4, 7.2, 8).
#include "server/api_description/schemas.hpp"

namespace latchkey::described {
namespace {

constexpr named_schema all_of_replys[] = {
    {"Message", R"json({
        "type": "object",
        "required": ["message"],
        "properties": {"message": {"type": "string"}}
    })json"},
    {"Error", R"json({
        "type": "object",
        "required": ["message"],
        "properties": {
            "message": {"type": "string", "description": "For people; its words are stable."},
            "detail": {"type": "string"},
            "validations": {"type": "array", "minItems": 1, "items": {
                "type": "object",
                "required": ["field", "detail"],
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}}
            }}
        }
    })json"},
    {"OAuthError", R"json({
        "description": "RFC 6749, 5.2; where the request is at fault before the route is known, an Error.",
        "anyOf": [
            {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}},
            {"$ref": "#/components/schemas/Error"}
        ]
    })json"},
    {"Readiness", R"json({
        "type": "object",
        "required": ["ready", "stopping", "store", "audit"],
        "properties": {
            "ready": {"type": "boolean"},
            "stopping": {"type": "boolean", "description": "It was told to stop, and --drain has begun."},
            "store": {
                "type": "object",
                "required": ["can_read", "can_write", "problem"],
                "properties": {"can_read": {"type": "boolean"}, "can_write": {"type": "boolean"},
                    "problem": {"type": "string", "description": "Empty while all is well."}}
            },
            "audit": {
                "type": "object",
                "required": ["can_write", "problem"],
                "properties": {"can_write": {"type": "boolean"}, "problem": {"type": "string"}}
            }
        }
    })json"},
    {"Document", R"json({
        "description": "An OpenAPI 3.1 document.",
        "type": "object",
        "required": ["openapi", "info", "paths"],
        "additionalProperties": true,
        "properties": {"openapi": {"type": "string", "pattern": "^3\\.1\\."}}
    })json"},
    {"BuildInfo", R"json({
        "type": "object",
        "required": ["agent_api_version", "dashboard_url", "deployment_id", "external_url", "provisioner_api_version",
            "telemetry", "upgrade_message", "version", "webpush_public_key", "workspace_proxy"],
        "properties": {
            "version": {"type": "string", "description": "Latchkey's."},
            "dashboard_url": {"type": "string"},
            "deployment_id": {"type": "string", "format": "uuid"},
            "agent_api_version": {"type": "string"},
            "external_url": {"type": "string"},
            "provisioner_api_version": {"type": "string"},
            "telemetry": {"type": "boolean"},
            "upgrade_message": {"type": "string"},
            "webpush_public_key": {"type": "string"},
            "workspace_proxy": {"type": "boolean"}
        }
    })json"},
    {"Entitlements", R"json({
        "type": "object",
        "required": ["features", "warnings", "errors", "has_license", "trial", "require_telemetry", "refreshed_at"],
        "properties": {
            "features": {"type": "object", "additionalProperties": true},
            "warnings": {"type": "array", "items": {"type": "string"}},
            "errors": {"type": "array", "items": {"type": "string"}},
            "has_license": {"type": "boolean"},
            "trial": {"type": "boolean"},
            "require_telemetry": {"type": "boolean"},
            "refreshed_at": {"type": "string", "format": "date-time"}
        }
    })json"},
    {"ScopeList", R"json({
        "type": "object",
        "required": ["external"],
        "properties": {"external": {"type": "array", "items": {"type": "string"}}}
    })json"},
    {"AuthorizationReply", R"json({"type": "object", "additionalProperties": {"type": "boolean"}})json"},
    {"VerifyTokensReply", R"json({
        "type": "object",
        "required": ["results"],
        "properties": {"results": {"type": "array", "items": {"$ref": "#/components/schemas/VerificationResult"}}}
    })json"},
    {"Introspection", R"json({
        "description": "RFC 7662, 2.2. Whatever is behind `active` is there only where that is true.",
        "type": "object",
        "required": ["active"],
        "properties": {
            "active": {"type": "boolean"},
            "scope": {"type": "string", "description": "Separated by spaces."},
            "username": {"type": "string"},
            "token_type": {"const": "Bearer"},
            "exp": {"type": "integer", "description": "Seconds since 1970."},
            "iat": {"type": "integer"},
            "sub": {"type": "string", "format": "uuid"},
            "jti": {"type": "string"},
            "iss": {"type": "string"}
        },
        "if": {"properties": {"active": {"const": true}}},
        "then": {"required": ["scope", "username", "token_type", "exp", "iat", "sub", "jti"]},
        "else": {"maxProperties": 1}
    })json"},
    {"FirstUser", R"json({
        "type": "object",
        "required": ["user_id", "organization_id"],
        "properties": {
            "user_id": {"type": "string", "format": "uuid"},
            "organization_id": {"type": "string", "format": "uuid", "description": "All zeros."}
        }
    })json"},
    {"SessionToken", R"json({
        "type": "object",
        "required": ["session_token"],
        "properties": {"session_token": {"$ref": "#/components/schemas/Token"}}
    })json"},
    {"CreatedKey", R"json({
        "type": "object",
        "required": ["key"],
        "properties": {"key": {"$ref": "#/components/schemas/Token"}}
    })json"},
    {"PasswordVerdict", R"json({
        "type": "object",
        "required": ["valid", "details"],
        "properties": {"valid": {"type": "boolean"}, "details": {"type": "string"}}
    })json"},
    {"AuthenticationMethods", R"json({
        "type": "object",
        "required": ["password", "github", "oidc"],
        "properties": {
            "password": {"type": "object", "required": ["enabled"], "properties": {"enabled": {"type": "boolean"}}},
            "github": {
                "type": "object",
                "required": ["enabled", "default_provider_configured"],
                "properties": {"enabled": {"const": false}, "default_provider_configured": {"const": false}}
            },
            "oidc": {
                "type": "object",
                "required": ["enabled", "signInText", "iconUrl"],
                "properties": {"enabled": {"const": false}, "signInText": {"type": "string"},
                    "iconUrl": {"type": "string"}}
            }
        }
    })json"},
    {"UserPage", R"json({
        "type": "object",
        "required": ["users", "count"],
        "properties": {
            "users": {"type": "array", "items": {"$ref": "#/components/schemas/User"}},
            "count": {"type": "integer", "minimum": 0}
        }
    })json"},
    {"UserRoles", R"json({
        "type": "object",
        "required": ["roles", "organization_roles"],
        "properties": {
            "roles": {"type": "array", "items": {"type": "string"}},
            "organization_roles": {"type": "object", "maxProperties": 0, "additionalProperties": true}
        }
    })json"},
    {"TokenList", R"json({"type": "array", "items": {"$ref": "#/components/schemas/ListedToken"}})json"},
    {"TokenConfig", R"json({
        "type": "object",
        "required": ["max_token_lifetime"],
        "properties": {"max_token_lifetime": {"type": "integer", "format": "int64", "description": "Nanoseconds."}}
    })json"},
    {"AuditPage", R"json({
        "type": "object",
        "required": ["audit_logs", "count", "count_cap"],
        "properties": {
            "audit_logs": {"type": "array", "items": {"$ref": "#/components/schemas/AuditEntry"}},
            "count": {"type": "integer", "minimum": 0},
            "count_cap": {"type": "integer"}
        }
    })json"},
    {"AuditVerdict", R"json({
        "type": "object",
        "required": ["whole", "entries", "first_seq", "last_seq", "last_digest", "end_checked", "alarm_seq", "fault"],
        "properties": {
            "whole": {"type": "boolean"},
            "entries": {"type": "integer", "description": "How many were found good, up to the fault."},
            "first_seq": {"type": "integer"},
            "last_seq": {"type": "integer"},
            "last_digest": {"type": "string"},
            "end_checked": {"type": "boolean", "description": "Lines cut off the end would have been missed."},
            "alarm_seq": {"type": "integer", "description": "The first entry that tells of an alteration; 0: none."},
            "fault": {"oneOf": [{"type": "null"}, {
                "type": "object",
                "required": ["kind", "file", "line", "reason"],
                "properties": {"kind": {"type": "string"}, "file": {"type": "string"}, "line": {"type": "integer"},
                    "reason": {"type": "string"}}
            }]}
        }
    })json"},
    {"PageSession", R"json({
        "type": "object",
        "required": ["needs_first_user", "signed_in", "password_login", "csrf_token", "version"],
        "properties": {
            "needs_first_user": {"type": "boolean"},
            "signed_in": {"type": "boolean"},
            "password_login": {"type": "boolean"},
            "csrf_token": {"type": "string", "description": "For X-CSRF-TOKEN; empty without a session cookie."},
            "version": {"type": "string"}
        }
    })json"},
    {"Activity", R"json({
        "type": "object",
        "required": ["time", "verifications", "cache", "connections_open", "audit_entries"],
        "properties": {
            "time": {"type": "string", "format": "date-time"},
            "verifications": {"description": "By outcome.", "type": "object", "properties": {},
                "additionalProperties": {"type": "integer", "minimum": 0}},
            "cache": {"description": "null: every key is in memory.", "oneOf": [{"type": "null"}, {
                "type": "object",
                "required": ["hits", "misses", "entries"],
                "properties": {"hits": {"type": "integer"}, "misses": {"type": "integer"}, "entries": {"type": "integer"}}
            }]},
            "connections_open": {"type": "integer", "minimum": 0},
            "audit_entries": {"type": "integer", "minimum": 0}
        }
    })json"},
};

} // namespace

std::span<const named_schema> reply_schemas() noexcept
{
    return all_of_replys;
}

} // namespace latchkey::described
