// The process's figures for Prometheus. Open like /healthz: it holds nothing that belongs to a user.
#include "server/metrics.hpp"

#include "server/handlers/handlers.hpp"

namespace latchkey::handlers {

task<response> show_metrics(request_context& context)
{
    response answer;
    answer.content_type = exposition::content_type;
    answer.body = context.use.figures.text();
    co_return answer;
}

} // namespace latchkey::handlers
