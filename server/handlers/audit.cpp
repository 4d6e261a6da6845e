// Reading the audit trail (contract 7.2).
#include "auth/audit_service.hpp"
#include "server/error_response.hpp"
#include "server/handlers/handlers.hpp"
#include "server/json_bodies.hpp"
#include "server/json_response.hpp"
#include "server/json_writer.hpp"
#include "server/list_parameters.hpp"

#include <map>
#include <utility>

namespace latchkey::handlers {
namespace {

using accounts = std::map<uuid, user>;

// Those who acted and those acted upon, as they are now; deleted ones too. A page names few of them.
task<accounts> accounts_of(const audit_page& page, store& records)
{
    accounts found;
    for (const audit_entry& entry : page.entries)
        for (const auto& id : {entry.actor, entry.resource_id}) {
            if (!id || found.contains(*id)) continue;
            auto finding = records.find_user(*id);
            auto account = co_await std::move(finding);
            if (account) found.emplace(*id, std::move(*account));
        }
    co_return found;
}

const user* account_in(const accounts& known, const std::optional<uuid>& id)
{
    if (!id) return nullptr;
    const auto at = known.find(*id);
    return at == known.end() ? nullptr : &at->second;
}

} // namespace

task<response> search_audit(request_context& context)
{
    list_parameters query{context.asked.query};
    audit_search_request asked;
    asked.query = query.text("q");
    asked.after_id = query.id("after_id");
    asked.limit = query.count("limit");
    asked.offset = query.count("offset");
    if (const auto refused = query.refused()) co_return error_response(*refused, context.use.web);

    auto searching = context.use.audits.search(*context.caller, std::move(asked), context.origin);
    const auto page = co_await std::move(searching);
    if (!page) co_return error_response(page.error(), context.use.web);
    auto naming = accounts_of(*page, context.use.records);
    const accounts known = co_await std::move(naming);

    std::string json;
    json_object_writer answer{json};
    answer.field("audit_logs");
    char before = '[';
    for (const audit_entry& entry : page->entries) {
        json += std::exchange(before, ',');
        const user* const resource = account_in(known, entry.resource_id);
        const bool is_deleted = entry.resource_type == "user" && resource && resource->is_deleted;
        append_audit_entry(json, entry, account_in(known, entry.actor), is_deleted);
    }
    json += before == '[' ? "[]" : "]";
    answer.number("count", static_cast<std::int64_t>(page->count));
    answer.number("count_cap", static_cast<std::int64_t>(audit_count_cap)).finish();
    co_return json_response(200, std::move(json));
}

} // namespace latchkey::handlers
