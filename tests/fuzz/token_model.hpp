// What there should be, as simply as it can be said: the members and tokens that requests_target.cpp has been
// told of, searched one by one.
#pragma once

#include "storage/clock.hpp"
#include "storage/records.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace latchkey::fuzz {

struct known_member {
    std::string id;
    std::string session;
    bool is_suspended = false;
    bool is_deleted = false;

    bool is_active() const noexcept { return !is_suspended && !is_deleted; }
};

struct known_token {
    std::string text;
    std::string name; // empty: the server's choice
    std::size_t owner = 0;
    time_point expires_at{};
    bool is_deleted = false;

    std::string id() const { return text.substr(0, key_id::length); }
    std::string with_wrong_secret() const
    {
        return text.substr(0, key_id::length + 1) + std::string(22, 'x');
    }
};

class token_model {
public:
    std::vector<known_member> members;
    std::vector<known_token> tokens;

    // Also while it is expired, or its owner suspended.
    bool exists(const known_token& token) const
    {
        return !token.is_deleted && !members[token.owner].is_deleted;
    }

    bool is_live(const known_token& token, time_point now) const
    {
        return exists(token) && members[token.owner].is_active() && token.expires_at > now;
    }

    bool find(const std::string& text) const
    {
        for (const known_token& token : tokens) {
            if (token.text == text) return true;
        }
        return false;
    }

    bool has_name(std::size_t owner, const std::string& name) const
    {
        for (const known_token& token : tokens) {
            if (!name.empty() && token.owner == owner && token.name == name && exists(token)) return true;
        }
        return false;
    }

    std::set<std::string> ids_of(std::size_t owner, time_point now, bool with_expired) const
    {
        std::set<std::string> ids;
        for (const known_token& token : tokens) {
            if (token.owner == owner && exists(token) && (with_expired || token.expires_at > now))
                ids.insert(token.id());
        }
        return ids;
    }
};

} // namespace latchkey::fuzz
