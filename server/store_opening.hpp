// Opens the store that the configuration names, for whoever needs one: the server, and the commands that read
// or write a store without a server.
#pragma once

#include "server/config.hpp"
#include "server/log.hpp"
#include "storage/open_error.hpp"
#include "storage/redis_clients.hpp"
#include "storage/siphash.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>

namespace latchkey {

class clock;
class store;

// Runs on `waiting`, on the calling thread, until the store is there. What it has to say goes to `log`.
// `id_tag_key`: of the store whose keys are to come, if this one has no users yet.
open_result<std::unique_ptr<store>> open_store(const config& settings,
                                               const clock& now,
                                               boost::asio::io_context& waiting,
                                               const logger& log,
                                               const std::optional<siphash_key>& id_tag_key = {});

// Writes down what waits to be written, in the same way. Changes are unavailable afterwards.
void close_store(store& opened, boost::asio::io_context& waiting, const logger& log);

// To the Redis that `settings.store` names, with the keys and certificates that go with it.
open_result<redis_client_factory> redis_clients_for(const config& settings);

} // namespace latchkey
