#include "auth/user_service.hpp"

namespace latchkey {
namespace {

constexpr std::string_view cannot_fetch_user = "Internal error fetching user.";

intended_action reading(const user& target)
{
    return {"read", "user", target.id, target.username, 200, {}, {}};
}

} // namespace

task<outcome<user>> user_service::resolve(principal caller, std::string text, request_origin from)
{
    if (text.empty()) co_return refusals::bad_request("\"user\" must be provided.");

    result<user> found = error_code{storage_errc::not_found};
    const std::optional<uuid> id = parse_uuid(text);
    if (text == "me") {
        found = caller.account();
    } else if (id) {
        found = co_await store_.find_user(*id);
    } else {
        found = co_await store_.find_user_by_username(std::move(text));
    }
    const bool is_missing = !found && found.error() == storage_errc::not_found;
    if (!found && !is_missing) co_return refusals::from_error(found.error(), std::string{cannot_fetch_user});

    // A user who is not there is recorded like one who may not be seen, unless the caller may see all:
    // neither the answer nor its time tells who exists (contract 3.7).
    object what{resource_type::user, std::nullopt, std::nullopt};
    intended_action intent{"read", "user", std::nullopt, {}, 200, {}, {}};
    if (found) {
        what = object_of(*found);
        intent = reading(*found);
    }
    const outcome<void> seen = co_await decisions_.decide_read(
        caller, action::read, what, std::move(intent), refusals::not_found(), std::move(from));
    if (!seen) co_return seen.error();
    if (is_missing) co_return refusals::not_found();
    co_return std::move(*found);
}

task<outcome<user>> user_service::find(principal caller, user target, request_origin from)
{
    const object what = object_of(target);
    intended_action intent = reading(target);
    const outcome<void> seen = co_await decisions_.decide_read(
        caller, action::read, what, std::move(intent), refusals::not_found(), std::move(from));
    if (!seen) co_return seen.error();
    co_return target;
}

} // namespace latchkey
