// latchkey: the program. Exit status: 0 all is well, 1 something failed, 2 the command line or the
// configuration is wrong.
#include "server/commands.hpp"

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

int main(int argc, char* argv[])
{
    // A peer that is gone is an error code of write(2), and so is a file that may not grow further.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    try {
        return latchkey::run_command({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "latchkey: %s\n", error.what());
        return 1;
    }
}
