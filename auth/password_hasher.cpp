#include "auth/password_hasher.hpp"

#include "auth/password.hpp"
#include "storage/worker_pool.hpp"

namespace latchkey {

task<result<std::string>> password_hasher::hash(secret_text password)
{
    auto work = [password = std::move(password)] { return hash_password(password); };
    result<std::string> hashed = co_await pool_.run(std::move(work));
    co_return hashed;
}

task<result<bool>> password_hasher::matches(secret_text password, std::string stored)
{
    // Not a bool: an error_code is explicitly one as well, and could not be told from it on the way back.
    enum class answer { no, yes };
    auto work = [password = std::move(password), stored = std::move(stored)] {
        if (!stored.empty()) return verify_password(password, stored) ? answer::yes : answer::no;
        dummy_verify(password);
        return answer::no;
    };
    const result<answer> said = co_await pool_.run(std::move(work));
    if (!said) co_return result<bool>{boost::system::in_place_error, said.error()};
    co_return *said == answer::yes;
}

} // namespace latchkey
