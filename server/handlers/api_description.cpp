// The API's own description (OpenAPI 3.1), open to everybody.
#include "server/api_description/document.hpp"
#include "server/handlers/handlers.hpp"

namespace latchkey::handlers {

task<response> api_description(request_context& context)
{
    const api_document& document = described_api();
    response answer;
    answer.add_header("ETag", document.etag);
    answer.add_header("Cache-Control", "no-cache"); // may be kept, must be asked for
    if (context.asked.if_none_match.find(document.etag) != std::string_view::npos ||
        context.asked.if_none_match == "*") {
        answer.status = 304;
    } else {
        answer.body = document.text;
    }
    co_return answer;
}

} // namespace latchkey::handlers
