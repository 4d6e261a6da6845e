// Runs one coroutine to its end on an io_context of its own thread.
#pragma once

#include "storage/run_to_end.hpp"

namespace latchkey::fuzz {

template <class T>
T run_to_end(task<T> work)
{
    // Outlives every call: a writer thread may still be inside its post() when the task it woke has ended.
    thread_local asio::io_context context{1};
    return latchkey::run_to_end(context, std::move(work));
}

} // namespace latchkey::fuzz
