// Where tokens come in as text: the printed form itself, and the fields of a head that carry one.
#include "auth/scope.hpp"
#include "auth/token.hpp"
#include "server/client_address.hpp"
#include "server/credential.hpp"
#include "server/csrf.hpp"
#include "server/revision_header.hpp"
#include "server/services.hpp"
#include "storage/records.hpp"
#include "tests/fuzz/target.hpp"

#include <array>
#include <string>

namespace latchkey::fuzz {
namespace {

constexpr std::size_t secret_length = 22;

void parse(std::string_view text)
{
    const parsed_token parsed = parse_token(text);
    if (!parsed) {
        MUST(parsed.id.empty() && parsed.secret.empty());
        MUST(!detail_text(parsed.fault).empty());
        return;
    }
    MUST(parsed.id.size() == key_id::length && parsed.secret.size() == secret_length);
    MUST(text == std::string{parsed.id} + "-" + std::string{parsed.secret});
    if (const auto id = key_id::parse(parsed.id)) MUST(id->view() == parsed.id);
    MUST(hash_secret(parsed.secret, {}) != hash_secret(parsed.secret, "a pepper"));
}

bool lies_within(std::string_view part, std::string_view whole)
{
    return part.empty() ||
           (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void look_into_fields(choices from)
{
    request asked;
    asked.peer = boost::asio::ip::make_address("10.0.0.1");
    const std::array<std::string_view*, 6> fields = {&asked.cookie,
                                                     &asked.query,
                                                     &asked.session_token,
                                                     &asked.authorization,
                                                     &asked.forwarded_for,
                                                     &asked.csrf_token};
    for (std::string_view* field : fields)
        *field = from.text(from.byte());
    asked.method = http::verb::post;
    asked.path = "/api/v2/users";

    for (const bool has_prefix : {false, true}) {
        const cookie_settings cookies{.host_prefix = has_prefix};
        const credential found = find_credential(asked, cookies);
        MUST(found.token().empty() == !found);
        MUST(lies_within(session_cookie(asked, cookies), asked.cookie));
    }
    MUST(lies_within(bearer_token(asked.authorization), asked.authorization));
    MUST(lies_within(cookie_value(asked.cookie, "a"), asked.cookie));

    const std::array trusted = {*address_block::parse("10.0.0.0/8"), *address_block::parse("::1")};
    MUST(client_address(asked, {}) == asked.peer);
    (void)client_address(asked, trusted).to_string();
    (void)parse_least_revision(asked.forwarded_for);
}

} // namespace

void play_token_text(std::string_view input)
{
    parse(input);
    look_into_fields(choices{input});
}

} // namespace latchkey::fuzz
