// Request targets, paths, queries and Host, and the parameters of lists.
#include "auth/key_minting.hpp"
#include "server/demanded_rights.hpp"
#include "server/list_parameters.hpp"
#include "server/path.hpp"
#include "server/request_target.hpp"
#include "server/router.hpp"
#include "storage/utf8.hpp"
#include "tests/fuzz/target.hpp"

#include <array>
#include <string>
#include <vector>

namespace latchkey::fuzz {
namespace {

bool has_control_character(std::string_view text)
{
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
    }
    return false;
}

void follow_path(std::string_view raw)
{
    std::string scratch;
    const auto path = normalise_path(raw, scratch);
    if (!path) return;
    MUST(path->find("//") == std::string_view::npos);
    MUST(!has_dot_segment(*path));
    const auto decoded = percent_decode(*path, plus_sign::literal);
    MUST(decoded && is_utf8(*decoded) && !has_control_character(*decoded));
    std::string again;
    const auto twice = normalise_path(*path, again);
    MUST(twice && *twice == *path);
    for (const http::verb method : {http::verb::get, http::verb::delete_, http::verb::put})
        (void)match_route(method, *path);
}

// The decoder that allocates and the one that does not must agree.
void decode(std::string_view raw)
{
    for (const plus_sign plus : {plus_sign::literal, plus_sign::space}) {
        std::vector<char> space(raw.size());
        const auto one = percent_decode(raw, plus);
        const auto other = percent_decode(raw, space, plus);
        MUST(one.has_value() == other.has_value());
        MUST(!one || *one == *other);
        MUST(!one || one->size() <= raw.size());
    }
}

void read_query(std::string_view query)
{
    for (const std::string_view name : {"a", "scope", "q", ""}) {
        const auto value = query_value(query, name);
        const std::vector<std::string> all = query_values(query, name);
        MUST(!value || (!all.empty() && all.front() == *value));
        (void)query_flag(query, name);
    }
    list_parameters list{query};
    const bool reads_limit = list.count("limit") <= 0x7fffffffu;
    MUST(reads_limit);
    (void)list.id("after_id");
    (void)list.key("after_id");
    (void)list.flag("include_all");
    (void)list.text("q");
    if (const auto why = list.refused()) MUST(!why->validations.empty());

    const key_rights narrow{{"api_key:read"}, {"api_key:*"}};
    (void)find_missing_right(query, unrestricted_rights());
    if (const auto missing = find_missing_right(query, narrow)) {
        MUST(missing->name().size() <= missing_right::max_name_length);
        MUST(!has_control_character(missing->name()));
        MUST(missing->name().find('"') == std::string_view::npos);
    }
}

} // namespace

void play_url(std::string_view input)
{
    const request_target target = split_target(input);
    MUST(!target.valid || (!target.path.empty() && target.path.front() == '/'));
    if (target.valid) {
        follow_path(target.path);
        read_query(target.query);
    }
    follow_path(input);
    decode(input);
    read_query(input);
    if (is_host(input)) MUST(!has_control_character(input) && input.find('/') == std::string_view::npos);
}

} // namespace latchkey::fuzz
