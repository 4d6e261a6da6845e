// A thread with a name of its own, by which `top -H`, perf and gdb tell it from the others of the process.
#pragma once

#include <cstddef>
#include <pthread.h>
#include <thread>
#include <utility>

namespace latchkey {

// `name`: a literal of at most 15 characters, which is all that Linux keeps. What `work` throws ends the
// process, as with std::thread.
template <std::size_t Size, class Work>
std::thread named_thread(const char (&name)[Size], Work work)
{
    static_assert(Size <= 16);
    return std::thread{[&name, work = std::move(work)]() mutable {
        ::pthread_setname_np(::pthread_self(), name);
        work();
    }};
}

} // namespace latchkey
