#include "server/json_response.hpp"

#include "server/json_writer.hpp"

#include <utility>

namespace latchkey {

response json_response(unsigned status, std::string json)
{
    response answer;
    answer.status = status;
    answer.body = std::move(json);
    answer.body += '\n';
    return answer;
}

response message_response(unsigned status, std::string_view message)
{
    return text_field_response(status, "message", message);
}

response text_field_response(unsigned status, std::string_view name, std::string_view text)
{
    std::string json;
    json_object_writer{json}.text(name, text).finish();
    return json_response(status, std::move(json));
}

response no_content_response()
{
    response answer;
    answer.status = 204;
    return answer;
}

} // namespace latchkey
