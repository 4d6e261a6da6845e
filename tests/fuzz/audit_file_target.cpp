// A whole audit log as somebody left it: `latchkey audit verify` must find a fault in everything that is not
// the chain it claims to be, and a server that starts on it must repair what a crash leaves, refuse the rest,
// and write on so that the chain holds.
#include "auth/crypto.hpp"
#include "storage/audit_file.hpp"
#include "storage/audit_line.hpp"
#include "storage/audit_verify.hpp"
#include "storage/clock.hpp"
#include "storage/worker_pool.hpp"
#include "tests/fuzz/run_to_end.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/support/fake_clock.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

namespace latchkey::fuzz {
namespace {

// One for the process, in memory where the system has such a place.
const std::string& folder()
{
    static const struct owned_folder {
        std::string path;
        owned_folder()
        {
            const bool has_memory = ::access("/dev/shm", W_OK) == 0;
            path = has_memory ? "/dev/shm/latchkey-fuzz-XXXXXX" : "/tmp/latchkey-fuzz-XXXXXX";
            MUST(::mkdtemp(path.data()) != nullptr);
        }
        ~owned_folder()
        {
            std::error_code ignored;
            std::filesystem::remove_all(path, ignored);
        }
    } made;
    return made.path;
}

std::string chain_of(choices& from)
{
    std::string log;
    audit_link link;
    for (std::size_t entries = from.byte() % 4; entries > 0; --entries) {
        audit_entry entry;
        entry.action = "create";
        entry.resource_type = "api_key";
        entry.outcome = "allowed";
        entry.resource_target = from.text(from.byte() % 8);
        std::string line;
        ++link.seq;
        append_audit_line(line, audit_text{entry}, link);
        link.prev = sha256(line);
        log += line;
        log += '\n';
    }
    return log;
}

void write(const std::string& path, const std::string& bytes)
{
    std::ofstream out{path, std::ios::binary | std::ios::trunc};
    out << bytes;
}

} // namespace

void play_audit_file(std::string_view input)
{
    static test::fake_clock time;
    static worker_pool pool{1, 16};
    const std::string path = folder() + "/audit.log";
    for (const auto& left : std::filesystem::directory_iterator{folder()})
        std::filesystem::remove_all(left.path());

    choices from{input};
    std::string log = chain_of(from);
    const std::size_t whole = log.size();
    const bool is_overwritten = from.byte() % 4 == 3;
    const std::size_t at = is_overwritten && whole > 0 ? (from.byte() * 256u + from.byte()) % whole : whole;
    log.replace(at, std::min(log.size() - at, from.rest().size()), from.rest());
    write(path, log);
    const audit_verdict found = verify_audit_files({path}, sha256);
    MUST(found.fault || found.entries == 0 || found.last_seq == found.first_seq + found.entries - 1);

    audit_options options{.path = path, .digest_of = sha256, .sync = audit_sync::never};
    auto opened = audit_file::open(options, time, pool);
    if (!opened) {
        MUST(!opened.error().message.empty());
        return;
    }
    audit_entry entry;
    entry.action = "write";
    MUST(run_to_end((*opened)->append(std::move(entry))).has_value());
    (*opened)->close();
    const audit_verdict after = verify_audit_log(path, sha256);
    if (!found.fault || found.fault->what == audit_damage::torn)
        MUST(!after.fault && after.last_seq > found.last_seq);
}

} // namespace latchkey::fuzz
