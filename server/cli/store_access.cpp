#include "server/cli/store_access.hpp"

#include "server/config_options.hpp"
#include "server/config_process.hpp"
#include "server/pepper_file.hpp"
#include "server/store_opening.hpp"

#include <iostream>
#include <unistd.h>

namespace latchkey::cli {
namespace {

constexpr std::chrono::milliseconds progress_interval{200};

} // namespace

config store_settings(const invocation& given)
{
    std::vector<std::string> flags;
    for (const auto& [name, value] : given.options) {
        if (find_option(name)) flags.emplace_back("--").append(name).append("=").append(value);
    }
    loaded_config loaded = load_config(process_sources(std::move(flags)));
    if (!loaded.errors.empty()) throw command_failure{ending::usage, loaded.errors.front()};
    if (loaded.settings.store.engine == store_engine::memory)
        throw command_failure{ending::usage, "--store memory: is gone with its server; name another store"};
    return std::move(loaded.settings);
}

store_access::store_access(config settings, const std::optional<siphash_key>& id_tag_key)
    : settings_{std::move(settings)},
      log_{log_level::warning, log_format::text, now_}
{
    auto peppers = load_peppers(settings_.pepper_file);
    if (!peppers) throw command_failure{ending::usage, peppers.error().message};
    peppers_ = std::move(*peppers);
    auto opened = open_store(settings_, now_, context_, log_, id_tag_key);
    if (!opened) {
        const bool is_away = settings_.store.engine == store_engine::redis;
        throw command_failure{is_away ? ending::unreachable : ending::failed, opened.error().message};
    }
    records_ = std::move(*opened);
}

store_access::~store_access()
{
    try {
        close_store(*records_, context_, log_);
    } catch (const std::exception& failure) {
        log_.warning("closing the store failed", {{"problem", failure.what()}});
    }
}

progress_line::progress_line(std::string_view what) : what_{what}, is_shown_{::isatty(STDERR_FILENO) == 1} {}

progress_line::~progress_line()
{
    if (is_shown_) std::cerr << "\r\x1b[K" << std::flush;
}

void progress_line::show(std::uint64_t count)
{
    const auto now = std::chrono::steady_clock::now();
    if (!is_shown_ || now < next_) return;
    next_ = now + progress_interval;
    std::cerr << "\r\x1b[K" << count << ' ' << what_ << std::flush;
}

} // namespace latchkey::cli
