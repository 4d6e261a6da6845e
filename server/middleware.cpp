#include "server/middleware.hpp"

#include "auth/user_service.hpp"
#include "auth/verifier.hpp"
#include "server/access_log.hpp"
#include "server/client_address.hpp"
#include "server/credential.hpp"
#include "server/csrf.hpp"
#include "server/error_response.hpp"
#include "server/path.hpp"
#include "server/rate_limiter.hpp"
#include "server/refusal_log.hpp"
#include "server/request_context.hpp"
#include "server/router.hpp"

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace latchkey {
namespace {

response plain_text(unsigned status, std::string_view text)
{
    response answer;
    answer.status = status;
    answer.content_type = "text/plain; charset=utf-8";
    answer.body = text;
    return answer;
}

refusal refused_with(unsigned status, std::string message)
{
    refusal why;
    why.status = status;
    why.message = std::move(message);
    return why;
}

refusal no_credential()
{
    return refusals::unauthenticated("Cookie \"coder_session_token\" or query parameter must be provided.");
}

route_match find_row(const request& asked, std::string_view path, const web_settings& web)
{
    return match_route(asked.method, path, {asked.through, web.has_admin_door});
}

// One request on its way. Each step returns nothing to go on, or the answer that ends the way.
class passage {
public:
    passage(const request& asked, services& use, shard_metrics& counts)
        : asked_{asked},
          web_{use.web},
          limits_{use.limits},
          path_{asked.path},
          context_{asked, use, counts, {}, {}, {}, {}, {}}
    {}

    std::optional<response> read_path();
    std::optional<response> look_at_client();
    std::optional<response> find_route();
    bool has_credential();
    void take_caller(outcome<principal> proven);
    std::optional<response> count_request();
    std::optional<response> require_caller() const;
    std::optional<response> take_target(outcome<user> resolved);
    response finish(response answer) const;
    void record(unsigned status, std::chrono::nanoseconds took) const;

    const route& row() const noexcept { return *match_.row; }
    request_context& context() noexcept { return context_; }
    std::string token() const { return std::string{credential_.token()}; }
    bool names_user() const noexcept { return !match_.user.empty(); }
    std::string user_name() const { return decoded(match_.user); }

private:
    response refuse(const refusal& why) const { return error_response(why, web_); }

    // normalise_path has made sure that every escape is right.
    static std::string decoded(std::string_view raw)
    {
        return percent_decode(raw, plus_sign::literal).value_or(std::string{});
    }

    std::optional<response> bypass_limit() const;
    std::string endpoint() const;

    const request& asked_;
    const web_settings& web_;
    rate_limiter& limits_;
    std::string path_scratch_;
    std::string_view path_; // normalised once read_path has run
    route_match match_;
    credential credential_;
    std::optional<refusal> unproven_; // why the credential did not prove anybody
    asio::ip::address address_;
    rate_decision rate_;
    request_context context_;
};

std::optional<response> passage::read_path()
{
    const auto normal = normalise_path(asked_.path, path_scratch_);
    if (!normal) return refuse(refused_with(400, "Invalid path."));
    path_ = *normal;
    return std::nullopt;
}

// Before the route is known: a forged request learns nothing, not even what exists (contract 3.9).
std::optional<response> passage::look_at_client()
{
    if (asked_.authorization_repeated) {
        return refuse(refused_with(400, "Authorization was sent more than once."));
    }
    address_ = client_address(asked_, web_.trusted_proxies);
    context_.client_address = address_text(address_);
    context_.origin = {asked_.id,
                       context_.client_address,
                       std::string{asked_.user_agent},
                       std::string{asked_.trace.trace_id}};
    if (const auto fault = csrf_fault(asked_, path_, web_.cookie)) return plain_text(400, *fault);
    return std::nullopt;
}

std::optional<response> passage::find_route()
{
    match_ = find_row(asked_, path_, web_);
    if (match_.what == route_match::outcome::no_such_path) {
        return refuse(refused_with(404, "Route not found."));
    }
    if (match_.what == route_match::outcome::wrong_method) {
        response answer;
        answer.status = 405;
        answer.add_header("Allow", allowed_methods(path_));
        return answer;
    }
    context_.key = decoded(match_.key);
    return std::nullopt;
}

// Routes that are open and never counted have no use for a caller: /healthz must not ask the store.
bool passage::has_credential()
{
    if (row().who == access::open && row().rate == rate_class::unlimited) return false;
    credential_ = find_credential(asked_, web_.cookie);
    return static_cast<bool>(credential_);
}

void passage::take_caller(outcome<principal> proven)
{
    if (proven) {
        context_.caller = std::move(*proven);
    } else {
        unproven_ = std::move(proven).error();
    }
}

// For load tests and automation of owners (contract 3.8). Anybody else is told that it does nothing.
std::optional<response> passage::bypass_limit() const
{
    if (context_.caller && context_.caller->account().roles.has(role::owner)) return std::nullopt;
    return plain_text(428, "\"X-Coder-Bypass-Ratelimit\" provided but user is not owner\n");
}

// What is counted as one: spelling the path in another way must not open a new count; nor, where passwords
// are guessed, spelling {user} in another way.
std::string passage::endpoint() const
{
    if (row().rate == rate_class::login) return std::string{row().pattern};
    std::string plain = decoded(path_);
    if (plain.ends_with('/')) plain.pop_back();
    return plain;
}

std::optional<response> passage::count_request()
{
    if (limits_.limit_of(row().rate) == 0) return std::nullopt;
    if (is_true_text(asked_.bypass_limit)) return bypass_limit();

    const rate_subject who =
        context_.caller ? rate_subject{context_.caller->account().id} : rate_subject{address_};
    rate_ = limits_.count(row().rate, who, endpoint());
    if (!rate_.refused) return std::nullopt;

    refusal why = refused_with(429,
                               "You've been rate limited for sending more than " +
                                   std::to_string(rate_.limit) + " requests in 1m0s.");
    why.retry_after = rate_.retry_after;
    return refuse(why);
}

std::optional<response> passage::require_caller() const
{
    if (row().who == access::open || context_.caller) return std::nullopt;
    if (!unproven_) return refuse(no_credential());
    if (unproven_->status != 401) return refuse(*unproven_); // the store could not be asked
    const std::string& reason = unproven_->detail.empty() ? unproven_->message : unproven_->detail;
    context_.use.refusals.note(reason, row().pattern, context_.client_address, asked_.id);
    return refuse(*unproven_);
}

std::optional<response> passage::take_target(outcome<user> resolved)
{
    if (!resolved) return refuse(resolved.error());
    context_.target = std::move(*resolved);
    return std::nullopt;
}

// What every answer carries besides what response.cpp writes.
response passage::finish(response answer) const
{
    if (rate_.applies) {
        answer.add_header("X-RateLimit-Limit", std::to_string(rate_.limit));
        answer.add_header("X-RateLimit-Remaining", std::to_string(rate_.remaining));
        answer.add_header("X-RateLimit-Reset", std::to_string(rate_.reset.time_since_epoch().count()));
    }
    if (web_.coder_version) answer.add_header("X-Coder-Build-Version", *web_.coder_version);
    const bool is_private = path_ == "/api" || path_.starts_with("/api/") || path_.starts_with("/oauth2/");
    if (is_private && answer.headers.find("Cache-Control") == std::string::npos)
        answer.add_header("Cache-Control", "no-store");

    const bool by_cookie = context_.caller && credential_.source() == credential_source::cookie;
    if (by_cookie && answer.headers.find("Set-Cookie") == std::string::npos &&
        cookie_value(asked_.cookie, "csrf_token") != csrf_token(credential_.token())) {
        add_csrf_cookie(answer, credential_.token(), web_.cookie);
    }
    return answer;
}

void passage::record(unsigned status, std::chrono::nanoseconds took) const
{
    context_.counts.requests.count(match_.row, status, took);
    if (context_.use.accesses == nullptr) return;
    answered_request what{.address = context_.client_address, .took = took};
    if (match_.row != nullptr) what.route = match_.row->pattern;
    if (context_.caller) what.user = context_.caller->account().id;
    context_.use.accesses->write(asked_, status, what);
}

// `way` outlives the task.
task<response> pass(passage& way, const request& asked, services& use)
{
    std::optional<response> early = way.read_path();
    if (!early) early = way.look_at_client();
    if (!early) early = way.find_route();
    if (!early && way.has_credential()) {
        auto proving = use.tokens.authenticate(way.token(), asked.least_revision);
        auto proven = co_await std::move(proving);
        way.take_caller(std::move(proven));
    }
    if (!early) early = way.count_request();
    if (!early) early = way.require_caller();
    if (!early && way.names_user()) {
        auto resolving = use.users.resolve(*way.context().caller, way.user_name(), way.context().origin);
        auto resolved = co_await std::move(resolving);
        early = way.take_target(std::move(resolved));
    }
    if (early) co_return way.finish(std::move(*early));

    auto handling = way.row().what->run(way.context());
    response answer = co_await std::move(handling);
    co_return way.finish(std::move(answer));
}

} // namespace

task<response> answer_request(const request& asked, services& use, shard_metrics& counts)
{
    const auto began = std::chrono::steady_clock::now();
    passage way{asked, use, counts};
    std::exception_ptr thrown;
    response answer;
    try {
        auto passing = pass(way, asked, use);
        answer = co_await std::move(passing);
    } catch (...) {
        thrown = std::current_exception();
    }
    way.record(thrown ? 500 : answer.status, std::chrono::steady_clock::now() - began);
    if (thrown) std::rethrow_exception(thrown);
    co_return answer;
}

bool is_refused_without_body(const request& asked, services& use)
{
    std::string scratch;
    const auto path = normalise_path(asked.path, scratch);
    if (!path) return true;
    const route_match match = find_row(asked, *path, use.web);
    if (match.what != route_match::outcome::found) return true;
    if (match.row->who == access::open) return false;
    const credential found = find_credential(asked, use.web.cookie);
    if (!found) return true;
    const verdict what = use.tokens.verify(found.token(), asked.least_revision).what;
    return what != verdict::accepted && what != verdict::ask;
}

} // namespace latchkey
