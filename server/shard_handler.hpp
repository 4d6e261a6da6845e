// What one shard does with requests: verifications at once, from the head; everything else through the
// middleware. Made by the application, one per shard, used on that shard's thread only.
#pragma once

#include "server/request_handler.hpp"
#include "server/services.hpp"
#include "server/shard_metrics.hpp"
#include "server/verify_endpoint.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace latchkey {

class shard_handler final : public request_handler {
public:
    // `counts`: of this shard.
    shard_handler(services& use, executor shard, shard_metrics& counts) noexcept;

    head_verdict answer_from_head(const request& asked, output_buffer& out, bool keep_alive) override;
    void expect(std::string_view token, lookup_comes when) noexcept override;
    task<response> answer(const request& asked) override;

private:
    static task<response> answer_and_log(shard_handler& self, const request& asked);
    void log_verification(const request& asked,
                          unsigned status,
                          std::optional<std::chrono::nanoseconds> took = std::nullopt) const;

    services& use_;
    shard_metrics& counts_;
    const bool logs_verifications_;
    verify_endpoint verifications_;
};

} // namespace latchkey
