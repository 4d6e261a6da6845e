// Marks of use and sightings on their way to Redis. On the shard's thread. What was written is forgotten,
// what could not be stays. Twice at once is wasteful, and harmless.
#pragma once

#include "storage/redis_marks.hpp"
#include "storage/redis_shard.hpp"
#include "storage/task.hpp"

#include <chrono>
#include <memory>
#include <vector>

namespace latchkey {

// A few at a time, with pauses that come to `time` at most: nobody is in a hurry, and verifications wait for
// the same Redis.
task<error_code> write_uses(std::shared_ptr<redis_shard> here,
                            std::shared_ptr<redis_marks> marks,
                            std::vector<redis_marks::use> uses,
                            std::chrono::microseconds time);

task<error_code> write_sightings(std::shared_ptr<redis_shard> here, std::shared_ptr<redis_marks> marks);

} // namespace latchkey
