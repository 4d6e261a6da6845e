#include "server/rate_limiter.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace latchkey {
namespace {

std::string_view view_of(const auto& bytes) noexcept
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::size_t table_of(rate_class what) noexcept
{
    switch (what) {
    case rate_class::login: return 1;
    case rate_class::guess: return 2;
    case rate_class::api:
    case rate_class::unlimited: break;
    }
    return 0;
}

digest random_key() noexcept
{
    digest key;
    random_bytes(key);
    return key;
}

void append_subject(std::string& out, const rate_subject& who)
{
    if (const auto* id = std::get_if<uuid>(&who)) {
        out += 'u';
        out.append(reinterpret_cast<const char*>(id->begin()), id->size());
        return;
    }
    const auto& address = std::get<boost::asio::ip::address>(who);
    if (address.is_v4()) {
        out += '4';
        out += view_of(address.to_v4().to_bytes());
        return;
    }
    out += '6';
    out += view_of(address.to_v6().to_bytes()).substr(0, 8);
}

} // namespace

rate_limiter::rate_limiter(rate_limits limits, const clock& now)
    : limits_{limits},
      clock_{now},
      process_key_{random_key()}
{}

unsigned rate_limiter::limit_of(rate_class what) const noexcept
{
    if (limits_.api == 0) return 0;
    switch (what) {
    case rate_class::unlimited: return 0;
    case rate_class::api: return limits_.api;
    case rate_class::login: return limits_.login;
    case rate_class::guess: return limits_.guess;
    }
    return 0;
}

rate_decision rate_limiter::count(rate_class what, const rate_subject& who, std::string_view endpoint)
{
    rate_decision decision;
    decision.limit = limit_of(what);
    decision.applies = decision.limit != 0;
    if (!decision.applies) return decision;

    const auto since_epoch = clock_.now().time_since_epoch();
    const std::int64_t number = std::chrono::floor<std::chrono::seconds>(since_epoch) / window;
    const auto into_window = since_epoch - number * window;
    const double fading = 1.0 - std::chrono::duration<double>{into_window} / window;

    const fingerprint key = fingerprint_of(what, who, endpoint);
    stripe& part = tables_[table_of(what)][key[0] % stripe_count];
    const std::lock_guard guard{part.mutex};
    part.move_to(number);

    const auto before = part.previous.find(key);
    const auto faded = before == part.previous.end() ? 0 : std::lround(before->second * fading);
    const std::size_t capacity = std::max<std::size_t>(1, limits_.tracked_callers / stripe_count);
    if (part.current.size() >= capacity && !part.current.contains(key)) {
        part.current.erase(part.current.begin());
    }
    unsigned& counted = part.current[key];
    const unsigned rate = counted + static_cast<unsigned>(faded);

    decision.reset = std::chrono::sys_seconds{(number + 1) * window};
    decision.refused = rate >= decision.limit;
    if (decision.refused) {
        const auto left = std::chrono::ceil<std::chrono::seconds>(window - into_window);
        decision.retry_after = std::max(left, std::chrono::seconds{1});
        return decision;
    }
    ++counted;
    decision.remaining = decision.limit - rate - 1;
    return decision;
}

std::size_t rate_limiter::tracked() const
{
    std::size_t sum = 0;
    for (const auto& table : tables_) {
        for (const stripe& part : table) {
            const std::lock_guard guard{part.mutex};
            sum += part.current.size() + part.previous.size();
        }
    }
    return sum;
}

void rate_limiter::stripe::move_to(std::int64_t window_number)
{
    // A thread that read the clock just before the turn of the minute may come after one that read it
    // behind: it counts into the newer window.
    if (window_number <= number) return;
    if (window_number == number + 1) {
        std::swap(previous, current);
        current.clear();
    } else {
        previous.clear();
        current.clear();
    }
    number = window_number;
}

std::size_t rate_limiter::fingerprint_hash::operator()(const fingerprint& key) const noexcept
{
    std::size_t hash;
    std::memcpy(&hash, key.data() + 8, sizeof(hash));
    return hash;
}

rate_limiter::fingerprint
rate_limiter::fingerprint_of(rate_class what, const rate_subject& who, std::string_view endpoint) const
{
    std::string text;
    text.reserve(32 + endpoint.size());
    text += static_cast<char>('0' + static_cast<int>(what));
    append_subject(text, who);
    text += endpoint; // last, since it is the only part whose length varies within a kind of subject
    const digest whole = hmac_sha256(view_of(process_key_), text);
    fingerprint key;
    std::copy_n(whole.begin(), key.size(), key.begin());
    return key;
}

} // namespace latchkey
