// The file of --pepper-file. Read once by the composition root, before any shard runs.
#pragma once

#include "auth/pepper.hpp"
#include "storage/open_error.hpp"

#include <string>

namespace latchkey {

// No path: no peppers. The error is one line for the operator, without any of the file's text.
open_result<pepper_set> load_peppers(const std::string& path);

} // namespace latchkey
