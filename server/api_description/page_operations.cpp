// The web page and what only it needs (server/handlers/web_page.cpp, audit_chain.cpp).
#include "server/api_description/operations.hpp"
#include "server/handlers/handlers.hpp"

namespace latchkey::described {

const operation show_page{
    .run = handlers::show_page,
    .id = "page",
    .tag = tags::page,
    .summary = "The web page",
    .has_etag = true,
    .replies = {{200, "The page.", "text/html"}, {304, "It is as the ETag says."}},
};

const operation show_asset{
    .run = handlers::show_asset,
    .id = "pageAsset",
    .tag = tags::page,
    .summary = "A file that the web page loads",
    .has_etag = true,
    .replies = {{200, "The file.", "text/css,text/javascript,text/html,image/svg+xml"},
                {304, "It is as the ETag says."},
                {404, "There is no such file.", "Error"}},
};

const operation show_view{
    .run = handlers::show_view,
    .id = "pageView",
    .tag = tags::page,
    .summary = "A view of the web page",
    .has_etag = true,
    .replies = {{200, "The file.", "text/javascript"},
                {304, "It is as the ETag says."},
                {404, "There is no such file.", "Error"}},
};

const operation show_session{
    .run = handlers::show_session,
    .id = "pageSession",
    .tag = tags::page,
    .summary = "Who is signed in here, and what proves that a request comes from the page",
    .details = "Asks for no credential: without one nobody is signed in.",
    .may_lack_store = true,
    .replies = {{200, "How things stand.", "PageSession"}},
};

const operation show_activity{
    .run = handlers::show_activity,
    .id = "activity",
    .tag = tags::page,
    .summary = "What the server has done since it started",
    .details = "For owners and auditors: some of what /metrics tells, to be asked for again and again.",
    .replies = {{200, "Counters.", "Activity"}, {403, "Not allowed.", "Error"}},
};

const operation verify_audit_chain{
    .run = handlers::verify_audit_chain,
    .id = "verifyAuditChain",
    .tag = tags::audit,
    .summary = "Check that the audit log of this server was not altered",
    .details = "For owners and auditors. Does what `latchkey audit verify` does, once at a time.",
    .replies = {{200, "What was found: whole or not.", "AuditVerdict"},
                {403, "Not allowed.", "Error"},
                {409, "A check is running already.", "Error"}},
};

} // namespace latchkey::described
