// TLS for the command line: takes a connected socket and gives back a channel to a server that has proven by
// its certificate to be `host`. Used by the process's only thread.
#pragma once

#include "server/cli/byte_channel.hpp"

namespace latchkey::cli {

// `ca_file`: PEM; empty: the system's authorities. Throws command_failure.
std::unique_ptr<byte_channel> open_tls(std::shared_ptr<asio::io_context> context,
                                       plain_socket connected,
                                       const std::string& host,
                                       const std::string& ca_file);

} // namespace latchkey::cli
