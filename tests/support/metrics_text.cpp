#include "tests/support/metrics_text.hpp"

#include "tests/support/catch.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>

namespace latchkey::test {
namespace {

bool is_letter(char c) noexcept
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_digit(char c) noexcept
{
    return c >= '0' && c <= '9';
}

class metrics_reader {
public:
    explicit metrics_reader(std::string_view text) : rest_{text} {}

    metric_families read()
    {
        if (!rest_.empty() && rest_.back() != '\n') fail("the last line has no end");
        while (!rest_.empty()) {
            const std::size_t end = rest_.find('\n');
            line_ = whole_ = rest_.substr(0, end);
            rest_.remove_prefix(end + 1);
            if (line_.starts_with("# HELP ")) {
                read_help();
            } else if (line_.starts_with("# TYPE ")) {
                read_type();
            } else {
                read_sample();
            }
        }
        for (const auto& [name, family] : families_)
            check_family(name, family);
        return std::move(families_);
    }

private:
    [[noreturn]] void fail(const std::string& what) const
    {
        throw std::runtime_error{what + ": " + std::string{whole_}};
    }

    std::string take_name(bool takes_colons)
    {
        std::size_t length = 0;
        while (length < line_.size() && (is_letter(line_[length]) || (takes_colons && line_[length] == ':') ||
                                         (length > 0 && is_digit(line_[length]))))
            ++length;
        if (length == 0) fail("a name is missing");
        const std::string name{line_.substr(0, length)};
        line_.remove_prefix(length);
        return name;
    }

    void expect(std::string_view text)
    {
        if (!line_.starts_with(text)) fail("expected '" + std::string{text} + "'");
        line_.remove_prefix(text.size());
    }

    // HELP opens a family, TYPE follows, then the samples; nothing comes back to a family that was left.
    void read_help()
    {
        expect("# HELP ");
        current_ = take_name(true);
        expect(" ");
        if (families_.contains(current_)) fail("a family twice");
        families_[current_].help = unescaped(line_, false);
        if (line_.empty()) fail("help that says nothing");
    }

    void read_type()
    {
        expect("# TYPE ");
        if (take_name(true) != current_) fail("TYPE of another family than HELP");
        expect(" ");
        metric_family& family = families_[current_];
        if (!family.kind.empty() || !family.samples.empty()) fail("TYPE twice, or behind a sample");
        family.kind = line_;
        if (!std::set<std::string>{"counter", "gauge", "histogram"}.contains(family.kind))
            fail("an unknown type");
    }

    void read_sample()
    {
        metric_sample sample;
        sample.name = take_name(true);
        if (line_.starts_with("{")) read_labels(sample);
        expect(" ");
        sample.value = number(line_);
        if (current_.empty() || families_[current_].kind.empty()) fail("a sample without HELP and TYPE");
        const bool is_histogram = families_[current_].kind == "histogram";
        const bool fits = is_histogram
                              ? sample.name == current_ + "_bucket" || sample.name == current_ + "_sum" ||
                                    sample.name == current_ + "_count"
                              : sample.name == current_;
        if (!fits) fail("a sample of another family");
        if (!seen_.emplace(sample.name, sample.labels).second) fail("a figure twice");
        families_[current_].samples.push_back(std::move(sample));
    }

    void read_labels(metric_sample& sample)
    {
        expect("{");
        do {
            if (!sample.labels.empty()) expect(",");
            const std::string name = take_name(false);
            expect("=\"");
            std::size_t length = 0;
            while (length < line_.size() && line_[length] != '"')
                length += line_[length] == '\\' ? 2 : 1;
            if (length >= line_.size()) fail("a label value without an end");
            if (!sample.labels.emplace(name, unescaped(line_.substr(0, length), true)).second)
                fail("a label twice");
            line_.remove_prefix(length + 1);
        } while (!line_.starts_with("}"));
        expect("}");
    }

    std::string unescaped(std::string_view text, bool has_quotes) const
    {
        std::string plain;
        for (std::size_t at = 0; at < text.size(); ++at) {
            if (text[at] != '\\') {
                plain += text[at];
                continue;
            }
            const char next = ++at < text.size() ? text[at] : ' ';
            if (next != '\\' && next != 'n' && !(has_quotes && next == '"')) fail("an unknown escape");
            plain += next == 'n' ? '\n' : next;
        }
        return plain;
    }

    double number(std::string_view text) const
    {
        if (text == "+Inf") return std::numeric_limits<double>::infinity();
        if (text == "-Inf") return -std::numeric_limits<double>::infinity();
        if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
        double value = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
        if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) fail("no number");
        return value;
    }

    void check_family(const std::string& name, const metric_family& family)
    {
        whole_ = name;
        if (family.kind.empty()) fail("no TYPE");
        if (family.samples.empty()) fail("no sample");
        if (family.kind == "counter" && !name.ends_with("_total")) fail("a counter that is not a _total");
        if (family.kind != "counter" && name.ends_with("_total")) fail("a _total that is no counter");
        for (const metric_sample& sample : family.samples) {
            if (family.kind == "counter" && !(sample.value >= 0)) fail("a counter below 0");
        }
        if (family.kind == "histogram") check_histogram(name, family);
    }

    // A family may hold several, told apart by their other labels.
    void check_histogram(const std::string& name, const metric_family& family) const
    {
        std::map<std::map<std::string, std::string>, metric_family> parts;
        for (const metric_sample& sample : family.samples) {
            auto others = sample.labels;
            others.erase("le");
            parts[others].samples.push_back(sample);
        }
        for (const auto& [labels, part] : parts)
            check_one_histogram(name, part);
    }

    void check_one_histogram(const std::string& name, const metric_family& part) const
    {
        double bound = -std::numeric_limits<double>::infinity();
        double below = 0;
        double count = -1;
        bool has_sum = false;
        for (const metric_sample& sample : part.samples) {
            if (sample.name == name + "_count") count = sample.value;
            if (sample.name == name + "_sum") has_sum = true;
            if (sample.name != name + "_bucket") continue;
            const double next = number(sample.labels.at("le"));
            if (next <= bound || sample.value < below) fail("buckets do not rise");
            bound = next;
            below = sample.value;
        }
        if (!std::isinf(bound) || below != count || !has_sum) fail("an incomplete histogram");
    }

    std::string_view rest_;
    std::string_view line_;  // what is left of it
    std::string_view whole_; // for messages
    std::string current_;
    metric_families families_;
    std::set<std::pair<std::string, std::map<std::string, std::string>>> seen_;
};

} // namespace

metric_families parse_metrics(std::string_view text)
{
    return metrics_reader{text}.read();
}

double metric(const metric_families& all, const std::string& family, const std::string& label)
{
    CAPTURE(family, label);
    REQUIRE(all.contains(family));
    for (const metric_sample& sample : all.at(family).samples) {
        const bool is_wanted = label.empty()
                                   ? sample.labels.empty() && sample.name == family
                                   : sample.labels.size() == 1 && sample.labels.begin()->second == label;
        if (is_wanted) return sample.value;
    }
    FAIL("no such sample");
    return 0;
}

} // namespace latchkey::test
