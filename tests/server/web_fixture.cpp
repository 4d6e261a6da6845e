#include "tests/server/web_fixture.hpp"

#include "storage/lower_case.hpp"

#include <charconv>

namespace latchkey::test {
namespace {

seen_answer take_apart(const std::string& bytes)
{
    seen_answer seen;
    const std::size_t end = bytes.find("\r\n\r\n");
    REQUIRE(end != std::string::npos);
    REQUIRE(bytes.starts_with("HTTP/1.1 "));
    std::from_chars(bytes.data() + 9, bytes.data() + 12, seen.status);
    seen.body = bytes.substr(end + 4);

    std::size_t at = bytes.find("\r\n") + 2;
    while (at < end + 2) {
        const std::size_t line_end = bytes.find("\r\n", at);
        const std::string line = bytes.substr(at, line_end - at);
        const std::size_t colon = line.find(": ");
        REQUIRE(colon != std::string::npos);
        seen.headers.emplace_back(lower_case(std::string{line.substr(0, colon)}), line.substr(colon + 2));
        at = line_end + 2;
    }
    return seen;
}

} // namespace

web_fixture::web_fixture(web_fixture_settings settings)
    : web{std::move(settings.web)},
      limits{settings.limits, auth.now},
      verifications{auth.audit, auth.now, settings.recorded},
      use{auth.records,
          auth.audit,
          auth.tokens,
          auth.keys,
          auth.held_tokens,
          auth.users,
          auth.audits,
          limits,
          verifications,
          refusals,
          figures,
          auth.now,
          web},
      handler{use, context.get_executor(), figures.of_shard(0)}
{}

seen_answer web_fixture::ask(request asked, bool keep_alive)
{
    output_buffer out;
    const head_verdict verdict = handler.answer_from_head(asked, out, keep_alive);
    if (verdict != head_verdict::answered) {
        REQUIRE(out.empty());
        append_response(out, asked, run_task(handler.answer(asked)), keep_alive);
    }
    seen_answer seen = take_apart(out);
    seen.verdict = verdict;
    return seen;
}

void web_fixture::settle()
{
    context.restart();
    context.poll();
}

request asking(http::verb method, std::string_view target, std::string_view token)
{
    request asked;
    asked.id = random_uuid();
    asked.method = method;
    asked.target = target;
    const std::size_t mark = std::min(target.find('?'), target.size());
    asked.path = target.substr(0, mark);
    asked.query = target.substr(std::min(mark + 1, target.size()));
    asked.session_token = token;
    asked.user_agent = "test";
    asked.peer = asio::ip::make_address("192.0.2.1");
    return asked;
}

} // namespace latchkey::test
