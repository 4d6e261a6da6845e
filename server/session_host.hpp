// What the sessions of one shard share. Owned by the shard, which outlives its sessions; touched on the
// shard's thread only.
#pragma once

#include "server/buffer_budget.hpp"
#include "server/http_limits.hpp"
#include "server/readiness.hpp"
#include "server/request_handler.hpp"
#include "server/spare_outputs.hpp"
#include "server/tls_identity.hpp"

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>

namespace latchkey {

using steady_time = std::chrono::steady_clock::time_point;

// Told of every exception that left a handler. Called on the shard's thread; must not throw.
using exception_observer = std::function<void(const request&, std::exception_ptr)>;

struct session_host {
    executor where;
    readiness& sockets;
    socket_ring& ring;
    const http_limits& limits;
    buffer_budget& buffers;
    request_handler& handler;
    const exception_observer& on_exception;
    std::shared_ptr<const tls_identity> tls{}; // for connections to come; null: plain HTTP

    // As of the last sweep. Deadlines need no better clock than the one that checks them, so a request
    // costs no clock reading.
    steady_time now;
    bool draining = false;     // answer what was asked, promise nothing further
    std::size_t followers = 0; // being asked, see http_limits

    spare_outputs outputs{};
};

} // namespace latchkey
