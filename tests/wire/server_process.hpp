// The real program as a child process over a database file, listening on a unix socket. Killed, if it still
// runs, when the owner goes.
#pragma once

#include "tests/support/http_client.hpp"
#include "tests/support/temporary_directory.hpp"

#include <set>
#include <string>
#include <sys/types.h>
#include <vector>

namespace latchkey::test {

// Runs the program to its end with these arguments; what it wrote goes to `output`. Returns its exit code,
// or 128 + the signal that ended it.
int run_program(const std::vector<std::string>& arguments, const std::string& output);

class server_process {
public:
    // The files live in `directory`, so that a second process can go on where a first one ended.
    // `first_user`: created at start from the environment.
    // `early_signal`: sent as soon as the program has opened its database, long before it answers.
    // `more_flags`: of `latchkey serve`, behind those that this needs.
    explicit server_process(const temporary_directory& directory,
                            int early_signal = 0,
                            std::vector<std::string> more_flags = {});
    server_process(const server_process&) = delete;
    server_process& operator=(const server_process&) = delete;
    ~server_process();

    http_client connect() const;

    void send_signal(int number) const;

    // The names of its threads, as /proc tells them.
    std::set<std::string> thread_names() const;

    // Exit code, or 128 + the signal that ended it. Throws when it does not end in time.
    int wait();

    static std::string audit_file(const temporary_directory& directory)
    {
        return directory.file("audit.log");
    }
    static std::string output_file(const temporary_directory& directory)
    {
        return directory.file("output.txt");
    }

    static constexpr const char* email = "root@example.com";
    static constexpr const char* password = "CanaryPassword!731";

private:
    std::string socket_;
    pid_t child_ = -1;
};

} // namespace latchkey::test
