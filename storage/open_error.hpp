// Why something that the server needs could not be opened at start: one line for the operator that says
// what is wrong and what to do about it.
#pragma once

#include <string>

namespace latchkey {

struct open_error {
    std::string message;
};

} // namespace latchkey
