// The API's own description (OpenAPI 3.1), open to everybody.
#include "server/api_description/document.hpp"
#include "server/handlers/handlers.hpp"
#include "server/web_assets.hpp"

namespace latchkey::handlers {

task<response> api_description(request_context& context)
{
    const api_document& document = described_api();
    response answer;
    answer.add_header("ETag", document.etag);
    answer.add_header("Cache-Control", "no-cache"); // may be kept, must be asked for
    if (names_etag(context.asked.if_none_match, document.etag)) {
        answer.status = 304;
    } else {
        answer.body = document.text;
    }
    co_return answer;
}

} // namespace latchkey::handlers
