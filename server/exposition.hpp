// Writes figures in Prometheus's text format 0.0.4. A family is named once, its samples follow at once. Owned
// by the function that answers a scrape.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace latchkey {

enum class metric_kind : std::uint8_t { counter, gauge, histogram };

struct metric_label {
    std::string_view name;
    std::string_view value;
};
using metric_labels = std::initializer_list<metric_label>;

class exposition {
public:
    static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

    explicit exposition(std::string& out) noexcept : out_{out} {}
    exposition(const exposition&) = delete;
    exposition& operator=(const exposition&) = delete;

    // `name` lives until the family's last sample. Counters end in _total, times are in seconds.
    exposition& family(std::string_view name, metric_kind kind, std::string_view help);

    // A sample of the family, without labels or with some.
    exposition& sample(double value);
    exposition& sample(std::uint64_t value);
    exposition& sample(metric_labels labels, std::uint64_t value);
    exposition& sample(std::string_view label, std::string_view label_value, std::uint64_t value)
    {
        return sample({{label, label_value}}, value);
    }

    // A family of one sample.
    template <class Number>
    exposition& only(std::string_view name, metric_kind kind, std::string_view help, Number value)
    {
        return family(name, kind, help).sample(value);
    }

    // The samples of a histogram: how many were at most each bound, bounds rising, and how many there were.
    exposition& buckets(std::span<const double> bounds,
                        std::span<const std::uint64_t> at_most,
                        std::uint64_t count,
                        double sum);

    // The same of one of several histograms of the family.
    exposition& buckets(metric_label which,
                        std::span<const double> bounds,
                        std::span<const std::uint64_t> at_most,
                        std::uint64_t count,
                        double sum);

private:
    void begin_sample(std::string_view suffix, metric_labels labels = {}); // leaves out labels without a name
    void end_sample(double value);
    void end_sample(std::uint64_t value);

    std::string& out_;
    std::string_view name_;
};

} // namespace latchkey
