// What handlers may use, as made by the application (server/application.cpp). References only: everything
// outlives the shards.
#pragma once

#include "server/address_block.hpp"
#include "server/verify_mode.hpp"
#include "storage/records.hpp"

#include <atomic>
#include <optional>
#include <string>
#include <vector>

namespace latchkey {

class access_log;
class audit_log;
class audit_service;
class key_service;
class metrics;
class rate_limiter;
class refusal_log;
class store;
class token_service;
class user_service;
class verifier;
class verification_recorder;

struct cookie_settings {
    bool secure = false;         // --secure-auth-cookie
    bool same_site_none = false; // --samesite-auth-cookie none
    bool host_prefix = false;    // --host-prefix-cookie: __Host-coder_session_token
};

struct web_settings {
    cookie_settings cookie;
    bool password_login = true;
    std::string access_url;                   // for WWW-Authenticate and buildinfo; empty: only socket files
    std::optional<std::string> coder_version; // --coder-version: sent as X-Coder-Build-Version
    uuid deployment_id{};
    std::vector<address_block> trusted_proxies;   // --trusted-proxy: whose X-Forwarded-For is believed
    verify_mode verification = verify_mode::rich; // --verify-mode
    bool has_admin_door = false;                  // --admin-listen was given
};

struct services {
    store& records;
    audit_log& audit;
    verifier& tokens;
    key_service& keys;
    token_service& held_tokens;
    user_service& users;
    audit_service& audits;
    rate_limiter& limits;
    verification_recorder& verifications;
    refusal_log& refusals;
    metrics& figures;
    const clock& now;
    const web_settings& web;
    const access_log* accesses = nullptr; // null: no line for each request
    // Set: a stop was announced, and load balancers shall go elsewhere. Null: never.
    const std::atomic<bool>* is_leaving = nullptr;
};

} // namespace latchkey
