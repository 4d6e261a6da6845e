// Sequences of requests against a server in this process, each answer held against a simple model of what
// there should be: a token that was deleted or expired never verifies again, a name is unique among its
// owner's tokens, lists show what there is and nothing else, every change that was acknowledged has its entry
// in the audit log and every one that was not has not happened, and the log's chain holds.
#include "tests/fuzz/played_server.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/fuzz/token_model.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace latchkey::fuzz {
namespace {

using enum http::verb;

constexpr std::size_t most_steps = 64;
constexpr std::array<std::string_view, 5> names = {"", "a", "b", "A", "\\u0001\\\"%20"};

boost::json::value parsed(const played_answer& answer)
{
    boost::system::error_code wrong;
    boost::json::value value = boost::json::parse(answer.body, wrong);
    MUST(!wrong);
    return value;
}

class play {
public:
    play()
    {
        admin_ = server_.add("root", role::owner);
        admin_session_ = server_.session_of(admin_);
        for (const char* name : {"ann", "ben", "cleo"})
            add_member(name);
    }

    void step(choices& from);
    void check_everything();

private:
    // Who asks: the member himself or the administrator.
    struct asking {
        bool by_admin = false;
        std::string_view session;
    };

    void add_member(const char* name)
    {
        const user added = server_.add(name, {});
        model_.members.push_back({to_string(added.id), server_.session_of(added)});
    }

    bool is_faulty() const
    {
        return server_.records.cannot_read || server_.records.cannot_write || server_.audit.cannot_write;
    }

    asking choose_caller(choices& from, std::size_t member) const
    {
        const bool by_admin = from.byte() % 2 == 0;
        return {by_admin, by_admin ? std::string_view{admin_session_} : model_.members[member].session};
    }

    void create(choices& from);
    void end_one(choices& from, bool is_removal);
    void end_by_possession(choices& from);
    void change_member(choices& from);
    void advance(choices& from);
    void toggle_faults(choices& from);
    void look(choices& from);
    void look_anywhere(choices& from);
    void check_token(std::size_t index);
    void check_batch();
    void check_list(std::size_t member, bool by_admin);
    void check_sum();
    bool settle(const played_answer& answer, bool must_succeed, bool has_entry) const;
    bool has_entry_since(std::size_t entries) const { return server_.audit.size() > entries; }

