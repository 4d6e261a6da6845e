// What the session asks of the layer above it. The session knows bytes, framing, limits and deadlines;
// it knows no route. One object per shard, called on the shard's thread only.
#pragma once

#include "server/request.hpp"
#include "server/response.hpp"
#include "storage/lookup_comes.hpp"
#include "storage/task.hpp"

#include <string_view>

namespace latchkey {

// What the head of a request says about how to go on.
enum class head_verdict {
    answered,     // the answer has been appended; whatever body was announced is not waited for
    wants_body,   // call answer() once the body is whole (at once if there is none)
    ignores_body, // call answer() at once, whatever body was announced is not waited for
};

class request_handler {
public:
    virtual ~request_handler() = default;

    // Called when the head is whole, before any body. A plain function that neither blocks nor, for a
    // verification that hits, allocates. `keep_alive` says whether the connection goes on afterwards.
    virtual head_verdict answer_from_head(const request& asked, output_buffer& out, bool keep_alive) = 0;

    // A request with this token, as it seems, is about to be asked: has memory fetched that it will read. A
    // hint, without effect. As store::expect.
    virtual void expect(std::string_view token, lookup_comes when) noexcept = 0;

    // The rest. `asked` outlives the task. Requests of a connection that have `found` set and have arrived
    // together are asked at once, and their answers have no `rest`; all others are asked one by one. Must not
    // throw for anything a client can send; an exception is a bug, answered with 500 and logged.
    virtual task<response> answer(const request& asked) = 0;
};

} // namespace latchkey
