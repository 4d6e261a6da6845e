// Objects of the wire, written straight into the answer's bytes in the order in which the contract lists
// their fields. Owned by the function that shapes the answer.
#pragma once

#include "server/json_bodies.hpp"
#include "server/number_text.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey {

class json_object_writer {
public:
    explicit json_object_writer(std::string& out) : out_{out} { out_ += '{'; }
    json_object_writer(const json_object_writer&) = delete;
    json_object_writer& operator=(const json_object_writer&) = delete;

    // The field's name; whoever calls it appends the value to the same string.
    std::string& field(std::string_view name)
    {
        if (!is_first_) out_ += ',';
        is_first_ = false;
        append_json_string(out_, name);
        out_ += ':';
        return out_;
    }

    json_object_writer& text(std::string_view name, std::string_view value)
    {
        append_json_string(field(name), value);
        return *this;
    }

    // Go's omitempty.
    json_object_writer& text_unless_empty(std::string_view name, std::string_view value)
    {
        return value.empty() ? *this : text(name, value);
    }

    json_object_writer& boolean(std::string_view name, bool value)
    {
        field(name) += value ? "true" : "false";
        return *this;
    }

    json_object_writer& number(std::string_view name, std::int64_t value)
    {
        append_number(field(name), value);
        return *this;
    }

    template <class Texts>
    json_object_writer& texts(std::string_view name, const Texts& values)
    {
        char before = '[';
        field(name);
        for (const std::string_view value : values) {
            out_ += before;
            append_json_string(out_, value);
            before = ',';
        }
        out_ += before == '[' ? "[]" : "]";
        return *this;
    }

    // Already JSON.
    json_object_writer& raw(std::string_view name, std::string_view value)
    {
        field(name) += value;
        return *this;
    }

    void finish() { out_ += '}'; }

private:
    std::string& out_;
    bool is_first_ = true;
};

} // namespace latchkey
