// POST /api/v2/verify: many tokens in one request. Possession is the credential, as on /verify; each token is
// counted and recorded as one there.
#include "auth/time_text.hpp"
#include "auth/verification_recorder.hpp"
#include "auth/verifier.hpp"
#include "server/client_address.hpp"
#include "server/error_response.hpp"
#include "server/guess_limit.hpp"
#include "server/handlers/handlers.hpp"
#include "server/json_bodies.hpp"
#include "server/json_response.hpp"
#include "server/shard_metrics.hpp"
#include "storage/run_together.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::handlers {
namespace {

// So many tokens ahead of the one that is looked at, memory is told to fetch.
constexpr std::size_t fetched_ahead = 8;
constexpr std::size_t usual_result_bytes = 224;
constexpr unsigned refused_status = 401; // what /verify would have answered

void append_accepted(std::string& json, const key_facts& key, const owner_view& owner)
{
    json += R"({"valid":true,"key_id":")";
    json += key.id.view();
    json += R"(","user_id":")";
    append_uuid(json, owner.id);
    json += R"(","username":)";
    append_json_string(json, owner.username);
    json += R"(,"scopes":)";
    char before = '[';
    for (const std::string& scope : key.rights->scopes) {
        json += before;
        append_json_string(json, scope);
        before = ',';
    }
    json += before == '[' ? "[]" : "]";
    json += R"(,"expires_at":")";
    append_rfc3339(json, key.expires_at);
    json += "\"}";
}

// One request's tokens on their way. First those that memory can judge, then, all at once, the others.
class batch {
public:
    batch(request_context& context, executor shard, std::vector<std::string> tokens)
        : context_{context},
          shard_{std::move(shard)},
          tokens_{std::move(tokens)}
    {
        json_.reserve(usual_result_bytes * tokens_.size());
    }

    void judge_from_memory();
    std::vector<task<verifier::asked>> questions() const;
    bool take_answers(const std::vector<verifier::asked>& answers); // false: the store cannot be asked
    std::optional<std::chrono::seconds> time_to_wait() const; // set: too many guesses came from this address
    std::string finish() &&;

private:
    // A token that memory does not know; its result belongs at `at` of json_.
    struct unknown_token {
        std::size_t index;
        std::size_t at;
    };

    void see(std::string& json, verdict what, const key_facts* key, const owner_view& owner);
    void see_bad_token(verdict what, const key_facts* key, const owner_view& owner);
    void expect_tokens(std::size_t index) const noexcept;
    void record(verdict what, unsigned status, const key_facts* key, const owner_view& owner) const;

    request_context& context_;
    executor shard_;
    std::vector<std::string> tokens_;
    std::vector<unknown_token> unknown_;
    std::string json_;
    std::size_t guesses_ = 0;
};

// Every token passes here once, in whatever way it was judged.
void batch::see(std::string& json, verdict what, const key_facts* key, const owner_view& owner)
{
    if (what != verdict::accepted) {
        json += R"({"valid":false})";
        see_bad_token(what, key, owner);
        return;
    }
    append_accepted(json, *key, owner);
    context_.counts.count(verification_outcome::accepted);
    record(what, 200, key, owner);
}

// Every bad token of the batch passes here once. A stripe of the table may be held.
void batch::see_bad_token(verdict what, const key_facts* key, const owner_view& owner)
{
    if (is_guess(what)) ++guesses_;
    context_.counts.count(verification_outcome::refused);
    record(what, refused_status, key, owner);
}

void batch::record(verdict what, unsigned status, const key_facts* key, const owner_view& owner) const
{
    if (!context_.use.verifications.wants(status != 200)) return;
    const request& asked = context_.asked;
    context_.use.verifications.record(shard_,
                                      {what,
                                       status,
                                       key,
                                       owner,
                                       asked.id,
                                       context_.client_address,
                                       asked.user_agent,
                                       asked.trace.trace_id});
}

void batch::expect_tokens(std::size_t index) const noexcept
{
    const auto expect = [&](std::size_t ahead, lookup_comes when) {
        if (index + ahead < tokens_.size()) context_.use.tokens.expect(tokens_[index + ahead], when);
    };
    expect(fetched_ahead, lookup_comes::later);
    expect(fetched_ahead / 2, lookup_comes::next);
}

void batch::judge_from_memory()
{
    verifier& tokens = context_.use.tokens;
    json_ += R"({"results":[)";
    for (std::size_t index = 0; index < tokens_.size(); ++index) {
        expect_tokens(index);
        if (index != 0) json_ += ',';
        // May hold a stripe of the table to the end of the turn, so there is one at a time.
        const verification checked = tokens.verify(tokens_[index], context_.asked.least_revision);
        if (checked.what == verdict::ask)
            unknown_.push_back({index, json_.size()});
        else
            see(json_, checked.what, checked.found.key, checked.found.owner);
    }
    json_ += "]}";
}

std::vector<task<verifier::asked>> batch::questions() const
{
    std::vector<task<verifier::asked>> all;
    all.reserve(unknown_.size());
    for (const unknown_token& each : unknown_)
        all.push_back(context_.use.tokens.verify_by_asking(tokens_[each.index]));
    return all;
}

bool batch::take_answers(const std::vector<verifier::asked>& answers)
{
    std::string whole;
    whole.reserve(json_.size() + usual_result_bytes * answers.size());
    std::size_t taken = 0;
    bool is_complete = true;
    for (std::size_t index = 0; index < answers.size(); ++index) {
        const verifier::asked& answer = answers[index];
        whole.append(json_, taken, unknown_[index].at - taken);
        taken = unknown_[index].at;
        if (answer.what == verdict::unavailable) {
            context_.counts.count(verification_outcome::unavailable);
            record(answer.what, 503, nullptr, {});
            is_complete = false;
            continue;
        }
        const key_facts* key = answer.found.key.rights ? &answer.found.key : nullptr;
        see(whole, answer.what, key, answer.found.owner.view());
    }
    whole.append(json_, taken);
    json_ = std::move(whole);
    return is_complete;
}

// To be asked once, when all tokens have been judged.
std::optional<std::chrono::seconds> batch::time_to_wait() const
{
    const rate_subject guesser{client_address(context_.asked, context_.use.web.trusted_proxies)};
    std::optional<std::chrono::seconds> wait;
    for (std::size_t guess = 0; guess < guesses_; ++guess) {
        const rate_decision counted = count_guess(context_.use.limits, guesser);
        if (counted.refused) wait = counted.retry_after;
    }
    return wait;
}

std::string batch::finish() &&
{
    return std::move(json_);
}

} // namespace

task<response> verify_batch(request_context& context)
{
    auto tokens = parse_token_batch(context.asked.body);
    if (!tokens) co_return error_response(tokens.error(), context.use.web);
    executor shard = co_await asio::this_coro::executor;
    batch all{context, std::move(shard), std::move(*tokens)};
    all.judge_from_memory();

    auto questions = all.questions();
    if (!questions.empty()) {
        // All of them start before any is awaited, so that their commands leave in one write.
        const std::size_t at_once = questions.size();
        auto asking = run_together(std::move(questions), at_once);
        const std::vector<verifier::asked> answers = co_await std::move(asking);
        if (!all.take_answers(answers)) co_return error_response(refusals::unavailable(), context.use.web);
    }
    if (const auto wait = all.time_to_wait()) {
        refusal why;
        why.status = 429;
        why.message = "Too many unknown tokens came from your address.";
        why.retry_after = *wait;
        co_return error_response(why, context.use.web);
    }
    co_return json_response(200, std::move(all).finish());
}

} // namespace latchkey::handlers
