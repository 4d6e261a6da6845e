// What the memory table changed, in the form in which a durable side writes it down. Rows are numbered by
// the table in the order of creation, so that they are appended in order and found again without an index.
#pragma once

#include "storage/records.hpp"

#include <cstdint>

namespace latchkey {

using row_number = std::int64_t;

struct key_creation {
    row_number row = 0;
    row_number owner_row = 0;
    key_record key;
};

struct key_expiry {
    row_number row = 0;
    time_point expires_at;
};

// Not in force before it is durable: it gives, where key_expiry takes away.
struct key_extension {
    row_number row = 0;
    key_id id;
    time_point from; // the expiry it was asked against
    time_point until;
};

struct key_wipe {
    row_number row = 0;
    time_point expires_at;
};

struct key_removal {
    row_number row = 0;
};

struct key_use {
    row_number row = 0;
    time_point when;
};

struct user_creation {
    row_number row = 0;
    user added;
};

// The whole row of a user as it shall be.
struct user_rewrite {
    row_number row = 0;
    user changed;
};

struct user_sighting {
    row_number row = 0;
    time_point when;
};

} // namespace latchkey
