// Lets Catch print results: what went wrong, or that all is well. Boost's own operator<< would want one of
// every value type.
#pragma once

#include "storage/error.hpp"
#include "tests/support/catch.hpp"

#include <string>

template <class T, class Error>
struct Catch::StringMaker<boost::system::result<T, Error>> {
    static std::string convert(const boost::system::result<T, Error>& outcome)
    {
        if (outcome) return "success";
        if constexpr (requires { outcome.error().message(); }) {
            return "error: " + outcome.error().message();
        } else {
            return "error: " + outcome.error().message;
        }
    }
};
