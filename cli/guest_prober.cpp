// SPDX-License-Identifier: GPL-3.0-or-later
#include "guest_prober.hpp"

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

#include "probe_socket.hpp"

namespace vmrotate::cli {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds patience = 10s;  // with a guest that is silent after the watch's end

milliseconds now()
{
    using namespace std::chrono;
    return floor<milliseconds>(steady_clock::now().time_since_epoch());
}

struct Asked {
    milliseconds when;
    credstore::Descriptor socket;
};

class NetworkWatch final : public job::Watch {
public:
    NetworkWatch(const job::ProbeTarget& target, SocketAddress address)
        : probe_(target.probe), address_(address), meter_(now())
    {
    }

    /// Whether the guest answers at all; from then on it is probed.
    bool start()
    {
        const auto end = now() + job::probe_limit;
        send();
        while (now() < end)
            if (listen(end)) {
                meter_ = job::FreezeMeter(now());
                thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
                return true;
            }
        return false;
    }

    void finish() override { finished_ = now(); }

    rotation::Freeze result() override
    {
        if (thread_.joinable())
            thread_.join();
        return freeze_;
    }

private:
    void work(const std::stop_token& stop)
    {
        auto next = now();
        while (!stop.stop_requested() && !is_over()) {
            if (listen(next))  // what came while this thread was held up is an answer, too
                meter_.answered(heard_ = now());
            if (now() >= next) {
                give_up_old();
                send();
                next = std::max(next + job::probe_interval, now());
            }
        }
        freeze_ = meter_.at(is_alive() ? heard_ : now());
    }

    bool is_alive() const { return heard_ >= finished_.load(); }

    bool is_over() const
    {
        const milliseconds finished = finished_;
        return finished != 0ms && (is_alive() || now() >= finished + patience);
    }

    void send()
    {
        try {
            asked_.push_back({now(), ask(probe_, address_, number_++)});
        } catch (const std::exception&) {  // the network is down here: as good as no answer
            meter_.lost();
        }
    }

    void give_up_old()
    {
        const auto oldest = now() - job::probe_limit;
        while (!asked_.empty() && asked_.front().when < oldest) {
            meter_.lost();
            asked_.erase(asked_.begin());
        }
    }

    /// Waits until an answer comes, or that time. Whether one came.
    bool listen(milliseconds until)
    {
        std::vector<pollfd> waiting;
        for (const Asked& asked : asked_)
            waiting.push_back({asked.socket.get(), poll_events(probe_), 0});
        const auto rest = std::clamp(until - now(), 0ms, milliseconds(job::probe_limit));
        if (::poll(waiting.data(), waiting.size(), static_cast<int>(rest.count())) <= 0)
            return false;
        bool answered = false;
        for (std::size_t i = waiting.size(); i-- > 0;) {
            if (waiting[i].revents == 0)
                continue;
            if (is_answered(probe_, waiting[i].fd))
                answered = true;
            else
                meter_.lost();
            asked_.erase(asked_.begin() + static_cast<std::ptrdiff_t>(i));
        }
        return answered;
    }

    config::Probe probe_;
    SocketAddress address_;
    std::uint16_t number_ = 1;
    std::vector<Asked> asked_;  ///< the oldest first
    job::FreezeMeter meter_;
    milliseconds heard_{0};
    std::atomic<milliseconds> finished_{0ms};
    rotation::Freeze freeze_;
    std::jthread thread_;  // the last member: it ends before the others do
};

}  // namespace

std::unique_ptr<job::Watch> GuestProber::watch(const job::ProbeTarget& target, std::string& problem)
{
    try {
        const auto address = resolve(target.address, target.probe.port);
        ask(target.probe, address, 0);  // throws where this system does not let us
        auto watch = std::make_unique<NetworkWatch>(target, address);
        if (watch->start())
            return watch;
        problem = "no answer";
    } catch (const std::exception& e) {
        problem = e.what();
    }
    return nullptr;
}

}  // namespace vmrotate::cli
