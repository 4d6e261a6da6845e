// The parts of the document that operations refer to: schemas, path parameters, header fields, credentials,
// and the answers of the middleware, which are the same for all routes. Pure.
#pragma once

#include <boost/json/object.hpp>

#include <string_view>

namespace latchkey::described {

boost::json::object components();

bool is_schema(std::string_view name) noexcept;

// {"$ref":"#/components/<kind>/<name>"}
boost::json::object reference(std::string_view kind, std::string_view name);

} // namespace latchkey::described
