#include "server/config.hpp"

#include "auth/quoted_text.hpp"
#include "server/config_options.hpp"
#include "server/config_sources.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <iterator>
#include <optional>
#include <span>
#include <utility>

namespace latchkey {

namespace {

constexpr std::size_t longest_echo = 60;

// All that the strongest place says of one option: places do not mix, also not for lists.
struct option_values {
    const config_option& option;
    std::vector<given_setting*> settings;
};

option_values strongest(const config_option& option, std::span<given_settings> by_strength)
{
    option_values found{option, {}};
    for (given_settings& place : by_strength) {
        for (given_setting& setting : place.settings) {
            if (setting.option == &option) found.settings.push_back(&setting);
        }
        if (!found.settings.empty()) break;
    }
    return found;
}

bool holds_secret(const config_option& option, std::string_view value) noexcept
{
    const bool has_login = option.name == "store" && value.find('@') != value.npos;
    return option.kind == option_kind::secret || has_login;
}

// `LATCHKEY_THREADS (--threads): expected a number from 1 to 256, found "x"`.
std::string value_error(const given_setting& setting, const std::string& expected)
{
    const config_option& option = *setting.option;
    std::string text = setting.origin;
    const std::string flag = "--" + std::string{option.name};
    if (option.is_flag() && setting.origin != flag) text += " (" + flag + ")";
    if (!option.is_flag() && !setting.origin.starts_with("LATCHKEY_"))
        text += " (" + std::string{option.name} + ")";
    text += ": expected " + expected;
    // Of a store that could not be read, nobody knows where a password stands in it.
    const bool may_be_shown = option.kind != option_kind::secret && option.name != "store";
    if (may_be_shown) text += ", found " + in_quotes(std::string_view{setting.value}.substr(0, longest_echo));
    return text;
}

// An empty value takes back what a weaker place or nobody said, where there need not be any.
bool is_unset(const option_values& values) noexcept
{
    return values.option.default_text.empty() && values.settings.size() == 1 &&
           values.settings.front()->value.empty();
}

chosen_setting take_default(config& settings, const config_option& option)
{
    chosen_setting chosen{.option = &option, .values = {}, .is_set = false, .origin = "default"};
    if (option.default_text.empty()) return chosen;
    [[maybe_unused]] const auto wrong = option.take(settings, option.default_text);
    assert(!wrong);
    chosen.values.emplace_back(option.default_text);
    chosen.is_set = true;
    return chosen;
}

chosen_setting take_given(loaded_config& loaded, const option_values& values)
{
    const config_option& option = values.option;
    chosen_setting chosen{
        .option = &option, .values = {}, .is_set = true, .origin = values.settings.front()->origin};
    for (given_setting* setting : values.settings) {
        const auto expected = option.take(loaded.settings, setting->value);
        if (expected) loaded.errors.push_back(value_error(*setting, *expected));
        if (holds_secret(option, setting->value)) {
            wipe_memory(setting->value.data(), setting->value.size());
        } else {
            chosen.values.push_back(setting->value);
        }
    }
    return chosen;
}

std::string config_path(const given_settings& arguments, const given_settings& environment)
{
    for (const auto* place : {&arguments, &environment}) {
        for (const auto& setting : place->settings) {
            if (setting.option->name == "config") return setting.value;
        }
    }
    return {};
}

given_settings read_config_file(const config_sources& sources, const std::string& path)
{
    if (path.empty()) return {};
    auto text = sources.read_file(path);
    if (!text) {
        given_settings unreadable;
        unreadable.errors.push_back("--config: cannot read " + in_quotes(path) + ": " +
                                    text.error().message());
        return unreadable;
    }
    auto given = read_config_text(*text, path);
    wipe_memory(text->data(), text->size());
    return given;
}

bool is_chosen(const loaded_config& loaded, std::string_view name)
{
    return std::ranges::any_of(loaded.chosen, [&](const chosen_setting& chosen) {
        return chosen.option->name == name && chosen.is_set;
    });
}

void check_tls(loaded_config& loaded)
{
    const config& settings = loaded.settings;
    const auto expect_with = [&](std::string_view given, std::string_view missing) {
        loaded.errors.push_back("--" + std::string{given} + ": expected --" + std::string{missing} +
                                " with it");
    };
    if (settings.serves_tls() && settings.tls_key.empty()) expect_with("tls-cert", "tls-key");
    if (!settings.tls_key.empty() && !settings.serves_tls()) expect_with("tls-key", "tls-cert");
    if (!settings.tls_client_ca.empty() && !settings.serves_tls()) expect_with("tls-client-ca", "tls-cert");
}

void check_together(loaded_config& loaded)
{
    const config& settings = loaded.settings;
    check_tls(loaded);
    const bool is_cookie_secure = settings.secure_auth_cookie || settings.serves_tls();
    if (settings.host_prefix_cookie && !is_cookie_secure) {
        loaded.errors.emplace_back(
            "--host-prefix-cookie: expected --secure-auth-cookie with it: browsers drop a "
            "__Host- cookie that is not Secure");
    }
    if (settings.samesite_auth_cookie == same_site::none && !is_cookie_secure) {
        loaded.errors.emplace_back(
            "--samesite-auth-cookie none: expected --secure-auth-cookie with it: browsers "
            "drop a SameSite=None cookie that is not Secure");
    }

    constexpr std::array names = {"first-user-email", "first-user-username", "first-user-password"};
    const auto count =
        std::ranges::count_if(names, [&](const char* name) { return is_chosen(loaded, name); });
    if (count == 0 || count == std::ssize(names)) return;
    for (const char* name : names) {
        if (is_chosen(loaded, name)) continue;
        loaded.errors.push_back(find_option(name)->variable() +
                                ": expected with the other LATCHKEY_FIRST_USER_ "
                                "settings: all three or none");
    }
}

} // namespace

loaded_config load_config(const config_sources& sources)
{
    auto arguments = read_arguments(sources.arguments);
    auto environment = read_environment(sources);
    auto file = read_config_file(sources, config_path(arguments, environment));
    std::array<given_settings, 3> by_strength = {
        std::move(arguments), std::move(environment), std::move(file)};

    loaded_config loaded;
    loaded.action = by_strength.front().action;
    for (auto& place : by_strength)
        std::ranges::move(place.errors, std::back_inserter(loaded.errors));

    for (const config_option& option : config_options()) {
        const auto values = strongest(option, by_strength);
        if (values.settings.empty()) {
            loaded.chosen.push_back(take_default(loaded.settings, option));
        } else if (is_unset(values)) {
            loaded.chosen.push_back({&option, {}, false, values.settings.front()->origin});
        } else {
            loaded.chosen.push_back(take_given(loaded, values));
        }
    }
    check_together(loaded);
    return loaded;
}

} // namespace latchkey
