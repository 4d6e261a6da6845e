#include "server/commands.hpp"

#include "auth/crypto.hpp"
#include "server/serve.hpp"
#include "storage/audit_line.hpp"
#include "storage/audit_verify.hpp"

#include <iostream>

namespace latchkey {
namespace {

constexpr const char* help =
    "Latchkey issues, lists, expires, revokes and verifies API tokens.\n"
    "\n"
    "  latchkey serve [FLAGS]            run the server; `latchkey serve --help` lists the flags\n"
    "  latchkey audit verify FILE...     check the chain of an audit log; with one FILE its rotated\n"
    "                                    siblings are walked first, with several exactly those, in order\n"
    "  latchkey version                  print the version\n"
    "  latchkey help                     print this\n"
    "\n"
    "Exit status: 0 all is well, 1 something failed or the log was altered, 2 wrong usage.\n";

constexpr int status(exit_status value) noexcept
{
    return static_cast<int>(value);
}

int usage_fault(const std::string& what)
{
    std::cerr << "latchkey: " << what << "; `latchkey help` lists the commands\n";
    return status(exit_status::usage);
}

int verify_audit(const std::vector<std::string>& files)
{
    const audit_verdict found =
        files.size() == 1 ? verify_audit_log(files.front(), sha256) : verify_audit_files(files, sha256);
    if (found.fault) {
        std::cout << "ALTERED (" << to_string(found.fault->what) << "): " << found.fault->file;
        if (found.fault->line != 0) std::cout << ", line " << found.fault->line;
        std::cout << ": " << found.fault->reason << '\n'
                  << found.entries << " entries before it are whole.\n";
        return status(exit_status::failure);
    }
    std::cout << "OK: " << found.entries << " entries in " << found.files.size()
              << (found.files.size() == 1 ? " file" : " files");
    if (found.entries != 0) {
        std::cout
            << ", sequence " << found.first_seq << " to " << found.last_seq
            << ".\nDigest of the last line (keep it elsewhere to prove later that nothing was cut off): "
            << to_hex(found.last_digest);
    }
    std::cout << '\n';
    if (found.is_continuation()) std::cout << "The log goes on from an older part that is not here.\n";
    return status(exit_status::success);
}

int audit_command(const std::vector<std::string>& words)
{
    if (words.size() < 2 || words[1] != "verify")
        return usage_fault("`latchkey audit` knows `verify FILE...`");
    if (words.size() == 2) return usage_fault("`latchkey audit verify` needs a FILE");
    return verify_audit({words.begin() + 2, words.end()});
}

} // namespace

int run_command(const std::vector<std::string>& words)
{
    if (words.empty()) {
        std::cerr << help;
        return status(exit_status::usage);
    }
    const std::string& command = words.front();
    if (command == "serve") return serve({words.begin() + 1, words.end()});
    if (command == "audit") return audit_command(words);
    if (command == "version" || command == "--version") {
        std::cout << "latchkey " LATCHKEY_VERSION "\n";
        return status(exit_status::success);
    }
    if (command == "help" || command == "--help" || command == "-h") {
        std::cout << help;
        return status(exit_status::success);
    }
    return usage_fault("there is no command `" + command + "`");
}

} // namespace latchkey
