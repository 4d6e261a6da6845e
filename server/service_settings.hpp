// What the parts of the server are told of the configuration. Pure functions, called by the composition root.
#pragma once

#include "auth/key_service.hpp"
#include "auth/verification_recorder.hpp"
#include "server/config.hpp"
#include "server/services.hpp"
#include "server/tls_identity.hpp"

#include <cstddef>

namespace latchkey {

lifetime_settings lifetimes_of(const config& settings);

// With a new deployment id.
web_settings web_settings_of(const config& settings);

tls_files tls_files_of(const config& settings);

verifications_recorded recorded_by(verification_logging setting) noexcept;

// At least one.
unsigned core_count() noexcept;
std::string_view name_of(store_engine engine) noexcept;

std::size_t shard_count(const config& settings) noexcept;

} // namespace latchkey
