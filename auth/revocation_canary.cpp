#include "auth/revocation_canary.hpp"

#include "auth/key_minting.hpp"
#include "auth/policy.hpp"
#include "storage/named_thread.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace latchkey {
namespace {

using std::chrono::steady_clock;
using timer = asio::basic_waitable_timer<steady_clock, asio::wait_traits<steady_clock>, executor>;

constexpr std::chrono::minutes lifetime{1}; // of a key that nobody deletes
constexpr std::chrono::microseconds look_interval{250};

} // namespace

revocation_canary::revocation_canary(verifier& tokens,
                                     store& elsewhere,
                                     const pepper_set& peppers,
                                     const clock& now,
                                     canary_settings settings,
                                     observer told)
    : tokens_{tokens},
      elsewhere_{elsewhere},
      peppers_{peppers},
      clock_{now},
      settings_{settings},
      observer_{std::move(told)}
{}

revocation_canary::~revocation_canary()
{
    stop();
}

void revocation_canary::start(std::vector<executor> shards)
{
    shards_ = std::move(shards);
    thread_ = named_thread("canary", [this] { work(); });
}

void revocation_canary::begin_stop()
{
    {
        const std::lock_guard lock{signal_->mutex};
        signal_->is_stopping = true;
    }
    signal_->changed.notify_all();
}

void revocation_canary::stop()
{
    begin_stop();
    if (thread_.joinable()) thread_.join();
}

task<result<void>> revocation_canary::clean_up()
{
    if (!leftover_) co_return result<void>{};
    auto deleting = elsewhere_.delete_key(*std::exchange(leftover_, std::nullopt));
    const result<key_listing> deleted = co_await std::move(deleting);
    if (!deleted && deleted.error() != storage_errc::not_found) co_return deleted.error();
    co_return result<void>{};
}

canary_figures revocation_canary::figures() const
{
    const std::lock_guard lock{figures_mutex_};
    return figures_;
}

// --- the thread and the shards ---

template <class T>
revocation_canary::answer<T> revocation_canary::begin(const executor& shard, task<T> work) const
{
    auto slot = std::make_shared<std::optional<T>>();
    auto end = [slot, signal = signal_](std::exception_ptr thrown, T value) {
        if (thrown) return;
        {
            const std::lock_guard lock{signal->mutex};
            slot->emplace(std::move(value));
        }
        signal->changed.notify_all();
    };
    asio::co_spawn(shard, std::move(work), std::move(end));
    return slot;
}

// Nothing: not by the deadline, or not before the stop.
template <class T>
std::optional<T> revocation_canary::end_of(const answer<T>& begun) const
{
    std::unique_lock lock{signal_->mutex};
    const auto is_over = [&] { return begun->has_value() || signal_->is_stopping; };
    signal_->changed.wait_until(lock, deadline_, is_over);
    return std::exchange(*begun, std::nullopt);
}

void revocation_canary::work()
{
    do {
        deadline_ = steady_clock::now() + settings_.patience;
        const run_result run = run_once();
        if (!is_stopping()) note(run); // a run that was cut short says nothing
    } while (wait_for_next_run());
}

bool revocation_canary::wait_for_next_run() const
{
    std::unique_lock lock{signal_->mutex};
    return !signal_->changed.wait_for(lock, settings_.interval, [this] { return signal_->is_stopping; });
}

bool revocation_canary::is_stopping() const
{
    const std::lock_guard lock{signal_->mutex};
    return signal_->is_stopping;
}

// --- a run ---

// No scopes and an empty allow list: a token that proves who it belongs to, and may do nothing.
key_record revocation_canary::draft() const
{
    return draft_key(system_user_id, login_type::none, key_rights{}, clock_.now(), lifetime);
}

