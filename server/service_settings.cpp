#include "server/service_settings.hpp"

#include "auth/crypto.hpp"

#include <algorithm>
#include <thread>

namespace latchkey {

unsigned core_count() noexcept
{
    return std::max(1u, std::thread::hardware_concurrency());
}

std::string_view name_of(store_engine engine) noexcept
{
    switch (engine) {
    case store_engine::memory: return "memory";
    case store_engine::sqlite: return "sqlite";
    case store_engine::redis: return "redis";
    }
    return "unknown";
}

std::size_t shard_count(const config& settings) noexcept
{
    return settings.threads != 0 ? settings.threads : core_count();
}

lifetime_settings lifetimes_of(const config& settings)
{
    return {.standard = settings.default_token_lifetime,
            .maximum = settings.max_token_lifetime,
            .admin_maximum = settings.max_admin_token_lifetime,
            .session = settings.session_duration};
}

web_settings web_settings_of(const config& settings)
{
    web_settings web;
    web.cookie = {.secure = settings.secure_auth_cookie || settings.serves_tls(),
                  .same_site_none = settings.samesite_auth_cookie == same_site::none,
                  .host_prefix = settings.host_prefix_cookie};
    web.password_login = !settings.disable_password_auth;
    web.access_url = settings.access_url;
    if (!settings.coder_version.empty()) web.coder_version = settings.coder_version;
    web.deployment_id = random_uuid();
    web.trusted_proxies = settings.trusted_proxies;
    web.verification = settings.verify_mode;
    web.has_admin_door = !settings.admin_listen.empty();
    return web;
}

tls_files tls_files_of(const config& settings)
{
    return {.certificate = settings.tls_certificate,
            .key = settings.tls_key,
            .client_ca = settings.tls_client_ca};
}

verifications_recorded recorded_by(verification_logging setting) noexcept
{
    switch (setting) {
    case verification_logging::all: return verifications_recorded::all;
    case verification_logging::denied: return verifications_recorded::denied;
    case verification_logging::none: return verifications_recorded::none;
    }
    return verifications_recorded::denied;
}

} // namespace latchkey
