// The `diff` of audit entries (contract 7.1, A11): which fields of a record the trail shows. A list of
// what may be shown, so that a new field of a record stays out of it until somebody puts it in; no secret
// and no hash is ever among them. Pure functions, any thread.
#pragma once

#include "storage/records.hpp"

#include <boost/json/object.hpp>

namespace latchkey {

boost::json::object diff_of_created(const key_record& key);
boost::json::object diff_of_deleted(const key_listing& gone);
boost::json::object diff_of_expired(time_point before, time_point after);

boost::json::object diff_of_created(const user& account);
boost::json::object diff_of_changed(const user& before, const user& after);

// A password shows only that it was changed.
boost::json::object diff_of_new_password();

} // namespace latchkey