revocation_canary::run_result revocation_canary::run_once()
{
    const executor& home = shards_.front();
    if (leftover_) static_cast<void>(ask(home, elsewhere_.delete_key(*leftover_)));
    leftover_.reset();

    made_key made = make_key(elsewhere_, peppers_, draft());
    const secret_text token = std::move(made.token);
    leftover_ = made.record.id; // before it is asked for: a stop may come between the making and the answer
    const auto inserted = ask(home, elsewhere_.insert_key(std::move(made.record)));
    if (inserted && !*inserted && inserted->error() == storage_errc::id_taken) leftover_.reset(); // not ours
    if (!inserted || !*inserted) return {.problem = "no key could be made"};

    for (const executor& shard : shards_) {
        const auto seen = ask(shard, tokens_.probe(std::string{token.expose()}));
        if (seen != verdict::accepted) return {.problem = "a new key was not accepted on every shard"};
    }
    const steady_time sent = steady_clock::now();
    const auto deleted = ask(home, elsewhere_.delete_key(*leftover_));
    if (!deleted || !*deleted) return {.problem = "the key could not be deleted"};
    leftover_.reset();
    return watch_everywhere(token, sent);
}

// How long a shard goes on accepting counts from now on, a moment after the acknowledgement: whoever is found
// to exceed the bound did.
revocation_canary::run_result revocation_canary::watch_everywhere(const secret_text& token,
                                                                  steady_time sent) const
{
    const steady_time acknowledged = steady_clock::now();
    std::vector<answer<sighting>> watching;
    for (const executor& shard : shards_)
        watching.push_back(begin(shard, watch(tokens_, std::string{token.expose()}, deadline_)));

    run_result run;
    for (const answer<sighting>& each : watching) {
        const std::optional<sighting> seen = end_of(each);
        if (!seen) {
            run.problem = "a shard did not answer";
            continue;
        }
        if (seen->last_acceptance != steady_time{}) {
            const canary_figures::seconds after = seen->last_acceptance - acknowledged;
            run.accepted_after_answer = std::max(run.accepted_after_answer.value_or(after), after);
        }
        run.delay = std::max<canary_figures::seconds>(run.delay, seen->ended - sent);
        const bool is_measured = seen->what == verdict::unknown || seen->what == verdict::accepted;
        if (!is_measured) run.problem = "the store could not be asked";
    }
    return run;
}

task<revocation_canary::sighting>
revocation_canary::watch(verifier& tokens, std::string token, steady_time deadline)
{
    const executor here = co_await asio::this_coro::executor;
    timer pause{here};
    sighting seen;
    while (true) {
        const steady_time began = steady_clock::now();
        auto probing = tokens.probe(token);
        seen.what = co_await std::move(probing);
        seen.ended = steady_clock::now();
        if (seen.what != verdict::accepted) co_return seen;
        seen.last_acceptance = began;
        if (seen.ended >= deadline) co_return seen;
        pause.expires_after(look_interval);
        co_await pause.async_wait(use_task);
    }
}

void revocation_canary::note(const run_result& run)
{
    const bool has_failed = !run.problem.empty();
    const bool exceeds = run.accepted_after_answer && *run.accepted_after_answer > settings_.bound;
    {
        const std::lock_guard lock{figures_mutex_};
        if (exceeds) ++figures_.exceeded;
        if (has_failed) {
            ++figures_.failed;
        } else {
            ++figures_.completed;
            figures_.last = run.delay;
            figures_.longest = std::max(figures_.longest, run.delay);
            figures_.sum += run.delay;
            for (std::size_t index = 0; index < canary_figures::bounds.size(); ++index) {
                if (run.delay.count() <= canary_figures::bounds[index]) ++figures_.at_most[index];
            }
        }
    }
    if (exceeds && observer_.exceeded) observer_.exceeded(*run.accepted_after_answer);
    if (std::exchange(is_failing_, has_failed) == has_failed) return;
    if (has_failed && observer_.failing) observer_.failing(run.problem);
    if (!has_failed && observer_.working) observer_.working();
}

} // namespace latchkey
