#include "bench/load_schedule.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <system_error>
#include <utility>

namespace latchkey::bench {
namespace {

using std::chrono::nanoseconds;
using clock = std::chrono::steady_clock;

constexpr std::size_t receive_space = 1024 * 1024;
constexpr std::chrono::seconds last_answers{10}; // for what was sent when the load ended

class load_run {
public:
    load_run(const load_settings& settings, std::vector<load_target>& targets)
        : settings_{settings},
          epoll_{epoll_create1(EPOLL_CLOEXEC)},
          space_(receive_space)
    {
        if (epoll_.number() < 0) throw std::system_error{errno, std::generic_category(), "epoll_create1"};
        outcome_.tally.expected_status = settings.expected_status;
        ring_.open(); // where it is not allowed, each connection sends by a call of its own
        for (unsigned count = 0; count < settings.connections; ++count) {
            load_target& asked = targets[count % targets.size()];
            lanes_.push_back(std::make_unique<lane>(asked, settings.is_over_tls, outcome_.tally, ring_));
            watch(*lanes_.back(), EPOLL_CTL_ADD, EPOLLIN);
        }
    }

    load_outcome run()
    {
        start_ = clock::now();
        end_ = start_ +
               std::chrono::duration_cast<nanoseconds>(std::chrono::duration<double>{settings_.seconds});
        if (settings_.rate == 0) {
            run_closed();
        } else {
            run_open();
        }
        const steady_time stopped = clock::now();
        outcome_.tally.is_counting = settings_.rate != 0 || settings_.requests != 0;
        wait_for_last_answers(stopped + last_answers);
        const bool has_ended_early = settings_.requests != 0 && outcome_.tally.latencies.count() != 0;
        const steady_time measured_to = has_ended_early ? outcome_.tally.last_answer : stopped;
        outcome_.seconds = std::chrono::duration<double>(measured_to - start_).count();
        return std::move(outcome_);
    }

private:
    // A connection and what it asks.
    struct lane {
        lane(load_target& asked, bool is_over_tls, load_tally& tally, socket_ring& ring)
            : requests{asked.requests},
              connection{asked.server, is_over_tls, tally, ring}
        {}

        request_texts& requests;
        load_connection connection;
    };

    void watch(lane& which, int operation, std::uint32_t events)
    {
        epoll_event wanted{};
        wanted.events = events;
        wanted.data.ptr = &which;
        if (epoll_ctl(epoll_.number(), operation, which.connection.number(), &wanted) != 0)
            throw std::system_error{errno, std::generic_category(), "epoll_ctl"};
    }

    bool has_more() const noexcept { return settings_.requests == 0 || sent_ < settings_.requests; }

    void send_batch(lane& on, steady_time due)
    {
        if (!on.connection.is_blocked()) sending_.push_back(&on);
        on.connection.request(on.requests.next(), on.requests.depth(), due);
        sent_ += on.requests.depth();
    }

    void send_all()
    {
        ring_.send_all();
        for (lane* const each : sending_) {
            each->connection.check_sent();
            if (each->connection.is_blocked()) watch(*each, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
        }
        sending_.clear();
    }

    void run_closed()
    {
        for (const auto& each : lanes_) {
            if (has_more()) send_batch(*each, clock::now());
        }
        send_all();
        for (steady_time now = clock::now(); now < end_ && is_busy(); now = clock::now()) {
            for (lane* const ready : wait_until(end_, now)) {
                if (ready->connection.is_idle() && has_more()) send_batch(*ready, clock::now());
            }
            send_all();
        }
    }

    bool is_busy() const noexcept
    {
        return has_more() || outcome_.tally.latencies.count() + outcome_.tally.unexpected < sent_;
    }

    // Batch number n is due at start + n * interval, and its connection is the next in turn.
    void run_open()
    {
        const double interval = 1e9 * lanes_.front()->requests.depth() / static_cast<double>(settings_.rate);
        std::uint64_t number = 0;
        steady_time due = start_;
        while (due < end_ && has_more()) {
            for (steady_time now = clock::now(); due <= now && due < end_ && has_more(); now = clock::now()) {
                send_batch(*lanes_[number % lanes_.size()], due);
                send_all();
                outcome_.lateness.add(now - due);
                due =
                    start_ + nanoseconds{static_cast<std::int64_t>(interval * static_cast<double>(++number))};
            }
            wait_until(due, clock::now());
        }
    }

    void wait_for_last_answers(steady_time deadline)
    {
        const auto is_waiting = [this] {
            return std::any_of(
                lanes_.begin(), lanes_.end(), [](const auto& each) { return !each->connection.is_idle(); });
        };
        for (steady_time now = clock::now(); is_waiting() && now < deadline; now = clock::now())
            wait_until(deadline, now);
        outcome_.is_complete = !is_waiting();
    }

    // Serves the connections that have something to say, once, after a wait no longer than to `when`.
    const std::vector<lane*>& wait_until(steady_time when, steady_time now)
    {
        const auto left = std::max(when - now, nanoseconds{0});
        timespec timeout{};
        timeout.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000);
        timeout.tv_nsec = static_cast<long>(left.count() % 1'000'000'000);
        const int count = epoll_pwait2(
            epoll_.number(), events_.data(), static_cast<int>(events_.size()), &timeout, nullptr);
        if (count < 0 && errno != EINTR)
            throw std::system_error{errno, std::generic_category(), "epoll_pwait2"};
        served_.clear();
        for (int index = 0; index < count; ++index)
            serve(events_[static_cast<std::size_t>(index)]);
        return served_;
    }

    void serve(const epoll_event& event)
    {
        lane& told = *static_cast<lane*>(event.data.ptr);
        if ((event.events & EPOLLOUT) != 0) {
            told.connection.send_rest();
            if (!told.connection.is_blocked()) watch(told, EPOLL_CTL_MOD, EPOLLIN);
        }
        if ((event.events & ~EPOLLOUT) != 0) told.connection.receive(space_);
        served_.push_back(&told);
    }

    const load_settings& settings_;
    file_descriptor epoll_;
    std::vector<char> space_;
    load_outcome outcome_;
    socket_ring ring_;
    std::vector<std::unique_ptr<lane>> lanes_;
    std::array<epoll_event, 128> events_{};
    std::vector<lane*> served_;
    std::vector<lane*> sending_; // since send_all
    std::uint64_t sent_ = 0;
    steady_time start_{};
    steady_time end_{};
};

} // namespace

request_texts::request_texts(const std::vector<std::string>& requests, unsigned depth) : depth_{depth}
{
    const std::size_t batches = (requests.size() + depth - 1) / depth;
    for (std::size_t index = 0; index < batches * depth; ++index) {
        text_ += requests[index % requests.size()];
        if ((index + 1) % depth == 0) ends_.push_back(text_.size());
    }
}

std::string_view request_texts::next() noexcept
{
    const std::size_t begin = next_ == 0 ? 0 : ends_[next_ - 1];
    const std::size_t end = ends_[next_];
    next_ = (next_ + 1) % ends_.size();
    return std::string_view{text_}.substr(begin, end - begin);
}

load_outcome run_load(const load_settings& settings, std::vector<load_target>& targets)
{
    prctl(PR_SET_TIMERSLACK, 1UL); // else the kernel may let each wait of an open loop sleep 50 us longer
    load_run load{settings, targets};
    return load.run();
}

} // namespace latchkey::bench
