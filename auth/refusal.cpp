#include "auth/refusal.hpp"

#include <stdexcept>

namespace latchkey {
namespace {

constexpr std::chrono::seconds soon{1};

refusal made(unsigned status, std::string message, std::string detail = {})
{
    refusal why;
    why.status = status;
    why.message = std::move(message);
    why.detail = std::move(detail);
    return why;
}

} // namespace

void throw_exception_from_error(const refusal& why, const boost::source_location&)
{
    throw std::logic_error{"value() of a refusal: " + why.message};
}

namespace refusals {

refusal not_found()
{
    return made(404, "Resource not found or you do not have access to this resource");
}

refusal forbidden()
{
    return made(403,
                "Forbidden.",
                "You don't have permission to view this content. If you believe this is a mistake, please "
                "contact your administrator or try signing in with different credentials.");
}

refusal denied(std::string message, std::string detail)
{
    return made(403, std::move(message), std::move(detail));
}

refusal unauthenticated(std::string detail)
{
    refusal why = made(401,
                       "You are signed out or your session has expired. Please sign in again to continue.",
                       std::move(detail));
    why.carries_challenge = true;
    return why;
}

refusal inactive_account()
{
    refusal why = made(401,
                       "User is not active (status = \"suspended\"). Contact an admin to reactivate your "
                       "account.");
    why.carries_challenge = true;
    return why;
}

refusal login_refused(std::string message)
{
    return made(401, std::move(message));
}

refusal bad_request(std::string message, std::string detail)
{
    return made(400, std::move(message), std::move(detail));
}

refusal conflict(std::string message)
{
    return made(409, std::move(message));
}

refusal invalid_field(std::string message, std::string field, std::string detail)
{
    refusal why = made(400, std::move(message));
    why.validations.push_back({std::move(field), std::move(detail)});
    return why;
}

refusal internal(std::string message, std::string detail)
{
    return made(500, std::move(message), std::move(detail));
}

refusal unavailable(std::string message)
{
    refusal why = made(503, std::move(message));
    why.retry_after = soon;
    why.cause = storage_errc::unavailable;
    return why;
}

refusal overloaded()
{
    refusal why = made(429, "Too many requests are waiting already. Please try again later.");
    why.retry_after = soon;
    why.cause = storage_errc::overloaded;
    return why;
}

refusal from_error(error_code ec, std::string message)
{
    if (ec == storage_errc::not_found) return not_found();
    refusal why = ec == storage_errc::overloaded ? overloaded() : unavailable(std::move(message));
    why.cause = ec;
    return why;
}

} // namespace refusals
} // namespace latchkey
