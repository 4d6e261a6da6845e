// Argon2id on a bounded pool of its own, so that a login flood cannot starve verification: beyond the
// bound the answer is `overloaded` at once.
#pragma once

#include "auth/secret.hpp"
#include "storage/error.hpp"
#include "storage/task.hpp"

#include <string>

namespace latchkey {

class worker_pool;

class password_hasher {
public:
    explicit password_hasher(worker_pool& pool) noexcept : pool_{pool} {}

    // PHC text. overloaded.
    task<result<std::string>> hash(secret_text password);

    // An empty `stored` does the same work and says no, so that time does not tell unknown users. overloaded.
    task<result<bool>> matches(secret_text password, std::string stored);

private:
    worker_pool& pool_;
};

} // namespace latchkey