    played_server server_;
    token_model model_;
    user admin_;
    std::string admin_session_;
};

// Whether a change has happened. It must have where it `must_succeed`, unless a fault stands in the way; it
// must not otherwise, and it must not without an entry.
bool play::settle(const played_answer& answer, bool must_succeed, bool has_entry) const
{
    const bool has_happened = answer.status >= 200 && answer.status < 300;
    MUST(answer.status != 500);
    if (has_happened) {
        MUST(must_succeed);
        MUST(has_entry);
    } else {
        MUST(!must_succeed || is_faulty());
        MUST(answer.status != 503 || is_faulty());
    }
    return has_happened;
}

void play::create(choices& from)
{
    static constexpr std::array<std::int64_t, 6> lifetimes = {0, 1, 3600, 36'000, -1, 4'000'000'000};
    static constexpr std::array<std::string_view, 4> scopes = {
        "", R"("api_key:read")", R"("user:read","api_key:*")", R"("x")"};
    const std::size_t member = from.below(model_.members.size());
    const asking caller = choose_caller(from, member);
    const std::string name{names[from.below(names.size())]};
    const std::size_t lifetime = from.below(lifetimes.size());
    const std::size_t scope = from.below(scopes.size());
    const bool is_sane = lifetimes[lifetime] >= 0 && lifetimes[lifetime] < 100'000'000 && scope != 3;
    std::string body = R"({"lifetime":)" + std::to_string(lifetimes[lifetime] * 1'000'000'000);
    body += R"(,"scopes":[)" + std::string{scopes[scope]} + R"(],"token_name":")" + name + "\"}";

    const std::size_t entries = server_.audit.size();
    const std::string path = "/api/v2/users/" + model_.members[member].id + "/keys/tokens";
    const played_answer answer = server_.ask(post, path, caller.session, body);
    const bool may_ask = caller.by_admin || model_.members[member].is_active();
    const bool may = may_ask && is_sane && !model_.has_name(member, name);
    if (model_.members[member].is_deleted) {
        MUST(answer.status >= 400);
        return;
    }
    if (!settle(answer, may, has_entry_since(entries))) return;
    const std::string token{parsed(answer).at("key").as_string()};
    MUST(!model_.find(token));
    const std::chrono::seconds life{lifetimes[lifetime] == 0 ? 168 * 3600 : lifetimes[lifetime]};
    model_.tokens.push_back({token, name, member, server_.now.now() + life});
    check_token(model_.tokens.size() - 1);
}

void play::end_one(choices& from, bool is_removal)
{
    if (model_.tokens.empty()) return;
    known_token& token = model_.tokens[from.below(model_.tokens.size())];
    const std::size_t member = from.byte() % 8 == 0 ? 0 : token.owner; // a stranger, at times
    const asking caller = choose_caller(from, member);
    const std::string path = "/api/v2/users/me/keys/" + token.id() + (is_removal ? "" : "/expire");

    const std::size_t entries = server_.audit.size();
    const played_answer answer = server_.ask(is_removal ? delete_ : put, path, caller.session);
    const bool is_there = model_.exists(token);
    const bool may =
        is_there && (caller.by_admin || (member == token.owner && model_.members[member].is_active()));
    const bool had_expired = token.expires_at <= server_.now.now();
    const bool needs_no_entry = !is_removal && had_expired;
    if (!settle(answer, may, needs_no_entry || has_entry_since(entries))) return;
    if (is_removal) token.is_deleted = true;
    token.expires_at = std::min(token.expires_at, server_.now.now());
}

void play::end_by_possession(choices& from)
{
    if (model_.tokens.empty()) return;
    known_token& token = model_.tokens[from.below(model_.tokens.size())];
    const bool is_real = from.byte() % 4 != 0;
    const std::string held = is_real ? token.text : token.with_wrong_secret();
    const std::size_t entries = server_.audit.size();
    const played_answer answer = server_.ask(post, "/oauth2/revoke", {}, "token=" + held);
    MUST(answer.status == 200 || is_faulty());
    const bool has_effect = is_real && model_.exists(token) && token.expires_at > server_.now.now();
    if (answer.status != 200 || !has_effect) return;
    MUST(server_.audit.size() > entries);
    token.expires_at = server_.now.now();
}

void play::change_member(choices& from)
{
    const std::size_t index = from.below(model_.members.size());
    known_member& member = model_.members[index];
    const std::string path = "/api/v2/users/" + member.id;
    const std::size_t entries = server_.audit.size();
    const std::size_t what = from.below(8);
    if (what == 0) {
        const played_answer answer = server_.ask(delete_, path, admin_session_);
        if (settle(answer, !member.is_deleted, has_entry_since(entries))) member.is_deleted = true;
        return;
    }
    const bool suspends = what < 4;
    const played_answer answer =
        server_.ask(put, path + (suspends ? "/status/suspend" : "/status/activate"), admin_session_);
    const bool changes = member.is_suspended != suspends;
    if (!settle(answer, !member.is_deleted, !changes || has_entry_since(entries))) return;
    member.is_suspended = suspends;
}

// Never so far that a key's retention ends: then it is up to the store's own thread when it goes.
void play::advance(choices& from)
{
    static constexpr std::array<std::int64_t, 4> steps = {1, 1799, 3600, 36'000};
    const std::chrono::seconds by{steps[from.below(steps.size())]};
    static const time_point start = test::fake_clock{}.now();
    if (server_.now.now() + by < start + played_server::retention) server_.now.advance(by);
}

void play::toggle_faults(choices& from)
{
    const std::uint8_t which = from.byte();
    server_.records.cannot_read = which % 8 == 1;
    server_.records.cannot_write = which % 8 == 2;
    server_.audit.cannot_write = which % 8 == 3;
}

void play::look(choices& from)
{
    const std::size_t which = from.byte();
    if (!model_.tokens.empty()) check_token(which % model_.tokens.size());
    check_list(which % model_.members.size(), from.byte() % 2 == 0);
}

// Any path at all, to be read only.
void play::look_anywhere(choices& from)
{
    static constexpr std::array<std::string_view, 6> places = {"/",
                                                               "/api/v2/users?",
                                                               "/api/v2/users/me/keys/tokens?",
                                                               "/api/v2/audit?",
                                                               "/verify?",
                                                               "/api/v2/users/"};
    std::string target{places[from.below(places.size())]};
    target += from.text(from.byte() % 64);
    const played_answer answer = server_.ask(from.byte() % 4 == 0 ? head : get, target, admin_session_);
    MUST(answer.status != 500);
    MUST(answer.status != 503 || is_faulty());
}

void play::step(choices& from)
{
    switch (from.below(12)) {
    case 0:
    case 1:
    case 2: return create(from);
    case 3: return end_one(from, true);
    case 4:
    case 5: return end_one(from, false);
    case 6: return end_by_possession(from);
    case 7: return change_member(from);
    case 8: return advance(from);
    case 9: return toggle_faults(from);
    case 10: return look_anywhere(from);
    default: return look(from);
    }
}

void play::check_token(std::size_t index)
{
    const known_token& token = model_.tokens[index];
    const bool is_live = model_.is_live(token, server_.now.now());
    // Memory knows every key, so that no fault of the store can stand in the way.
    MUST(server_.ask(get, "/verify", token.text).status == (is_live ? 200 : 401));
    MUST(server_.ask(get, "/verify", token.with_wrong_secret()).status == 401);
    const played_answer seen = server_.ask(post, "/oauth2/introspect", admin_session_, "token=" + token.text);
    MUST(seen.status == 200 || is_faulty());
    if (seen.status == 200) MUST(parsed(seen).at("active").as_bool() == is_live);
    const played_answer shown = server_.ask(get, "/api/v2/users/me/keys/" + token.id(), admin_session_);
    MUST(shown.status == (model_.exists(token) ? 200u : 404u) || is_faulty());
}

void play::check_batch()
{
    std::string body = R"({"tokens":[)";
    for (const known_token& token : model_.tokens)
        body += (body.ends_with('[') ? "\"" : ",\"") + token.text + '"';
    const played_answer answer = server_.ask(post, "/api/v2/verify", {}, body + "]}");
    if (model_.tokens.empty()) return;
    MUST(answer.status == 200);
    const boost::json::value read = parsed(answer);
    const boost::json::array& results = read.at("results").as_array();
    MUST(results.size() == model_.tokens.size());
    for (std::size_t index = 0; index < results.size(); ++index) {
        MUST(results[index].at("valid").as_bool() == model_.is_live(model_.tokens[index], server_.now.now()));
    }
}

void play::check_list(std::size_t member, bool by_admin)
{
    const known_member& owner = model_.members[member];
    if (owner.is_deleted) return;
    const std::string path = "/api/v2/users/" + owner.id + "/keys/tokens";
    for (const bool with_expired : {false, true}) {
        const played_answer answer = server_.ask(get,
                                                 path + (with_expired ? "?include_expired=true" : ""),
                                                 by_admin ? admin_session_ : owner.session);
        if (is_faulty() && answer.status == 503) continue;
        MUST(answer.status == (by_admin || owner.is_active() ? 200 : 401));
        if (answer.status != 200) continue;
        std::set<std::string> listed;
        const boost::json::value read = parsed(answer);
        for (const boost::json::value& key : read.as_array())
            MUST(listed.emplace(key.at("id").as_string()).second);
        MUST(listed == model_.ids_of(member, server_.now.now(), with_expired));
    }
}

// Everybody's tokens together are the sum of what the model holds for each.
void play::check_sum()
{
    const played_answer answer = server_.ask(
        get, "/api/v2/users/me/keys/tokens?include_all=true&include_expired=true", admin_session_);
    MUST(answer.status == 200);
    std::size_t expected = 0;
    for (std::size_t member = 0; member < model_.members.size(); ++member)
        expected += model_.ids_of(member, server_.now.now(), true).size();
    MUST(parsed(answer).as_array().size() == expected);
}

void play::check_everything()
{
    server_.records.cannot_read = server_.records.cannot_write = server_.audit.cannot_write = false;
    for (std::size_t index = 0; index < model_.tokens.size(); ++index)
        check_token(index);
    for (std::size_t member = 0; member < model_.members.size(); ++member)
        check_list(member, true);
    check_batch();
    check_sum();
    server_.audit.check_chain();
}

} // namespace

void play_requests(std::string_view input)
{
    play one;
    choices from{input};
    for (std::size_t steps = 0; steps < most_steps && !from.empty(); ++steps)
        one.step(from);
    one.check_everything();
}

} // namespace latchkey::fuzz
