// Why something that the server needs could not be opened at start.
#pragma once

#include "storage/error.hpp"

#include <string>
#include <utility>

namespace latchkey {

struct open_error {
    open_error() = default; // what boost::system::result needs
    open_error(std::string text) : message{std::move(text)} {}
    open_error(error_code why, std::string text) : code{why}, message{std::move(text)} {}

    error_code code = storage_errc::unavailable; // or bad_file
    std::string message; // one line for the operator: what is wrong, and what to do about it
};

template <class T>
using open_result = boost::system::result<T, open_error>;

} // namespace latchkey
