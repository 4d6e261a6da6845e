// How a connection's bytes read when nothing is cut, kept or moved: one parser for each request, from a
// buffer that holds everything. What http_session_target.cpp holds the session to.
#pragma once

#include "server/http_limits.hpp"
#include "server/request.hpp"
#include "server/request_handler.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace latchkey::fuzz {

struct plain_reading {
    std::vector<std::string> requests; // as text_of
    bool is_refused = false;           // the one behind them is answered as an error
    // False: what follows depends on how much of a body had arrived when its head was answered.
    bool is_certain = true;
};

plain_reading read_plainly(std::string_view bytes, const http_limits& limits);

// Method, target and all fields, to be compared.
std::string text_of(const request& asked, std::string_view body);

// What the handler of the target does with it.
head_verdict verdict_for(const request& asked);

} // namespace latchkey::fuzz
