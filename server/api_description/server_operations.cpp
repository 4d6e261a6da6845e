// The server about itself, and the audit trail (contract 7.2, 8.5).
#include "server/api_description/operations.hpp"
#include "server/handlers/handlers.hpp"

namespace latchkey::described {

const operation health{
    .run = handlers::health,
    .id = "health",
    .tag = tags::server,
    .summary = "Is the process alive?",
    .details = "Looks at no credential and at no store. For whoever restarts what hangs.",
    .replies = {{200, "`OK`", plain_text}},
};

const operation ready{
    .run = handlers::ready,
    .id = "ready",
    .tag = tags::server,
    .summary = "Can the server do everything?",
    .details =
        "503 as soon as the store or the audit log cannot be read or written, or the server was told to "
        "stop, so that a load balancer prefers another server. Whoever wants to keep verifying on a full "
        "disk balances by /healthz.",
    .replies = {{200, "It can.", "Readiness"}, {503, "It cannot; the body says why.", "Readiness"}},
};

const operation show_metrics{
    .run = handlers::show_metrics,
    .id = "metrics",
    .tag = tags::server,
    .summary = "Figures for Prometheus",
    .details =
        "Text format 0.0.4. No label or value is a name, an id or a secret. With --admin-listen answered "
        "there alone.",
    .replies = {{200, "All figures.", metrics_text}},
};

const operation latency_check{
    .run = handlers::latency_check,
    .id = "latencyCheck",
    .tag = tags::server,
    .summary = "Answers at once",
    .replies = {{200, "`OK`", "Message"}},
};

const operation api_root{
    .run = handlers::api_root,
    .id = "apiRoot",
    .tag = tags::server,
    .summary = "Says that the API is here",
    .replies = {{200, "A wave.", "Message"}},
};

const operation api_description{
    .run = handlers::api_description,
    .id = "apiDescription",
    .tag = tags::server,
    .summary = "This document",
    .details =
        "OpenAPI 3.1, made from the table of routes that the server answers by. Send its `ETag` back as "
        "`If-None-Match` to be told 304 while it has not changed.",
    .has_etag = true,
    .replies = {{200, "The document.", "Document"}, {304, "It is as the ETag says."}},
};

const operation build_info{
    .run = handlers::build_info,
    .id = "buildInfo",
    .tag = tags::server,
    .summary = "Which version runs where",
    .replies = {{200, "Version and addresses.", "BuildInfo"}},
};

const operation entitlements{
    .run = handlers::entitlements,
    .id = "entitlements",
    .tag = tags::server,
    .summary = "Licences, of which there are none",
    .details = "Some clients of Coder's API ask for them at start.",
    .replies = {{200, "Nothing is limited.", "Entitlements"}},
};

const operation search_audit{
    .run = handlers::search_audit,
    .id = "searchAudit",
    .tag = tags::audit,
    .summary = "Search the audit trail, newest first",
    .details = "For owners and auditors. Over a Redis, what every server did is found on each of them.",
    .query = {{"q",
               "Pairs `key:value`, separated by spaces: `action`, `resource_type`, `resource_id`, "
               "`resource_target`, `request_id`, `username` (or `me`), `email`, `date_from`, `date_to`. A "
               "bare word "
               "is a resource_type.",
               R"({"type":"string"})"},
              {"limit", "How many; 0: 100.", R"({"type":"integer","format":"int32","minimum":0})"},
              {"offset", "How many to leave out.", R"({"type":"integer","format":"int32","minimum":0})"},
              {"after_id",
               "Only entries older than the one with this id.",
               R"({"type":"string","format":"uuid"})"}},
    .replies = {{200, "The entries, and how many match, counted up to count_cap.", "AuditPage"},
                {400, "The search cannot be understood.", "Error"},
                {403, "Not allowed.", "Error"}},
};

} // namespace latchkey::described
