// The `diff` of audit entries (contract 7.1, A11): which fields of a record the trail shows. A list of
// what may be shown, so that a new field of a record stays out of it until somebody puts it in; no secret
// and no hash is ever among them. As JSON text, since that is all that becomes of it (./dev bench create):
// `{"field":{"old":..,"new":..,"secret":false},..}`, empty where nothing changed. Pure functions, any thread.
#pragma once

#include "storage/records.hpp"

#include <string>

namespace latchkey {

std::string diff_of_created(const key_record& key);
std::string diff_of_deleted(const key_listing& gone);
std::string diff_of_expired(time_point before, time_point after);

std::string diff_of_created(const user& account);
std::string diff_of_changed(const user& before, const user& after);

// A password shows only that it was changed.
std::string diff_of_new_password();

} // namespace latchkey
