#include "tests/fuzz/played_server.hpp"

#include "auth/crypto.hpp"
#include "auth/key_minting.hpp"
#include "auth/password_hasher.hpp"
#include "server/request_target.hpp"
#include "storage/audit_line.hpp"
#include "storage/worker_pool.hpp"
#include "tests/fuzz/run_to_end.hpp"
#include "tests/fuzz/target.hpp"

#include <charconv>

namespace latchkey::fuzz {
namespace {

// Of the process: threads are expensive, and no request of a play hashes a password.
password_hasher& hasher()
{
    static worker_pool pool{1, 16};
    static password_hasher made{pool};
    return made;
}

played_answer taken_apart(const std::string& bytes)
{
    MUST(bytes.starts_with("HTTP/1.1 "));
    const std::size_t end = bytes.find("\r\n\r\n");
    MUST(end != std::string::npos);
    played_answer answer;
    std::from_chars(bytes.data() + 9, bytes.data() + 12, answer.status);
    answer.body = bytes.substr(end + 4);
    return answer;
}

} // namespace

task<result<void>> chained_audit::append(audit_entry entry)
{
    if (cannot_write) co_return error_code{storage_errc::unavailable};
    std::string line;
    append_audit_line(line, audit_text{entry}, {.seq = lines_.size() + 1, .prev = last_});
    last_ = sha256(line);
    lines_.push_back(std::move(line));
    co_return result<void>{};
}

task<result<audit_page>> chained_audit::search(audit_query)
{
    audit_page page;
    for (const std::string& line : lines_)
        page.entries.push_back(to_entry(*scan_audit_line(line)));
    page.count = page.entries.size();
    co_return page;
}

void chained_audit::check_chain() const
{
    audit_link expected{.seq = 1};
    for (const std::string& text : lines_) {
        const auto line = scan_audit_line(text);
        MUST(line.has_value());
        MUST(line->link.seq == expected.seq && line->link.prev == expected.prev);
        ++expected.seq;
        expected.prev = sha256(text);
    }
}

played_server::played_server()
    : keys_{records, decisions_, peppers_, now, {}},
      users_{records, decisions_, hasher(), peppers_, now, {}, {}},
      tokens_{records, peppers_, now, {}},
      limits_{rate_limits{.api = 0, .guess = 0}, now},
      verifications_{audit, now, verifications_recorded::all},
      use_{records,
           audit,
           tokens_,
           keys_,
           held_tokens_,
           users_,
           audits_,
           limits_,
           verifications_,
           refusals_,
           figures_,
           now,
           web_},
      handler_{use_, context_.get_executor(), figures_.of_shard(0)}
{}

user played_server::add(std::string username, role_set roles)
{
    user added;
    added.id = random_uuid();
    added.email = username + "@example.org";
    added.username = std::move(username);
    added.roles = roles;
    added.created_at = added.updated_at = now.now();
    MUST(run_to_end(memory.insert_user(added)).has_value());
    return added;
}

std::string played_server::session_of(const user& owner)
{
    key_record draft =
        draft_key(owner.id, login_type::password, unrestricted_rights(), now.now(), 2 * retention);
    const result<secret_text> token = run_to_end(mint_key(memory, peppers_, std::move(draft)));
    MUST(token.has_value());
    return std::string{token->expose()};
}

played_answer
played_server::ask(http::verb method, std::string_view target, std::string_view token, std::string_view body)
{
    const request_target where = split_target(target);
    if (!where.valid) return {.status = 400, .body = {}};
    request asked;
    asked.id = random_uuid();
    asked.method = method;
    asked.target = target;
    asked.path = where.path;
    asked.query = where.query;
    asked.session_token = token;
    asked.body = body;
    asked.has_body = !body.empty();
    asked.awaits_body =
        body.size() % 2 != 0; // as if it came later, so that both ways to a refusal are played
    asked.user_agent = "played";
    asked.peer = asio::ip::make_address("192.0.2.1");

    output_buffer out;
    if (handler_.answer_from_head(asked, out, true) != head_verdict::answered) {
        MUST(out.empty());
        append_response(out, asked, run_to_end(handler_.answer(asked)), true);
    }
    context_.restart();
    context_.poll(); // entries about verifications
    return taken_apart(out);
}

} // namespace latchkey::fuzz
