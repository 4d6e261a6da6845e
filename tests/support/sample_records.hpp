// Users and keys for tests: valid, distinct, and otherwise unremarkable.
#pragma once

#include "storage/records.hpp"

namespace latchkey::test {

uuid sample_uuid(std::uint32_t number);
key_id sample_key_id(std::uint32_t number);
std::shared_ptr<const key_rights> all_rights();

// Username and address derive from the number.
user sample_user(std::uint32_t number, time_point now);

// Named "token-<number>", lives an hour from `now`.
key_record sample_token(std::uint32_t number, const uuid& owner, time_point now);
key_record sample_session(std::uint32_t number, const uuid& owner, time_point now);

} // namespace latchkey::test
