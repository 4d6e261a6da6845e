#include "tests/storage/sent_calls.hpp"

#include <atomic>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

std::atomic<std::size_t> calls{0};

} // namespace

// These take the place of the C library's in this executable.
extern "C" ssize_t send(int socket, const void* bytes, size_t size, int flags)
{
    ++calls;
    return ::syscall(SYS_sendto, socket, bytes, size, flags, nullptr, 0);
}

extern "C" ssize_t sendmsg(int socket, const msghdr* message, int flags)
{
    ++calls;
    return ::syscall(SYS_sendmsg, socket, message, flags);
}

namespace latchkey::test {

std::size_t sent_calls() noexcept
{
    return calls;
}

} // namespace latchkey::test
