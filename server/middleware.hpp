// From a parsed request to a handler and back: plain steps in one coroutine, in the order of contract 3.9.
// What differs per route is data in the route's row (router.hpp). Runs on the shard's thread.
#pragma once

#include "server/request.hpp"
#include "server/response.hpp"
#include "server/services.hpp"
#include "server/shard_metrics.hpp"
#include "storage/task.hpp"

namespace latchkey {

// The answer to anything but ANY /verify. The arguments outlive the task: the request by the session's
// promise (request_handler.hpp), the services by the shards'. Exceptions of handlers pass through; the
// session answers them with 500.
task<response> answer_request(const request& asked, services& use, shard_metrics& counts);

// Is it certain from the head alone that the body will not be looked at? No such route, or a caller who
// cannot prove himself where the route asks for it: then megabytes need not be taken in to say no.
[[nodiscard]] bool is_refused_without_body(const request& asked, services& use);

} // namespace latchkey
