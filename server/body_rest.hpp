// What follows `response::body` in answers that are too large to be held: the session asks for a piece when
// the client has taken the one before.
#pragma once

#include "storage/error.hpp"
#include "storage/task.hpp"

#include <string>

namespace latchkey {

class body_rest {
public:
    virtual ~body_rest() = default;

    // The next piece; empty at the end. With an error the body cannot be completed, and the connection ends,
    // so that the client does not take what it has for the whole.
    virtual task<result<std::string>> next() = 0;
};

} // namespace latchkey
