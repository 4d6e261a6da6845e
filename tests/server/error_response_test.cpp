#include "server/error_response.hpp"
#include "tests/support/catch.hpp"

using namespace latchkey;

TEST_CASE("a refusal has the contract's shape, empty members left out", "[server][error_response]")
{
    refusal why;
    why.status = 409;
    why.message = "A token with name \"<a&b>\" already exists.";
    CHECK(error_response(why, {}).body ==
          "{\"message\":\"A token with name \\\"\\u003ca\\u0026b\\u003e\\\" already exists.\"}\n");

    why.detail = "why";
    why.validations = {{"name", "taken"}, {"email", "taken too"}};
    const response answer = error_response(why, {});
    CHECK(answer.status == 409);
    CHECK(answer.body.ends_with(
        ",\"detail\":\"why\",\"validations\":[{\"field\":\"name\",\"detail\":\"taken\"},"
        "{\"field\":\"email\",\"detail\":\"taken too\"}]}\n"));
    CHECK(answer.headers.empty());
    CHECK(answer.content_type == "application/json; charset=utf-8");
}

TEST_CASE("a refused credential carries the challenge that fits", "[server][error_response]")
{
    web_settings web;

    // The standard message says "expired", so this is what clients nearly always see (contract 3.4).
    CHECK(challenge(refusals::unauthenticated("API key is invalid."), web) ==
          "Bearer realm=\"coder\", error=\"invalid_token\", error_description=\"The access token has "
          "expired\"");

    refusal inactive;
    inactive.status = 401;
    inactive.message = "User is not active.";
    CHECK(challenge(inactive, web).ends_with("error_description=\"The access token is invalid\""));

    refusal forbidden = refusals::forbidden();
    CHECK(challenge(forbidden, web) == "Bearer realm=\"coder\", error=\"insufficient_scope\", "
                                       "error_description=\"The request requires higher privileges than "
                                       "provided by the access token\"");

    web.access_url = "https://keys.example.org";
    CHECK(challenge(forbidden, web)
              .ends_with(
                  ", resource_metadata=\"https://keys.example.org/.well-known/oauth-protected-resource\""));
    CHECK(
        error_response(refusals::unauthenticated("x"), web).headers.starts_with("WWW-Authenticate: Bearer "));
    CHECK(error_response(forbidden, web).headers.empty());
}

TEST_CASE("a refusal that passes says when to come back", "[server][error_response]")
{
    CHECK(error_response(refusals::unavailable(), {}).headers == "Retry-After: 1\r\n");
    CHECK(error_response(refusals::unavailable(), {}).status == 503);
}
