// Named tokens (contract 1.2, 1.5, 1.6, 1.9).
#include "auth/key_service.hpp"
#include "server/body_rest.hpp"
#include "server/error_response.hpp"
#include "server/handlers/handlers.hpp"
#include "server/json_bodies.hpp"
#include "server/json_response.hpp"
#include "server/json_writer.hpp"
#include "server/list_parameters.hpp"

#include <utility>

namespace latchkey::handlers {
namespace {

void append_rows(std::string& json, char before, const std::vector<key_listing>& tokens)
{
    constexpr std::size_t bytes_of_one = 448; // of a token with short names: one growth, not twenty
    json.reserve(json.size() + tokens.size() * bytes_of_one + 2);
    for (const key_listing& token : tokens) {
        json += std::exchange(before, ',');
        append_listed_token(json, token);
    }
}

class further_rows final : public body_rest {
public:
    explicit further_rows(std::unique_ptr<token_list> tokens) : tokens_{std::move(tokens)} {}

    task<result<std::string>> next() override
    {
        std::string json;
        if (has_ended_) co_return json;
        auto asking = tokens_->next();
        const result<std::vector<key_listing>> page = co_await std::move(asking);
        if (!page) co_return page.error();
        append_rows(json, ',', *page);
        has_ended_ = page->empty();
        if (has_ended_) json = "]\n";
        co_return json;
    }

private:
    const std::unique_ptr<token_list> tokens_;
    bool has_ended_ = false;
};

response answer_for(const outcome<secret_text>& token, const web_settings& web)
{
    if (!token) return error_response(token.error(), web);
    return text_field_response(201, "key", token->expose());
}

// `web` outlives the task.
task<response> answer_with_token(task<outcome<secret_text>> creating, const web_settings& web)
{
    const auto token = co_await std::move(creating);
    co_return answer_for(token, web);
}

} // namespace

// No coroutine, so that the request's body as it was read is not kept while the token is made.
task<response> create_token(request_context& context)
{
    auto asked = parse_token_request(context.asked.body);
    if (!asked) return done_with(error_response(asked.error(), context.use.web));
    return answer_with_token(
        context.use.keys.create_token(*context.caller, *context.target, std::move(*asked), context.origin),
        context.use.web);
}

task<response> list_tokens(request_context& context)
{
    list_parameters query{context.asked.query};
    token_list_request asked;
    asked.include_all = query.flag("include_all");
    asked.include_expired = query.flag("include_expired");
    asked.after = query.key("after_id");
    asked.limit = query.count("limit");
    if (const auto refused = query.refused()) co_return error_response(*refused, context.use.web);

    auto listing =
        context.use.keys.list_tokens(*context.caller, *context.target, std::move(asked), context.origin);
    auto tokens = co_await std::move(listing);
    if (!tokens) co_return error_response(tokens.error(), context.use.web);

    std::string json;
    append_rows(json, '[', tokens->first);
    if (!tokens->rest) {
        json += tokens->first.empty() ? "[]" : "]"; // contract A1
        co_return json_response(200, std::move(json));
    }
    response answer;
    answer.body = std::move(json);
    answer.rest = std::make_shared<further_rows>(std::move(tokens->rest));
    co_return answer;
}

task<response> token_config(request_context& context)
{
    auto asking = context.use.keys.maximum_lifetime(*context.caller, *context.target, context.origin);
    const auto maximum = co_await std::move(asking);
    if (!maximum) co_return error_response(maximum.error(), context.use.web);
    std::string json;
    json_object_writer{json}.number("max_token_lifetime", maximum->count()).finish();
    co_return json_response(200, std::move(json));
}

task<response> get_token_by_name(request_context& context)
{
    auto finding =
        context.use.keys.find_by_name(*context.caller, *context.target, context.key, context.origin);
    const auto found = co_await std::move(finding);
    if (!found) co_return error_response(found.error(), context.use.web);
    std::string json;
    append_key(json, *found);
    co_return json_response(200, std::move(json));
}

} // namespace latchkey::handlers
