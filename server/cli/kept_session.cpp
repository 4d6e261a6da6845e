#include "server/cli/kept_session.hpp"

#include "server/cli/command_line.hpp"
#include "server/cli/secret_input.hpp"
#include "server/cli/server_client.hpp"
#include "storage/file_descriptor.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace latchkey::cli {
namespace {

std::string directory()
{
    const char* const config = std::getenv("XDG_CONFIG_HOME");
    if (config && *config == '/') return std::string{config} + "/latchkey";
    const char* const home = std::getenv("HOME");
    if (home && *home == '/') return std::string{home} + "/.config/latchkey";
    return {};
}

std::string session_file()
{
    const std::string place = directory();
    return place.empty() ? place : place + "/session";
}

[[noreturn]] void fail(const std::string& what, const std::string& why)
{
    throw command_failure{ending::failed, what + ": " + why};
}

} // namespace

std::optional<kept_session> read_session()
{
    const std::string path = session_file();
    struct stat facts {};
    if (path.empty() || ::stat(path.c_str(), &facts) != 0) return {};
    if ((facts.st_mode & 077) != 0)
        fail(path, "others can read it, so it is not used; `chmod 600` it, or log in again");
    const secret_text text = read_secret_file(path, "the session");
    error_code ec;
    const json::value value = json::parse({text.expose().data(), text.size()}, ec);
    if (ec) fail(path, "it is damaged; log in again");
    return kept_session{.url = text_of(value, "url"),
                        .ca_file = text_of(value, "ca_file"),
                        .token = secret_text{text_of(value, "token")},
                        .is_own = text_of(value, "is_own") == "true"};
}

void write_session(const kept_session& kept)
{
    const std::string place = directory();
    if (place.empty()) fail("the session cannot be kept", "neither XDG_CONFIG_HOME nor HOME is set");
    std::error_code ec;
    std::filesystem::create_directories(std::filesystem::path{place}.parent_path(), ec);
    if (::mkdir(place.c_str(), 0700) != 0 && errno != EEXIST)
        fail(place, std::generic_category().message(errno));
    ::chmod(place.c_str(), 0700);
    const std::string fresh = session_file() + ".new";
    ::unlink(fresh.c_str());
    std::string text = json::serialize(json::object{{"url", kept.url},
                                                    {"ca_file", kept.ca_file},
                                                    {"token", std::string{kept.token.expose()}},
                                                    {"is_own", kept.is_own}}) +
                       "\n";
    const auto file = open_file(fresh, O_WRONLY | O_CREAT | O_EXCL | O_APPEND);
    if (!file) fail(fresh, file.error().message());
    const error_code written = append_all(*file, text);
    wipe_memory(text.data(), text.size());
    if (written) fail(fresh, written.message());
    if (::rename(fresh.c_str(), session_file().c_str()) != 0)
        fail(session_file(), std::generic_category().message(errno));
}

bool remove_session()
{
    const std::string path = session_file();
    if (path.empty() || ::unlink(path.c_str()) == 0) return !path.empty();
    if (errno == ENOENT) return false;
    fail(path, std::generic_category().message(errno));
}

} // namespace latchkey::cli
