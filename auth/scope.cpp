#include "auth/scope.hpp"

#include "auth/quoted_text.hpp"

#include <algorithm>

namespace latchkey {
namespace {

using enum action;
using type = resource_type;

constexpr std::string_view scope_all = "coder:all";
constexpr std::string_view scope_application_connect = "coder:application_connect";

struct grant {
    resource_type resource = resource_type::any;
    action_mask actions = 0;
};

struct composite_row {
    std::string_view name;
    std::array<grant, 4> grants;
};

// Contract 5.2. `coder:all` is not a list of grants: it has its own line in expand().
constexpr composite_row composites[] = {
    {"coder:apikeys.manage_self", {{{type::api_key, mask_of(read, create, update, delete_)}}}},
    {scope_application_connect, {{{type::workspace, mask_of(application_connect)}}}},
    {"coder:templates.author",
     {{{type::template_, mask_of(read, create, update, delete_, view_insights)},
       {type::file, mask_of(create, read)}}}},
    {"coder:templates.build",
     {{{type::template_, mask_of(read)},
       {type::file, mask_of(create, read)},
       {type::provisioner_jobs, mask_of(read)}}}},
    {"coder:workspaces.access",
     {{{type::template_, mask_of(read)},
       {type::workspace, mask_of(read, ssh, application_connect)},
       {type::organization_member, mask_of(read)}}}},
    {"coder:workspaces.create",
     {{{type::template_, mask_of(read, use)},
       {type::workspace, mask_of(create, read, update, start, stop)},
       {type::organization_member, mask_of(read)}}}},
    {"coder:workspaces.delete",
     {{{type::template_, mask_of(read, use)},
       {type::workspace, mask_of(read, delete_)},
       {type::organization_member, mask_of(read)}}}},
    {"coder:workspaces.operate",
     {{{type::template_, mask_of(read)},
       {type::workspace, mask_of(start, stop, read, update)},
       {type::organization_member, mask_of(read)}}}},
};

std::string_view canonical_name(std::string_view scope) noexcept
{
    if (scope == "all") return scope_all;
    if (scope == "application_connect") return scope_application_connect;
    return scope;
}

const composite_row* find_composite(std::string_view scope) noexcept
{
    const auto* found = std::find_if(
        std::begin(composites), std::end(composites), [scope](const auto& row) { return row.name == scope; });
    return found == std::end(composites) ? nullptr : found;
}

struct named_pair {
    const resource_row* row;
    action what;
};

// `resource:action` of the catalogue. `*:...` is no scope.
std::optional<named_pair> parse_pair(std::string_view scope) noexcept
{
    const std::size_t colon = scope.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto resource = parse_resource_type(scope.substr(0, colon));
    const auto what = parse_action(scope.substr(colon + 1));
    if (!resource || *resource == resource_type::any || !what) return std::nullopt;
    const resource_row& row = resource_catalogue()[static_cast<std::size_t>(*resource)];
    if ((row.actions & mask_of(*what)) == 0) return std::nullopt;
    return named_pair{&row, *what};
}

fault unsupported(std::string_view scope)
{
    fault said{"invalid or unsupported API key scope: "};
    append_quoted(said.text, scope);
    return said;
}

std::vector<std::string> make_external_names()
{
    std::vector<std::string> names{std::string{scope_all}};
    for (const composite_row& row : composites)
        names.emplace_back(row.name);
    for (const resource_row& row : resource_catalogue()) {
        for (std::size_t i = 0; i < action_count; ++i) {
            const auto what = static_cast<action>(i);
            if ((row.requestable & mask_of(what)) == 0) continue;
            names.emplace_back(row.name).append(":").append(to_string(what));
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace

permission_set permission_set::everything() noexcept
{
    static const permission_set all = [] {
        permission_set set;
        for (const resource_row& row : resource_catalogue())
            set.add(row.type, row.actions);
        return set.add(resource_type::any, (action_mask{1} << action_count) - 1);
    }();
    return all;
}

permission_set& permission_set::add_all_of(resource_type type) noexcept
{
    return add(type, resource_catalogue()[static_cast<std::size_t>(type)].actions);
}

permission_set& permission_set::operator|=(const permission_set& other) noexcept
{
    for (std::size_t i = 0; i < actions_.size(); ++i)
        actions_[i] |= other.actions_[i];
    return *this;
}

permission_set& permission_set::operator&=(const permission_set& other) noexcept
{
    for (std::size_t i = 0; i < actions_.size(); ++i)
        actions_[i] &= other.actions_[i];
    return *this;
}

bool permission_set::covers(const permission_set& other) const noexcept
{
    for (std::size_t i = 0; i < actions_.size(); ++i) {
        if ((other.actions_[i] & ~actions_[i]) != 0) return false;
    }
    return true;
}

bool permission_set::empty() const noexcept
{
    return *this == permission_set{};
}

std::optional<permission_set> expand(std::string_view scope) noexcept
{
    scope = canonical_name(scope);
    if (scope == scope_all) return permission_set::everything();
    permission_set set;
    if (const composite_row* composite = find_composite(scope)) {
        for (const grant& part : composite->grants)
            set.add(part.resource, part.actions);
        return set;
    }
    const auto pair = parse_pair(scope);
    if (!pair) return std::nullopt;
    return set.add(pair->row->type, pair->what == action::any ? pair->row->actions : mask_of(pair->what));
}

permission_set permissions_of(std::span<const std::string> scopes) noexcept
{
    permission_set set;
    for (const std::string& scope : scopes) {
        if (const auto expanded = expand(scope)) set |= *expanded;
    }
    return set;
}

bool covers(std::string_view held, std::string_view wanted) noexcept
{
    const auto have = expand(held);
    const auto want = expand(wanted);
    return have && want && have->covers(*want);
}

bool is_external_scope(std::string_view scope) noexcept
{
    scope = canonical_name(scope);
    if (scope == scope_all || find_composite(scope) != nullptr) return true;
    const auto pair = parse_pair(scope);
    return pair && (pair->row->requestable & mask_of(pair->what)) != 0;
}

const std::vector<std::string>& external_scope_names()
{
    static const std::vector<std::string> names = make_external_names();
    return names;
}

checked<std::vector<std::string>> canonical_scopes(std::span<const std::string> scopes,
                                                   std::string_view scope)
{
    std::vector<std::string> canonical;
    for (const std::string& name : scopes) {
        if (!is_external_scope(name)) return unsupported(name);
        const std::string_view kept = canonical_name(name);
        if (std::find(canonical.begin(), canonical.end(), kept) == canonical.end())
            canonical.emplace_back(kept);
    }
    if (!scopes.empty() || scope.empty()) return canonical;

    if (!is_external_scope(scope)) return unsupported(scope);
    canonical.emplace_back(canonical_name(scope));
    return canonical;
}

std::string_view legacy_scope_view(std::span<const std::string> scopes) noexcept
{
    const auto holds = [scopes](std::string_view name) {
        return std::find(scopes.begin(), scopes.end(), name) != scopes.end();
    };
    if (holds(scope_application_connect)) return "application_connect";
    if (holds(scope_all)) return "all";
    return "";
}

coverage scopes_covered(std::span<const std::string> child, std::span<const std::string> parent)
{
    using outcome = coverage::outcome;
    static constexpr auto undetermined = "scope coverage could not be determined";

    permission_set held;
    for (const std::string& scope : parent) {
        const auto expanded = expand(scope);
        if (!expanded) return {outcome::undetermined, undetermined};
        held |= *expanded;
    }
    for (const std::string& scope : child) {
        const auto wanted = expand(scope);
        if (!wanted) return {outcome::undetermined, undetermined};
        if (held.covers(*wanted)) continue;

        coverage said{outcome::exceeds, "exceeds the creating API key: scope "};
        append_quoted(said.text, scope);
        said.text += " is not among its scopes ";
        append_bracketed(said.text, parent);
        said.text += "; request a subset, or authenticate with a key that holds it";
        return said;
    }
    return {};
}

} // namespace latchkey
