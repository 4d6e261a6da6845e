// A store, opened by a command itself as a server would open it: by the command line, LATCHKEY_ variables and
// --config. For the process's only thread.
#pragma once

#include "auth/pepper.hpp"
#include "server/cli/command_line.hpp"
#include "server/config.hpp"
#include "server/log.hpp"
#include "storage/run_to_end.hpp"
#include "storage/siphash.hpp"
#include "storage/store.hpp"

#include <memory>
#include <optional>

namespace latchkey::cli {

// The settings that say which store, from the options of a command that are options of `latchkey serve`
// too. Throws command_failure (usage): with memory:, which is nobody's but a server's, as well.
config store_settings(const invocation& given);

class store_access {
public:
    static constexpr std::size_t keys_at_once = 256; // that it is asked for, or given, before it has answered

    // Throws command_failure. `id_tag_key` as for open_store.
    store_access(config settings, const std::optional<siphash_key>& id_tag_key = {});

    // Writes down what waits to be written.
    ~store_access();

    store_access(const store_access&) = delete;
    store_access& operator=(const store_access&) = delete;

    store& records() const noexcept { return *records_; }
    const config& settings() const noexcept { return settings_; }
    const pepper_set& peppers() const noexcept { return peppers_; }
    const clock& now() const noexcept { return now_; }

    template <class T>
    T run(task<T> work)
    {
        return run_to_end(context_, std::move(work));
    }

private:
    const config settings_;
    const steady_wall_clock now_;
    const logger log_;
    asio::io_context context_{1};
    pepper_set peppers_;
    std::unique_ptr<store> records_;
};

// How far long work has come, on standard error and only if that is a terminal.
class progress_line {
public:
    explicit progress_line(std::string_view what);
    ~progress_line(); // wipes it

    progress_line(const progress_line&) = delete;
    progress_line& operator=(const progress_line&) = delete;

    void show(std::uint64_t count);

private:
    const std::string what_;
    const bool is_shown_;
    std::chrono::steady_clock::time_point next_{};
};

} // namespace latchkey::cli
