// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/runner.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

#include "fleet/turnstile.hpp"
#include "fleet/window.hpp"

namespace vmrotate::fleet {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_again{500};

/// One VM in flight.
class Flight {
public:
    Flight(const Waiting& vm, Turnstile& turnstile, const std::stop_token& stop, const Crew& crew)
        : vm_(vm.vm),
          turnstile_(turnstile),
          with_all_(stop, [this] { own_.request_stop(); }),
          gate_(turnstile.begin(vm, own_.get_token())),
          thread_([this, &crew] {
              crew.act({vm_, *gate_, own_.get_token(), [this] { return is_late_.load(); }});
              turnstile_.end(vm_);
              has_ended_ = true;
              turnstile_.tell_news();
          })
    {
    }

    ~Flight() { thread_.join(); }
    Flight(const Flight&) = delete;
    Flight& operator=(const Flight&) = delete;

    std::size_t vm() const { return vm_; }
    bool has_ended() const { return has_ended_; }

    void end_late()
    {
        if (!is_late_.exchange(true))
            own_.request_stop();
    }

private:
    std::size_t vm_;
    Turnstile& turnstile_;
    std::stop_source own_;
    std::stop_callback<std::function<void()>> with_all_;
    std::unique_ptr<job::Gate> gate_;
    std::atomic<bool> is_late_ = false, has_ended_ = false;
    std::thread thread_;
};

class Runner {
public:
    Runner(std::vector<Waiting> waiting, const Clock& clock, const std::stop_token& stop,
           const Crew& crew)
        : waiting_(std::move(waiting)),
          clock_(clock),
          stop_(stop),
          crew_(crew),
          turnstile_([this] { return clock_.stamp(clock_.now()); }, clock.steady, stop)
    {
        sort_by_need(waiting_);
    }

    std::vector<std::size_t> run()
    {
        while (!flights_.empty() || may_go_on()) {
            if (may_go_on() && begin_one())
                continue;
            if (!flights_.empty())
                turnstile_.wait_for_news(look_again);
            cancel_overdue();
            flights_.remove_if([](const auto& flight) { return flight->has_ended(); });
        }
        std::vector<std::size_t> left;
        for (const Waiting& vm : waiting_)
            left.push_back(vm.vm);
        return left;
    }

private:
    bool may_go_on() const { return !waiting_.empty() && !stop_.stop_requested(); }

    /// False where nobody is to begin now.
    bool begin_one()
    {
        const Next found = next(waiting_, turnstile_.in_flight(), clock_.stamp(clock_.now()));
        if (stop_.stop_requested())  // it may be what has made room
            return false;
        const bool has_begun = found.begin && begin(waiting_[*found.begin]);
        if (!has_begun && found.closed.empty())
            return false;
        std::vector<Waiting> rest;
        for (std::size_t i = 0; i < waiting_.size(); ++i) {
            if (std::ranges::count(found.closed, i) > 0)
                crew_.skip(waiting_[i].vm, closed_text(waiting_[i].rules));
            else if (!has_begun || found.begin != i)
                rest.push_back(std::move(waiting_[i]));
        }
        waiting_ = std::move(rest);
        return has_begun;
    }

    bool begin(const Waiting& vm)
    {
        try {
            flights_.push_back(std::make_unique<Flight>(vm, turnstile_, stop_, crew_));
            return true;
        } catch (const std::system_error&) {
            turnstile_.end(vm.vm);
        }
        if (crew_.drop && !vm.group.empty())
            crew_.drop(vm.vm);
        if (!flights_.empty())
            return false;
        const auto gate = turnstile_.begin(vm, stop_);
        crew_.act({vm.vm, *gate, stop_, [] { return false; }});
        turnstile_.end(vm.vm);
        return true;
    }

    void cancel_overdue()
    {
        const auto late = turnstile_.overdue([this](std::size_t vm) {
            const auto deadline = crew_.deadline(vm);
            return deadline.count() == 0 ? milliseconds::max() : deadline;
        });
        for (const auto& flight : flights_)
            if (std::ranges::count(late, flight->vm()) > 0)
                flight->end_late();
    }

    std::vector<Waiting> waiting_;
    const Clock& clock_;
    std::stop_token stop_;
    const Crew& crew_;
    Turnstile turnstile_;
    std::list<std::unique_ptr<Flight>> flights_;
};

}  // namespace

std::vector<std::size_t> run(std::vector<Waiting> waiting, const Clock& clock,
                             const std::stop_token& stop, const Crew& crew)
{
    return Runner(std::move(waiting), clock, stop, crew).run();
}

}  // namespace vmrotate::fleet
