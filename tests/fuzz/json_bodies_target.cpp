// Bodies in JSON: the decoder that decides, and the scanner that finds the words for its refusals.
#include "server/authcheck_body.hpp"
#include "server/error_response.hpp"
#include "server/go_json_decode.hpp"
#include "server/go_json_syntax.hpp"
#include "server/json_bodies.hpp"
#include "storage/utf8.hpp"
#include "tests/fuzz/target.hpp"

#include <boost/json.hpp>

#include <string>

namespace latchkey::fuzz {
namespace {

template <class T>
void check(const outcome<T>& read)
{
    if (read) return;
    MUST(read.error().status >= 400 && read.error().status < 500);
    MUST(!read.error().message.empty());
    // The answer must be JSON, whatever of the body it repeats.
    const response answer = error_response(read.error(), {});
    boost::system::error_code wrong;
    const boost::json::value parsed = boost::json::parse(answer.body, wrong);
    MUST(!wrong && parsed.is_object());
}

// A field of each kind, at most so often as the decoder is asked to look.
void decode_all_kinds(std::string_view body)
{
    std::string text;
    secret_text secret;
    bool flag = false;
    std::int64_t number = 0;
    std::vector<std::string> list;
    bool is_given = false;
    const go_field fields[] = {{.name = "text", .type = "string", .into = &text},
                               {.name = "secret", .type = "string", .into = &secret},
                               {.name = "flag", .type = "bool", .into = &flag},
                               {.name = "number", .type = "int64", .into = &number},
                               {.name = "list", .type = "[]string", .into = &list, .is_given = &is_given}};
    const outcome<void> read = decode_go_json(body, {.type = "Everything", .fields = fields});
    check(read);
    if (!read) return;
    MUST(is_utf8(text) && is_utf8(secret.expose()));
    for (const std::string& each : list)
        MUST(is_utf8(each));
    MUST(is_given || list.empty());
    MUST(go_syntax_fault(body).empty());
}

} // namespace

void play_json_bodies(std::string_view input)
{
    decode_all_kinds(input);
    check(parse_token_request(input));
    check(parse_first_user(input));
    check(parse_new_user(input));
    check(parse_login(input));
    check(parse_password_check(input));
    check(parse_password_change(input));
    check(parse_roles(input));
    check(parse_token_batch(input));
    check(parse_authcheck(input));
    MUST(is_utf8(go_syntax_fault(input)));

    std::string quoted;
    append_json_string(quoted, input);
    boost::system::error_code wrong;
    (void)boost::json::parse(quoted, wrong);
    MUST(!wrong);
}

} // namespace latchkey::fuzz
