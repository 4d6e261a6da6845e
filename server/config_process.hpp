// The configuration's sources as this process has them: the one place that reads its environment. For main,
// before any thread starts.
#pragma once

#include "server/config.hpp"

namespace latchkey {

// `arguments` are those behind `latchkey serve`. Files are read up to 1 MiB; a larger one is an error.
config_sources process_sources(std::vector<std::string> arguments);

} // namespace latchkey
