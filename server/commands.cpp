#include "server/commands.hpp"

#include "auth/crypto.hpp"
#include "server/cli/command_line.hpp"
#include "server/cli/guides.hpp"
#include "server/serve.hpp"
#include "storage/audit_head.hpp"
#include "storage/audit_line.hpp"
#include "storage/audit_verify.hpp"
#include "storage/hex_text.hpp"

#include <iostream>

namespace latchkey {
namespace {

constexpr const char* verify_help =
    "latchkey audit verify [--from-middle] FILE...\n"
    "\n"
    "Checks that no line of an audit log was changed, removed, moved or put in. With one FILE its rotated\n"
    "siblings are walked first, with several exactly those, in order. The end is checked against the head\n"
    "record FILE.head, which the server keeps beside the log; without one, that is said and nothing more.\n"
    "\n"
    "  --from-middle   the log may begin behind entry 1: older parts were archived elsewhere on purpose\n"
    "\n"
    "Exit status:\n"
    "  0   no alteration was found\n"
    "  1   the log or its head record was altered, the beginning is missing without --from-middle, or an\n"
    "      entry `alarm` of a server says that the log had been altered when it started\n"
    "  2   wrong usage, or something cannot be read\n"
    "\n"
    "Who can write the log and its head record can write both anew: keep the digest that this prints "
    "elsewhere.\n";

constexpr int status(exit_status value) noexcept
{
    return static_cast<int>(value);
}

int usage_fault(const std::string& what)
{
    std::cerr << "latchkey: " << what << "; `latchkey help` lists the commands\n";
    return status(exit_status::usage);
}

int tell_fault(const audit_verdict& found)
{
    const audit_fault& fault = *found.fault;
    if (fault.what == audit_damage::unreadable) {
        std::cerr << "latchkey: " << fault.file << ' ' << fault.reason << '\n';
        return status(exit_status::unreadable);
    }
    std::cout << "ALTERED (" << to_string(fault.what) << "): " << fault.file;
    if (fault.line != 0) std::cout << ", line " << fault.line;
    std::cout << ": " << fault.reason << '\n' << found.entries << " entries before it are whole.\n";
    return status(exit_status::failure);
}

// What else there is to find in a chain without a fault.
int tell_alterations(const audit_verdict& found, bool from_middle)
{
    int outcome = status(exit_status::success);
    if (found.is_continuation() && !from_middle) {
        std::cout << "ALTERED (removed): " << found.files.front() << " begins with entry " << found.first_seq
                  << ", and what came before is not here. If it was archived elsewhere on purpose, say"
                     " --from-middle.\n";
        outcome = status(exit_status::failure);
    }
    if (found.alarm_seq != 0) {
        std::cout << "ALTERED (alarm): entry " << found.alarm_seq
                  << " says that the log had been altered when a server started on it; its additional_fields"
                     " say how.\n";
        outcome = status(exit_status::failure);
    }
    return outcome;
}

void tell_extent(const audit_verdict& found, const std::string& last_file)
{
    std::cout << found.entries << " entries in " << found.files.size()
              << (found.files.size() == 1 ? " file" : " files");
    if (found.entries != 0) {
        std::cout
            << ", sequence " << found.first_seq << " to " << found.last_seq
            << ".\nDigest of the last line (keep it elsewhere to prove later that nothing was cut off): "
            << to_hex(found.last_digest);
    }
    std::cout << '\n';
    if (found.is_continuation()) std::cout << "The log goes on from an older part that is not here.\n";
    if (!found.head_seq)
        std::cout << "The end could not be checked: there is no head record " << head_name(last_file)
                  << ". A changed last line or lines cut off the end would not be found.\n";
    else if (*found.head_seq < found.last_seq)
        std::cout << "The head record vouches for the entries up to " << *found.head_seq
                  << "; those behind were written after it, as a crash or --audit-sync leaves them.\n";
}

int verify_audit(const std::vector<std::string>& files, bool from_middle)
{
    const audit_verdict found =
        files.size() == 1 ? verify_audit_log(files.front(), sha256) : verify_audit_files(files, sha256);
    if (found.fault) return tell_fault(found);
    const int outcome = tell_alterations(found, from_middle);
    std::cout << (outcome == 0 ? "OK: " : "Otherwise whole: ");
    tell_extent(found, files.back());
    return outcome;
}

int verify_audit_command(const std::vector<std::string>& words)
{
    bool from_middle = false;
    std::vector<std::string> files;
    for (auto word = words.begin() + 2; word != words.end(); ++word) {
        if (*word == "--help" || *word == "-h") {
            std::cout << verify_help;
            return status(exit_status::success);
        }
        if (*word == "--from-middle")
            from_middle = true;
        else if (word->starts_with("-"))
            return usage_fault("`latchkey audit verify` does not know " + *word);
        else
            files.push_back(*word);
    }
    if (files.empty()) return usage_fault("`latchkey audit verify` needs a FILE");
    return verify_audit(files, from_middle);
}

// `latchkey help tokens create` is `latchkey tokens create --help`; topics are no commands.
int help_command(const std::vector<std::string>& words)
{
    if (words.size() == 1) {
        std::cout << cli::overview_text();
        return status(exit_status::success);
    }
    for (const cli::guide& one : cli::guides()) {
        if (words.size() != 2 || one.topic != words[1]) continue;
        std::cout << one.text;
        return status(exit_status::success);
    }
    std::vector<std::string> asked{words.begin() + 1, words.end()};
    asked.emplace_back("--help");
    return asked.front() == "help" ? help_command({"help"}) : run_command(asked);
}

} // namespace

int run_command(const std::vector<std::string>& words)
{
    if (words.empty()) {
        std::cerr << cli::overview_text();
        return status(exit_status::usage);
    }
    const std::string& command = words.front();
    if (command == "serve") return serve({words.begin() + 1, words.end()});
    if (command == "audit" && words.size() > 1 && words[1] == "verify") return verify_audit_command(words);
    if (command == "version" || command == "--version") {
        std::cout << "latchkey " LATCHKEY_VERSION "\n";
        return status(exit_status::success);
    }
    if (command == "help" || command == "--help" || command == "-h") return help_command(words);
    if (cli::is_command_word(command)) return cli::run(words);
    return usage_fault("there is no command `" + command + "`");
}

} // namespace latchkey
