#include "server/go_json_decode.hpp"

#include "server/go_json_syntax.hpp"
#include "storage/lower_case.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <charconv>
#include <cstring>

namespace latchkey {
namespace {

namespace json = boost::json;

std::string_view without_package(std::string_view type) noexcept
{
    const auto dot = type.rfind('.');
    return dot == std::string_view::npos ? type : type.substr(dot + 1);
}

// Takes one character off the front, folded: ASCII letters lower case, and the two characters beyond ASCII
// that Unicode folds into it (long s, Kelvin sign), which Go's decoder folds too.
char next_folded(std::string_view& text) noexcept
{
    for (const auto& [sign, letter] : {std::pair{"\u017f", 's'}, std::pair{"\u212a", 'k'}})
        if (text.starts_with(sign)) {
            text.remove_prefix(std::strlen(sign));
            return letter;
        }
    const char c = text.front();
    text.remove_prefix(1);
    return lower_case(c);
}

bool equal_folded(std::string_view one, std::string_view other) noexcept
{
    while (!one.empty() && !other.empty())
        if (next_folded(one) != next_folded(other)) return false;
    return one.empty() && other.empty();
}

// What Boost.JSON's parser calls, piece by piece. Go scans the whole value before it decodes any, so
// mismatches are only noted here, and a syntax error further on has precedence over them.
class struct_reader {
public:
    static constexpr std::size_t max_object_size = std::size_t(-1);
    static constexpr std::size_t max_array_size = std::size_t(-1);
    static constexpr std::size_t max_key_size = std::size_t(-1);
    static constexpr std::size_t max_string_size = std::size_t(-1);

    explicit struct_reader(const go_struct& shape) noexcept : shape_{shape} {}
    ~struct_reader() { wipe_memory(text_.data(), text_.capacity()); }
    struct_reader(const struct_reader&) = delete;
    struct_reader& operator=(const struct_reader&) = delete;

    // Empty when everything fitted. A type that decodes itself stops Go's decoder, so its text comes first.
    const std::string& complaint() const noexcept
    {
        if (has_nul_) return nul_complaint_;
        return refused_element_.empty() ? first_mismatch_ : refused_element_;
    }

    bool on_document_begin(error_code&) noexcept { return true; }
    bool on_document_end(error_code&) noexcept { return true; }

    bool on_object_begin(error_code&)
    {
        if (depth_ == 0)
            in_struct_ = true;
        else
            mismatch("object");
        ++depth_;
        return true;
    }

    bool on_object_end(std::size_t, error_code&) noexcept
    {
        --depth_;
        return true;
    }

    bool on_array_begin(error_code&)
    {
        auto* const list = where() == place::field ? destination<std::vector<std::string>*>() : nullptr;
        if (list) {
            begin_list(*list, true);
            in_list_ = true;
        } else {
            mismatch("array");
        }
        ++depth_;
        return true;
    }

    bool on_array_end(std::size_t, error_code&) noexcept
    {
        --depth_;
        if (depth_ == 1) in_list_ = false;
        return true;
    }

    bool on_key_part(json::string_view part, std::size_t, error_code&)
    {
        gather(part);
        return true;
    }

    bool on_key(json::string_view part, std::size_t, error_code&)
    {
        gather(part);
        if (depth_ == 1) choose_field();
        text_.clear();
        return true;
    }

    bool on_string_part(json::string_view part, std::size_t, error_code&)
    {
        gather(part);
        return true;
    }

    bool on_string(json::string_view part, std::size_t, error_code&)
    {
        gather(part);
        store_text();
        text_.clear();
        return true;
    }

    bool on_number_part(json::string_view part, error_code&)
    {
        text_.append(part.data(), part.size());
        return true;
    }

    bool on_int64(std::int64_t, json::string_view part, error_code& ec) { return number(part, ec); }
    bool on_uint64(std::uint64_t, json::string_view part, error_code& ec) { return number(part, ec); }
    bool on_double(double, json::string_view part, error_code& ec) { return number(part, ec); }

    bool on_bool(bool value, error_code&)
    {
        auto* const flag = where() == place::field ? destination<bool*>() : nullptr;
        if (flag)
            *flag = value;
        else
            mismatch("bool");
        return true;
    }

    // Absent, except that it empties a list, as Go's nil does, and that an element is there all the same.
    bool on_null(error_code&)
    {
        if (where() == place::element)
            add_element();
        else if (where() == place::field)
            if (auto* const list = destination<std::vector<std::string>*>()) begin_list(*list, false);
        return true;
    }

