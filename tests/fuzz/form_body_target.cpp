// Bodies of the OAuth 2.0 endpoints. What is found must be what a plain reading of the same bytes finds.
#include "server/form_body.hpp"
#include "server/path.hpp"
#include "tests/fuzz/target.hpp"

#include <string>
#include <vector>

namespace latchkey::fuzz {

void play_form_body(std::string_view input)
{
    for (const std::string_view name : {"token", "token_type_hint", "a"}) {
        const auto value = form_parameter(input, name);
        if (!value) continue;
        MUST(!value->empty());
        const std::vector<std::string> plainly = query_values(input, name);
        MUST(plainly.size() == 1 && plainly.front() == *value);
    }
}

} // namespace latchkey::fuzz
