// A value, or the sentence that tells the caller why there is none: what checking outside text yields.
// A refusal is a value here, never an exception, and never an error_code, because its text is part of
// the wire contract.
#pragma once

#include <boost/system/result.hpp>

#include <string>

namespace latchkey {

struct fault {
    std::string text; // ready for the wire: holds nothing secret
};

template <class T>
using checked = boost::system::result<T, fault>;

} // namespace latchkey
