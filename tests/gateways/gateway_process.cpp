#include "tests/gateways/gateway_process.hpp"

#include "tests/support/file_text.hpp"
#include "tests/support/patience.hpp"

#include <boost/asio/io_context.hpp>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;

constexpr int most_tries = 10; // at finding a port that nobody takes before the gateway does

// A text that is not there would leave the gateway with an address that is not the test's.
void replace(std::string& text, std::string_view what, std::string_view by)
{
    std::size_t at = text.find(what);
    if (at == std::string::npos)
        throw std::runtime_error{"no " + std::string{what} + " in the configuration"};
    for (; at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
}

// What an operator's own nginx.conf has around the file: here without privileges, in one process.
std::string nginx_around(const std::string& included, const temporary_directory& directory)
{
    std::string text = "daemon off;\nmaster_process off;\nerror_log stderr;\npid " +
                       directory.file("nginx.pid") + ";\nevents {}\nhttp {\naccess_log off;\n";
    for (const char* what : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
        text += std::string{what} + "_temp_path " + directory.file(what) + ";\n";
    return text + "include " + included + ";\n}\n";
}

std::vector<char*> pointers_to(std::vector<std::string>& texts)
{
    std::vector<char*> pointers;
    for (std::string& text : texts)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

} // namespace

std::string to_string(gateway kind)
{
    switch (kind) {
    case gateway::nginx: return "nginx";
    case gateway::haproxy: return "haproxy";
    case gateway::caddy: return "caddy";
    }
    return {};
}

std::uint16_t free_loopback_port()
{
    boost::asio::io_context context;
    const tcp::acceptor taken{context, tcp::endpoint{boost::asio::ip::address_v4::loopback(), 0}};
    return taken.local_endpoint().port();
}

gateway_process::gateway_process(gateway kind, std::string latchkey, std::string service, std::string action)
    : kind_{kind},
      latchkey_{std::move(latchkey)},
      service_{std::move(service)},
      action_{std::move(action)}
{
    if (action_.empty()) action_.append(GATEWAY_FILES).append("/latchkey.lua");
    for (int tries = 0; tries < most_tries; ++tries) {
        port_ = free_loopback_port();
        if (try_start()) return;
    }
    throw std::runtime_error{to_string(kind_) + " does not start: " + output()};
}

gateway_process::~gateway_process()
{
    stop();
}

http_client gateway_process::connect() const
{
    return http_client{tcp::endpoint{boost::asio::ip::address_v4::loopback(), port_}};
}

std::vector<std::string> gateway_process::write_configuration() const
{
    const std::string source = GATEWAY_FILES;
    const std::string file = directory_.file("gateway.conf");
    const std::string port = std::to_string(port_);
    const auto write = [&](const char* name, std::string_view listen, const std::string& there) {
        std::string text = contents_of(source + "/" + name);
        replace(text, "127.0.0.1:7080", latchkey_);
        replace(text, "127.0.0.1:8080", service_);
        replace(text, listen, there);
        if (kind_ == gateway::haproxy) replace(text, "/etc/haproxy/latchkey.lua", action_);
        std::ofstream{file} << text;
    };
    switch (kind_) {
    case gateway::nginx: {
        write("nginx.conf", "127.0.0.1:8000", "127.0.0.1:" + port);
        const std::string main = directory_.file("nginx.conf");
        std::ofstream{main} << nginx_around(file, directory_);
        return {"nginx", "-e", "stderr", "-p", directory_.file(""), "-c", main};
    }
    case gateway::haproxy:
        write("haproxy.cfg", "127.0.0.1:8000", "127.0.0.1:" + port);
        return {"haproxy", "-db", "-f", file};
    case gateway::caddy:
        write("Caddyfile", "http://:8000", "http://:" + port);
        return {"caddy", "run", "--config", file, "--adapter", "caddyfile"};
    }
    return {};
}

void gateway_process::start_child(std::vector<std::string> command)
{
    // Where Debian has them, which is not in everybody's PATH; Caddy wants a home.
    std::vector<std::string> environment{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                         "HOME=" + directory_.file("")};
    const std::vector<char*> arguments = pointers_to(command);
    const std::vector<char*> variables = pointers_to(environment);
    const std::string log = directory_.file("output.txt");
    const pid_t parent = ::getpid();
    child_ = ::fork();
    if (child_ < 0) throw std::system_error{errno, std::generic_category(), "fork"};
    if (child_ > 0) return;
    // From here to exec nothing that allocates. Ends with the test, also when that crashes.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(file, STDOUT_FILENO);
    ::dup2(file, STDERR_FILENO);
    ::execvpe(arguments[0], arguments.data(), variables.data());
    ::_exit(127);
}

// False: it ended at once, which means that its port was taken.
bool gateway_process::try_start()
{
    start_child(write_configuration());
    const auto end = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < end) {
        if (::waitpid(child_, nullptr, WNOHANG) == child_) {
            child_ = -1;
            return false;
        }
        try {
            static_cast<void>(connect());
            return true;
        } catch (const std::system_error&) {
            std::this_thread::sleep_for(10ms);
        }
    }
    const std::string said = output();
    stop();
    throw std::runtime_error{to_string(kind_) + " does not listen: " + said};
}

std::string gateway_process::output() const
{
    return contents_of(directory_.file("output.txt"));
}

void gateway_process::stop() noexcept
{
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL); // one process each, with nothing to put in order
    ::waitpid(child_, nullptr, 0);
    child_ = -1;
}

} // namespace latchkey::test
