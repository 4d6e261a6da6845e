// Checks this server's audit log as `latchkey audit verify` does.
//
//   POST /api/v2/audit/verify   audit_log read, else 403; no body. 200 whether the log is whole or not:
//     {"whole":bool,"entries":n,"first_seq":n,"last_seq":n,"last_digest":"hex","end_checked":bool,
//      "alarm_seq":n,"fault":null|{"kind","file","line","reason"}}
//   `entries` were found good, up to the fault. end_checked: there is a head record, so that lines cut off
//   the end would have been missed. alarm_seq: the first entry by which a server told that the log was
//   altered, 0 without. 409 while a check runs: there is one at a time.
#include "auth/audit_service.hpp"
#include "server/error_response.hpp"
#include "server/handlers/handlers.hpp"
#include "server/json_response.hpp"
#include "server/json_writer.hpp"
#include "storage/hex_text.hpp"

#include <utility>

namespace latchkey::handlers {
namespace {

// Where the log lies is the operator's business.
std::string_view without_folder(std::string_view path) noexcept
{
    return path.substr(path.rfind('/') + 1);
}

} // namespace

task<response> verify_audit_chain(request_context& context)
{
    auto checking = context.use.audits.verify_chain(*context.caller, context.origin);
    const auto found = co_await std::move(checking);
    if (!found) co_return error_response(found.error(), context.use.web);

    std::string json;
    json_object_writer verdict{json};
    verdict.boolean("whole", !found->fault)
        .number("entries", static_cast<std::int64_t>(found->entries))
        .number("first_seq", static_cast<std::int64_t>(found->first_seq))
        .number("last_seq", static_cast<std::int64_t>(found->last_seq))
        .text("last_digest", to_hex(found->last_digest))
        .boolean("end_checked", found->head_seq.has_value())
        .number("alarm_seq", static_cast<std::int64_t>(found->alarm_seq));
    if (const auto& fault = found->fault) {
        json_object_writer{verdict.field("fault")}
            .text("kind", to_string(fault->what))
            .text("file", without_folder(fault->file))
            .number("line", static_cast<std::int64_t>(fault->line))
            .text("reason", fault->reason)
            .finish();
    } else {
        verdict.raw("fault", "null");
    }
    verdict.finish();
    co_return json_response(200, std::move(json));
}

} // namespace latchkey::handlers