    bool on_comment_part(json::string_view, error_code&) noexcept { return true; }
    bool on_comment(json::string_view, error_code&) noexcept { return true; }

private:
    enum class place { top, field, element, ignored };

    place where() const noexcept
    {
        if (depth_ == 0) return place::top;
        if (!in_struct_ || !field_) return place::ignored;
        if (depth_ == 1) return place::field;
        return depth_ == 2 && in_list_ ? place::element : place::ignored;
    }

    template <class Pointer>
    Pointer destination() const noexcept
    {
        const auto* const held = std::get_if<Pointer>(&field_->into);
        return held ? *held : nullptr;
    }

    void begin_list(std::vector<std::string>& list, bool is_given) const noexcept
    {
        list.clear();
        if (field_->is_given) *field_->is_given = is_given;
    }

    void choose_field() noexcept
    {
        field_ = nullptr;
        for (const go_field& candidate : shape_.fields)
            if (equal_folded(candidate.name, text_)) field_ = &candidate;
    }

    void gather(json::string_view part)
    {
        has_nul_ = has_nul_ || part.find('\0') != json::string_view::npos;
        text_.append(part.data(), part.size());
    }

    void add_element()
    {
        if (field_->check && refused_element_.empty()) refused_element_ = field_->check(text_);
        destination<std::vector<std::string>*>()->push_back(text_);
    }

    void store_text()
    {
        if (where() == place::element) return add_element();
        if (where() == place::field) {
            if (auto* const text = destination<std::string*>()) {
                *text = text_;
                return;
            }
            if (auto* const secret = destination<secret_text*>()) {
                *secret = secret_text{text_};
                wipe_memory(text_.data(), text_.size());
                return;
            }
        }
        mismatch("string");
    }

    bool number(json::string_view part, error_code&)
    {
        text_.append(part.data(), part.size());
        auto* const integer = where() == place::field ? destination<std::int64_t*>() : nullptr;
        if (!integer) {
            mismatch("number");
        } else {
            std::int64_t value = 0;
            const char* const end = text_.data() + text_.size();
            const auto [stop, fault] = std::from_chars(text_.data(), end, value);
            if (fault == std::errc{} && stop == end)
                *integer = value;
            else
                mismatch("number " + text_);
        }
        text_.clear();
        return true;
    }

    void mismatch(std::string_view value)
    {
        const place here = where();
        if (here == place::ignored) return;
        const bool decodes_itself = here == place::element && field_->check;
        std::string& note = decodes_itself ? refused_element_ : first_mismatch_;
        if (!note.empty()) return;
        note.append("json: cannot unmarshal ").append(value).append(" into Go ");
        if (here == place::top) {
            note.append("value of type ").append(shape_.type);
            return;
        }
        note.append("struct field ").append(without_package(shape_.type)).append(".").append(field_->name);
        note.append(" of type ");
        if (here == place::field)
            note.append(field_->type);
        else
            note.append(decodes_itself ? "string" : field_->type.substr(2)); // behind the "[]"
    }

    const go_struct& shape_;
    const go_field* field_ = nullptr; // of the member being read, nothing for unknown ones
    std::size_t depth_ = 0;
    bool in_struct_ = false;
    bool in_list_ = false;
    bool has_nul_ = false;
    std::string text_; // of the string, key or number being read
    std::string first_mismatch_;
    std::string refused_element_;
    const std::string nul_complaint_ = "strings must not contain the NUL character";
};

std::string syntax_complaint(std::string_view body, error_code ec)
{
    if (ec == json::error::too_deep) return "exceeded max depth";
    if (ec == json::error::exponent_overflow) return "number out of range";
    std::string text = go_syntax_fault(body);
    // Go would replace what is no text; Latchkey refuses it, so Go has no words for it.
    if (text.empty()) text = "strings must be valid Unicode";
    return text;
}

} // namespace

outcome<void> decode_go_json(std::string_view body, const go_struct& shape)
{
    json::parse_options options;
    options.max_depth = max_json_depth;
    json::basic_parser<struct_reader> parser{options, shape};
    error_code ec;
    parser.write_some(false, body.data(), body.size(), ec);
    const std::string complaint = ec ? syntax_complaint(body, ec) : parser.handler().complaint();
    if (complaint.empty()) return {};
    return refusals::bad_request("Request body must be valid JSON.", complaint);
}

} // namespace latchkey
