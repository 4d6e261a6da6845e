// Users by id, by username and by email address, without ASCII case. Owned by the memory table; every
// function may be called from every thread. Its lock is taken after an owner's, never before.
#pragma once

#include "storage/owner_state.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/uuid/uuid_hash.hpp>

#include <shared_mutex>

namespace latchkey {

class user_table {
public:
    // Reserves id, username and address; the user stays pending.
    // id_taken, username_taken, email_taken; with `only_if_first` users_exist.
    result<owner_state*> insert(user added, row_number row, bool only_if_first);

    // From now on people can see the user.
    void admit(owner_state& pending);
    // Ends a pending user.
    void withdraw(owner_state& pending);
    // Takes username and address from a user who is being deleted. The caller holds the owner.
    void release_names(const owner_state& deleted);

    // Null if there is none. What is found may be pending or deleted: look under its lock.
    owner_state* find(const uuid& id) const;
    owner_state* find_by_username(std::string_view username) const;
    owner_state* find_by_email(std::string_view email) const;

    bool has_people() const;

    // Everybody with a username, by lower-case username.
    std::vector<owner_state*> by_username() const;

    // Appends the sightings that have not been taken yet.
    void take_unwritten_sightings(std::vector<user_sighting>& sightings);

private:
    using owners_by_text = boost::unordered_flat_map<std::string, owner_state*>;

    void forget_names(const owner_state& owner);

    mutable std::shared_mutex mutex_;
    boost::unordered_flat_map<uuid, std::unique_ptr<owner_state>, boost::hash<uuid>> by_id_;
    std::vector<std::unique_ptr<owner_state>> withdrawn_;
    owners_by_text by_username_;
    owners_by_text by_email_;
    std::size_t people_ = 0;          // neither system nor deleted, pending ones included
    std::size_t admitted_people_ = 0; // without the pending ones
};

} // namespace latchkey
