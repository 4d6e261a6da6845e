// Reads Prometheus's text format 0.0.4 and refuses whatever a strict reader may refuse.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::test {

struct metric_sample {
    std::string name; // of the family, or with _bucket, _sum or _count behind
    std::map<std::string, std::string> labels;
    double value = 0;
};

struct metric_family {
    std::string help;
    std::string kind;
    std::vector<metric_sample> samples;
};

using metric_families = std::map<std::string, metric_family>;

// Throws runtime_error, which says what is wrong and where.
metric_families parse_metrics(std::string_view text);

// The one sample of `family`, or the one whose only label has the value `label`; fails the test if there is
// none.
double metric(const metric_families& all, const std::string& family, const std::string& label = {});

} // namespace latchkey::test
