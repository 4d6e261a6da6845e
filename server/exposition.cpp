#include "server/exposition.hpp"

#include "server/number_text.hpp"

#include <cmath>
#include <utility>

namespace latchkey {
namespace {

std::string_view to_string(metric_kind kind) noexcept
{
    switch (kind) {
    case metric_kind::counter: return "counter";
    case metric_kind::gauge: return "gauge";
    case metric_kind::histogram: return "histogram";
    }
    return "untyped";
}

enum class quotes : std::uint8_t { as_they_are, escaped };

void append_escaped(std::string& out, std::string_view text, quotes quoting)
{
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '\\' || (c == '"' && quoting == quotes::escaped)) out += '\\';
        out += c;
    }
}

std::string text_of(double value)
{
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    std::string text;
    append_number(text, value);
    return text;
}

} // namespace

exposition& exposition::family(std::string_view name, metric_kind kind, std::string_view help)
{
    name_ = name;
    out_.append("# HELP ").append(name).append(" ");
    append_escaped(out_, help, quotes::as_they_are);
    out_.append("\n# TYPE ").append(name).append(" ").append(to_string(kind)).append("\n");
    return *this;
}

void exposition::begin_sample(std::string_view suffix, metric_labels labels)
{
    out_.append(name_).append(suffix);
    char before = '{';
    for (const metric_label& one : labels) {
        if (one.name.empty()) continue;
        out_ += std::exchange(before, ',');
        out_.append(one.name).append("=\"");
        append_escaped(out_, one.value, quotes::escaped);
        out_ += '"';
    }
    if (before == ',') out_ += '}';
}

void exposition::end_sample(double value)
{
    out_.append(" ").append(text_of(value)).append("\n");
}

void exposition::end_sample(std::uint64_t value)
{
    out_ += ' ';
    append_number(out_, value);
    out_ += '\n';
}

exposition& exposition::sample(double value)
{
    begin_sample({});
    end_sample(value);
    return *this;
}

exposition& exposition::sample(std::uint64_t value)
{
    begin_sample({});
    end_sample(value);
    return *this;
}

exposition& exposition::sample(metric_labels labels, std::uint64_t value)
{
    begin_sample({}, labels);
    end_sample(value);
    return *this;
}

exposition& exposition::buckets(std::span<const double> bounds,
                                std::span<const std::uint64_t> at_most,
                                std::uint64_t count,
                                double sum)
{
    return buckets({}, bounds, at_most, count, sum);
}

exposition& exposition::buckets(metric_label which,
                                std::span<const double> bounds,
                                std::span<const std::uint64_t> at_most,
                                std::uint64_t count,
                                double sum)
{
    for (std::size_t index = 0; index < bounds.size(); ++index) {
        begin_sample("_bucket", {which, {"le", text_of(bounds[index])}});
        end_sample(at_most[index]);
    }
    begin_sample("_bucket", {which, {"le", "+Inf"}});
    end_sample(count);
    begin_sample("_sum", {which});
    end_sample(sum);
    begin_sample("_count", {which});
    end_sample(count);
    return *this;
}

} // namespace latchkey
