// The server's own log on standard error, for its operator: what started, stopped and failed. Not the audit
// log (storage/audit_log.hpp). main owns the one logger; every thread may use it.
#pragma once

#include "storage/clock.hpp"

#include <boost/system/error_code.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace latchkey {

enum class log_level { debug, info, warning, error };

enum class log_format {
    text, // 2026-01-02T03:04:05.678Z INFO    message           key=value key="two words"
    json, // {"time":"2026-01-02T03:04:05.678Z","level":"info","message":"message","key":"value"}
};

// A name and a value, views into what the caller holds for the length of the call. There is no way from a
// secret_text or token_secret into one, and tests keep it so.
class log_field {
public:
    using value_type =
        std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool, boost::system::error_code>;

    log_field(std::string_view name, std::string_view text) noexcept : name_{name}, value_{text} {}
    log_field(std::string_view name, const char* text) noexcept : log_field{name, std::string_view{text}} {}
    log_field(std::string_view name, const std::string& text) noexcept
        : log_field{name, std::string_view{text}}
    {}
    log_field(std::string_view name, boost::system::error_code ec) noexcept : name_{name}, value_{ec} {}
    log_field(std::string_view name, std::same_as<bool> auto flag) noexcept : name_{name}, value_{flag} {}
    log_field(std::string_view name, std::floating_point auto number) noexcept
        : name_{name},
          value_{static_cast<double>(number)}
    {}

    template <std::integral Number>
    requires(!std::same_as<Number, bool> && !std::same_as<Number, char>)
        log_field(std::string_view name, Number number)
    noexcept : name_{name}, value_{widened(number)} {}

    std::string_view name() const noexcept { return name_; }
    const value_type& value() const noexcept { return value_; }

private:
    template <class Number>
    static auto widened(Number number) noexcept
    {
        return static_cast<std::conditional_t<std::is_signed_v<Number>, std::int64_t, std::uint64_t>>(number);
    }

    std::string_view name_;
    value_type value_;
};

using log_fields = std::initializer_list<log_field>;

// Takes one whole line, its end included. Called from any thread, also from several at once.
using log_sink = std::function<void(std::string_view line)>;

// One write(2) to standard error, so that lines of threads do not mix. Blocks while the reader of a pipe
// does not read: send what is frequent to a counter, not here.
log_sink standard_error_sink();

class logger {
public:
    // `now` outlives the logger.
    logger(log_level least, log_format format, const clock& now, log_sink sink = standard_error_sink());

    void debug(std::string_view message, log_fields fields = {}) const noexcept;
    void info(std::string_view message, log_fields fields = {}) const noexcept;
    void warning(std::string_view message, log_fields fields = {}) const noexcept;
    void error(std::string_view message, log_fields fields = {}) const noexcept;

    bool is_on(log_level level) const noexcept { return level >= least_; }

    // One line if the level is on. Never throws: a line that cannot be made or written is lost.
    void write(log_level level, std::string_view message, log_fields fields = {}) const noexcept;

private:
    log_level least_;
    log_format format_;
    const clock& clock_;
    log_sink sink_;
};

} // namespace latchkey
