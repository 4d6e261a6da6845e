#include "server/error_response.hpp"

#include "server/json_writer.hpp"

#include <utility>

namespace latchkey {
namespace {

std::string error_json(const refusal& why)
{
    std::string json;
    json_object_writer error{json};
    error.text("message", why.message).text_unless_empty("detail", why.detail);
    if (!why.validations.empty()) {
        std::string& list = error.field("validations");
        char before = '[';
        for (const field_fault& fault : why.validations) {
            list += before;
            json_object_writer{list}.text("field", fault.field).text("detail", fault.detail).finish();
            before = ',';
        }
        list += ']';
    }
    error.finish();
    json += '\n';
    return json;
}

bool speaks_of_expiry(const refusal& why) noexcept
{
    return why.message.find("expired") != std::string::npos ||
           why.detail.find("expired") != std::string::npos;
}

} // namespace

std::string challenge(const refusal& why, const web_settings& web)
{
    std::string text = "Bearer realm=\"coder\", error=\"";
    if (why.status == 403) {
        text += "insufficient_scope\", error_description=\"The request requires higher privileges than "
                "provided by the access token\"";
    } else {
        text += "invalid_token\", error_description=\"The access token ";
        text += speaks_of_expiry(why) ? "has expired\"" : "is invalid\"";
    }
    if (!web.access_url.empty()) {
        text += ", resource_metadata=\"" + web.access_url + "/.well-known/oauth-protected-resource\"";
    }
    return text;
}

response error_response(const refusal& why, const web_settings& web)
{
    response answer;
    answer.status = why.status;
    answer.body = error_json(why);
    if (why.carries_challenge) answer.add_header("WWW-Authenticate", challenge(why, web));
    if (why.retry_after.count() > 0) {
        answer.add_header("Retry-After", std::to_string(why.retry_after.count()));
    }
    return answer;
}

} // namespace latchkey
