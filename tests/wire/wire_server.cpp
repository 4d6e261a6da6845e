#include "tests/wire/wire_server.hpp"

#include "server/application.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace latchkey::test {
namespace {

config
settings_for(const std::string& store, std::vector<std::string> flags, const temporary_directory& directory)
{
    config_sources sources;
    auto& arguments = sources.arguments;
    arguments = {"--listen=127.0.0.1:0", "--threads=2", "--audit-sync=never"};
    arguments.emplace_back("--audit-log=").append(directory.file("audit.log"));
    arguments.emplace_back("--store=").append(store);
    for (const std::string name : {"--api-rate-limit", "--canary-interval"}) {
        const auto is_given = [&](const std::string& flag) { return flag.starts_with(name); };
        if (std::ranges::none_of(flags, is_given)) flags.push_back(name + "=0");
    }
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    loaded_config loaded = load_config(sources);
    if (!loaded.errors.empty()) throw std::runtime_error{loaded.errors.front()};
    return std::move(loaded.settings);
}

} // namespace

std::string to_string(engine store)
{
    switch (store) {
    case engine::memory: return "memory";
    case engine::sqlite: return "sqlite";
    case engine::redis: return "redis";
    }
    return {};
}

engine any_engine()
{
    return GENERATE(engine::memory, engine::sqlite, engine::redis);
}

wire_server::wire_server(engine store, std::vector<std::string> flags)
    : log_{log_level::debug, log_format::text, clock_, [this](std::string_view line) { keep(line); }}
{
    std::string location = "memory:";
    if (store == engine::sqlite) location = "sqlite:" + directory_.file("latchkey.db");
    if (store == engine::redis) {
        redis_ = std::make_shared<redis_server>();
        location = redis_->url();
    }
    start(location, std::move(flags));
}

wire_server::wire_server(const std::string& store, std::vector<std::string> flags)
    : log_{log_level::debug, log_format::text, clock_, [this](std::string_view line) { keep(line); }}
{
    start(store, std::move(flags));
}

wire_server::wire_server(const wire_server& other, std::vector<std::string> flags)
    : redis_{other.redis_},
      log_{log_level::debug, log_format::text, clock_, [this](std::string_view line) { keep(line); }}
{
    start(redis_->url(), std::move(flags));
}

void wire_server::start(const std::string& store, std::vector<std::string> flags)
{
    auto started = application::start(settings_for(store, std::move(flags), directory_), log_);
    if (!started) throw std::runtime_error{started.error().message};
    running_ = std::move(*started);
}

wire_server::~wire_server()
{
    stop();
}

void wire_server::stop()
{
    if (!running_) return;
    running_->begin_stop(stop_mode::at_once);
    running_->wait_until_stopped();
}

// Errors are for whoever looks at a failed test as well.
void wire_server::keep(std::string_view line)
{
    const std::lock_guard lock{logging_};
    logged_ += line;
    if (line.find(" ERROR ") != std::string_view::npos) standard_error_sink()(line);
}

std::string wire_server::logged() const
{
    const std::lock_guard lock{logging_};
    return logged_;
}

http_client wire_server::connect() const
{
    return http_client{address()};
}

listen_address wire_server::address() const
{
    return running_->addresses().front();
}

} // namespace latchkey::test
