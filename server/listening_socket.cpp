#include "server/listening_socket.hpp"

#include <cerrno>
#include <cstring>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace latchkey {
namespace {

namespace asio = boost::asio;

error_code system_error()
{
    return {errno, boost::system::system_category()};
}

bool switch_on(const unique_descriptor& socket, int level, int option) noexcept
{
    const int on = 1;
    return setsockopt(socket.number(), level, option, &on, sizeof on) == 0;
}

result<sockaddr_un> to_sockaddr(const unix_path& at)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (at.path.empty()) return error_code{EINVAL, boost::system::system_category()};
    if (at.path.size() >= sizeof address.sun_path)
        return error_code{ENAMETOOLONG, boost::system::system_category()};
    std::memcpy(address.sun_path, at.path.data(), at.path.size());
    return address;
}

// A socket file outlives the process that made it. Only asking tells whether somebody still listens.
bool is_stale(const sockaddr_un& address)
{
    struct stat found {};
    if (lstat(address.sun_path, &found) != 0 || !S_ISSOCK(found.st_mode)) return false;
    const unique_descriptor probe{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!probe.is_open()) return false;
    return connect(probe.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
           errno == ECONNREFUSED;
}

bool bind_unix(const unique_descriptor& socket, const sockaddr_un& address)
{
    // The fchmod sets the mode that the file is born with, less the umask: no moment with a wider one.
    return fchmod(socket.number(), 0660) == 0 &&
           bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
           chmod(address.sun_path, 0660) == 0;
}

} // namespace

unique_descriptor& unique_descriptor::operator=(unique_descriptor&& other) noexcept
{
    std::swap(number_, other.number_);
    return *this;
}

unique_descriptor::~unique_descriptor()
{
    if (is_open()) ::close(number_);
}

result<unique_descriptor> listen_tcp(const asio::ip::tcp::endpoint& at, int backlog)
{
    unique_descriptor made{socket(at.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!made.is_open()) return system_error();
    const bool ready = switch_on(made, SOL_SOCKET, SO_REUSEADDR) &&
                       switch_on(made, SOL_SOCKET, SO_REUSEPORT) &&
                       switch_on(made, IPPROTO_TCP, TCP_NODELAY) &&
                       (at.address().is_v4() || switch_on(made, IPPROTO_IPV6, IPV6_V6ONLY)) &&
                       bind(made.number(), at.data(), static_cast<socklen_t>(at.size())) == 0 &&
                       listen(made.number(), backlog) == 0;
    if (!ready) return system_error();
    return made;
}

error_code find_rival(const asio::ip::tcp::endpoint& at)
{
    const unique_descriptor probe{socket(at.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const bool free = probe.is_open() && switch_on(probe, SOL_SOCKET, SO_REUSEADDR) &&
                      (at.address().is_v4() || switch_on(probe, IPPROTO_IPV6, IPV6_V6ONLY)) &&
                      bind(probe.number(), at.data(), static_cast<socklen_t>(at.size())) == 0;
    return free ? error_code{} : system_error();
}

result<asio::ip::tcp::endpoint> bound_endpoint(const unique_descriptor& socket)
{
    asio::ip::tcp::endpoint at;
    auto size = static_cast<socklen_t>(at.capacity());
    if (getsockname(socket.number(), at.data(), &size) != 0) return system_error();
    at.resize(size);
    return at;
}

result<unique_descriptor> listen_unix(const unix_path& at, int backlog)
{
    const auto address = to_sockaddr(at);
    if (!address) return address.error();
    unique_descriptor made{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!made.is_open()) return system_error();
    if (!bind_unix(made, *address)) {
        const error_code why = system_error();
        if (why.value() != EADDRINUSE || !is_stale(*address)) return why;
        if (unlink(address->sun_path) != 0 || !bind_unix(made, *address)) return system_error();
    }
    if (listen(made.number(), backlog) != 0) return system_error();
    return made;
}

} // namespace latchkey
