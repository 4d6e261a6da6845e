#include "tests/support/redis_server.hpp"

#include "storage/redis_command.hpp"
#include "storage/redis_reader.hpp"
#include "tests/support/patience.hpp"

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

constexpr int most_tries = 10; // at finding a port that nobody takes before the server does

[[noreturn]] void fail(const char* what)
{
    throw std::system_error{errno, std::generic_category(), what};
}

class unique_socket {
public:
    explicit unique_socket(int number) : number_{number}
    {
        if (number < 0) fail("socket");
    }
    unique_socket(const unique_socket&) = delete;
    unique_socket& operator=(const unique_socket&) = delete;
    ~unique_socket() { ::close(number_); }

    int number() const noexcept { return number_; }

private:
    int number_;
};

std::uint16_t free_port()
{
    const unique_socket probe{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(probe.number(), generic, size) != 0) fail("bind");
    if (::getsockname(probe.number(), generic, &size) != 0) fail("getsockname");
    return ntohs(address.sin_port);
}

// One command, one reply, over a socket file.
class blocking_client {
public:
    explicit blocking_client(const std::string& path)
        : socket_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)}
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        if (::connect(socket_.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            fail("connect to redis-server");
        const timeval socket_timeout{.tv_sec = patience.count(), .tv_usec = 0};
        setsockopt(socket_.number(), SOL_SOCKET, SO_RCVTIMEO, &socket_timeout, sizeof socket_timeout);
    }

    redis_reply ask(const redis_command& command)
    {
        std::string bytes;
        command.append_to(bytes);
        for (std::string_view rest = bytes; !rest.empty();) {
            const ssize_t sent = ::write(socket_.number(), rest.data(), rest.size());
            if (sent < 0) fail("write to redis-server");
            rest.remove_prefix(static_cast<std::size_t>(sent));
        }
        redis_reply reply;
        while (reader_.next(reply) != redis_reader::outcome::reply) {
            char block[4096];
            const ssize_t count = ::read(socket_.number(), block, sizeof block);
            if (count <= 0) throw std::runtime_error{"redis-server hangs up"};
            reader_.feed({block, static_cast<std::size_t>(count)});
        }
        return reply;
    }

private:
    unique_socket socket_;
    redis_reader reader_;
};

} // namespace

redis_server::redis_server(redis_server_options options) : options_{std::move(options)}
{
    for (int tries = 0; tries < most_tries; ++tries) {
        port_ = free_port();
        if (options_.is_cluster_node) bus_port_ = free_port();
        if (try_start()) return;
    }
    throw std::runtime_error{"redis-server does not start"};
}

redis_server::~redis_server()
{
    if (child_ > 0) kill();
}

redis_endpoint redis_server::endpoint() const
{
    using transport = redis_address::transport;
    return {.address = {.via = options_.certificates == nullptr ? transport::tcp : transport::tls,
                        .host = "127.0.0.1",
                        .port = port_,
                        .path = {}},
            .login = {.user = {}, .password = options_.password, .database = 0}};
}

std::string redis_server::url() const
{
    std::string text = options_.certificates == nullptr ? "redis://" : "rediss://";
    if (!options_.password.empty()) text += ':' + options_.password + '@';
    return text + "127.0.0.1:" + std::to_string(port_);
}

int redis_server::calls_of(const std::string& command) const
{
    const std::string stats = ask({"INFO", "commandstats"}).text;
    const std::string name = "cmdstat_" + command + ":calls=";
    const std::size_t at = stats.find(name);
    return at == stats.npos ? 0 : std::stoi(stats.substr(at + name.size()));
}

redis_reply redis_server::ask(const std::vector<std::string>& words) const
{
    blocking_client client{socket_path()};
    if (!options_.password.empty()) {
        redis_command login{"AUTH"};
        client.ask(login.arg(options_.password));
    }
    redis_command command{words.at(0)};
    for (std::size_t index = 1; index < words.size(); ++index)
        command.arg(words[index]);
    return client.ask(command);
}

void redis_server::pause() const
{
    // Only once it says so is the process stopped.
    ::kill(child_, SIGSTOP);
    int status = 0;
    if (::waitpid(child_, &status, WUNTRACED) != child_ || !WIFSTOPPED(status)) fail("SIGSTOP");
}

void redis_server::resume() const
{
    ::kill(child_, SIGCONT);
}

void redis_server::kill()
{
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    child_ = -1;
}

void redis_server::start()
{
    if (!try_start()) throw std::runtime_error{"redis-server does not start again"};
}

// False: it ended at once, which means that its port was taken.
bool redis_server::try_start()
{
    const std::string file = directory_.file("redis.conf");
    std::ofstream{file} << configuration();
    ::unlink(socket_path().c_str()); // of the one that was killed
    const pid_t parent = ::getpid();
    child_ = ::fork();
    if (child_ < 0) fail("fork");
    if (child_ == 0) {
        // Only async-signal-safe calls from here to exec. Ends with the test, also when that crashes.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(127);
        if (options_.is_sentinel)
            ::execlp("redis-server", "redis-server", file.c_str(), "--sentinel", static_cast<char*>(nullptr));
        else
            ::execlp("redis-server", "redis-server", file.c_str(), static_cast<char*>(nullptr));
        ::_exit(127);
    }
    const auto end = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < end) {
        if (::waitpid(child_, nullptr, WNOHANG) == child_) {
            child_ = -1;
            return false;
        }
        try {
            const redis_reply reply = ask({"PING"});
            if (reply.is_status("PONG")) return true;
        } catch (const std::exception&) {
            // not listening yet
        }
        std::this_thread::sleep_for(2ms);
    }
    kill();
    return false;
}

std::string redis_server::configuration() const
{
    const std::string port = std::to_string(port_);
    std::string text = "bind 127.0.0.1\nprotected-mode no\nsave \"\"\nappendonly no\ndaemonize no\n"
                       "dir " +
                       directory_.file("") + "\nlogfile " + directory_.file("redis.log") + "\nunixsocket " +
                       socket_path() + "\n";
    if (options_.certificates == nullptr) {
        text += "port " + port + "\n";
    } else {
        text += "port 0\ntls-port " + port + "\ntls-ca-cert-file " + options_.certificates->ca() +
                "\ntls-cert-file " + options_.certificates->server_certificate() + "\ntls-key-file " +
                options_.certificates->server_key() + "\ntls-auth-clients " +
                (options_.wants_client_certificate ? "yes\n" : "no\n");
    }
    if (!options_.password.empty()) text += "requirepass " + options_.password + "\n";
    if (options_.is_cluster_node)
        text += "cluster-enabled yes\ncluster-port " + std::to_string(bus_port_) + "\n";
    for (const std::string& line : options_.settings)
        text += line + "\n";
    return text;
}

} // namespace latchkey::test
