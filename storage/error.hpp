// Why storage said no. Outcomes that depend on what was asked (not_found, name_taken, ...) and the one
// failure (unavailable) share an enum; each function of `store` and `audit_log` states which it can return.
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <type_traits>

namespace latchkey {

using boost::system::error_code;

template <class T>
using result = boost::system::result<T>;

enum class storage_errc {
    unavailable = 1, // the store cannot be asked, or cannot keep what it is told: disk full, read-only, away
    overloaded,      // a bounded queue is full; the caller may try again later
    not_found,       // no such key or user
    id_taken,        // a key or user with this id exists
    name_taken,      // the owner has a token of this name already, expired ones within retention included
    username_taken,  // another user that is not deleted has this name (compared without case)
    email_taken,     // another user that is not deleted has this address (compared without case)
    users_exist,     // the first user was asked for, but there are users
    owner_gone,      // the owner of a new key is deleted or does not exist
    creator_gone,    // the key that asked for a new one has ended, or its owner is not active any more
    bad_file,        // a database or log file is damaged, of a newer version, or not ours
};

const boost::system::error_category& storage_category() noexcept;
error_code make_error_code(storage_errc code) noexcept;

} // namespace latchkey

template <>
struct boost::system::is_error_code_enum<latchkey::storage_errc> : std::true_type {};
