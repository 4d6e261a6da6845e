// The configuration: a file, a command line and an environment from the same bytes. Whatever is wrong must
// be told in one line, and what is right must lie within its bounds.
#include "auth/pepper.hpp"
#include "server/address_block.hpp"
#include "server/config.hpp"
#include "server/config_help.hpp"
#include "server/config_sources.hpp"
#include "server/config_values.hpp"
#include "server/listen_address.hpp"
#include "tests/fuzz/target.hpp"

#include <string>
#include <vector>

namespace latchkey::fuzz {
namespace {

bool is_one_line(std::string_view text)
{
    return !text.empty() && text.find_first_of("\n\r") == std::string_view::npos;
}

std::vector<std::string> lines_of(std::string_view text)
{
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        lines.emplace_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

void load(const config_sources& sources)
{
    const loaded_config loaded = load_config(sources);
    for (const std::string& error : loaded.errors)
        MUST(is_one_line(error));
    if (!loaded.errors.empty() || loaded.action != config_action::serve) return;
    const config& settings = loaded.settings;
    MUST(!settings.listen.empty());
    MUST(settings.default_token_lifetime.count() > 0 && settings.max_token_lifetime.count() > 0);
    MUST(settings.drain.count() >= 0 && settings.api_keys_retention.count() >= 0);
    MUST(settings.max_connections > 0);
}

void load_from(std::string_view text)
{
    config_sources sources;
    sources.read_file = [text](const std::string&) -> result<std::string> { return std::string{text}; };
    sources.arguments = lines_of(text);
    load(sources);

    sources.arguments = {"--config", "file"};
    load(sources);

    sources.arguments.clear();
    for (const std::string& line : lines_of(text)) {
        const std::size_t equals = std::min(line.find('='), line.size());
        sources.environment["LATCHKEY_" + line.substr(0, equals)] =
            line.substr(std::min(equals + 1, line.size()));
    }
    load(sources);
}

void read_values(std::string_view text)
{
    if (const auto address = parse_listen_address(text)) {
        const auto again = parse_listen_address(to_string(*address));
        MUST(again && to_string(*again) == to_string(*address));
    }
    const auto store = parse_store_location(text);
    if (store) {
        (void)to_string(*store);
    } else {
        MUST(is_one_line(store.error().message));
    }
    if (const auto url = parse_access_url(text)) MUST(!url->ends_with('/'));
    if (const auto block = address_block::parse(text)) MUST(address_block::parse(block->text()).has_value());
    (void)parse_size(text);
    (void)parse_count(text);
    const auto peppers = pepper_set::parse(text);
    MUST(peppers || is_one_line(peppers.error().text));
}

} // namespace

void play_config(std::string_view input)
{
    load_from(input);
    read_values(input);
}

} // namespace latchkey::fuzz
