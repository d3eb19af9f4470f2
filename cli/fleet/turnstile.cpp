// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/turnstile.hpp"

#include <algorithm>
#include <utility>

#include "fleet/window.hpp"
#include "job/skip.hpp"
#include "vsphere.hpp"

namespace vmrotate::fleet {
namespace {

constexpr std::chrono::seconds look_at_the_clock{1};

/// Does something when it ends.
class AtItsEnd final : public job::Gate::Pass {
public:
    explicit AtItsEnd(std::function<void()> deed) : deed_(std::move(deed)) {}
    ~AtItsEnd() override { deed_(); }
    AtItsEnd(const AtItsEnd&) = delete;
    AtItsEnd& operator=(const AtItsEnd&) = delete;

private:
    std::function<void()> deed_;
};

}  // namespace

class Turnstile::VmGate final : public job::Gate {
public:
    VmGate(Turnstile& all, State& vm, std::stop_token stop)
        : all_(all), vm_(vm), stop_(std::move(stop))
    {
    }

    std::unique_ptr<Pass> copy(const job::CopyPlace& place) override
    {
        std::unique_lock lock(all_.mutex_);
        vm_.place = place;
        vm_.phase = Phase::preparing;  // a second copy is none that has ended
        all_.queue_.push_back(&vm_);
        const auto leave_queue = [this](void*) { std::erase(all_.queue_, &vm_); };
        const std::unique_ptr<void, decltype(leave_queue)> in_queue(this, leave_queue);
        for (;;) {
            if (stop_.stop_requested() || all_.stop_of_all_.stop_requested())
                throw vimclient::Cancelled{};
            if (place.kind != job::CopyKind::under_snapshot)
                refuse_closed();
            if (all_.is_next(vm_))
                break;
            all_.turn_.wait_for(lock, stop_, look_at_the_clock,
                                [this] { return all_.is_next(vm_); });
        }
        vm_.phase = Phase::copying;
        vm_.copying_since = all_.steady_();
        all_.changed();
        return std::make_unique<AtItsEnd>([this] { end_copy(); });
    }

    void refuse_closed() const override
    {
        if (!vm_.by_name && !is_open(vm_.rules, all_.local_stamp_()))
            throw job::Skip(job::Skip::Cause::window, closed_text(vm_.rules));
    }

    bool still_fits(const job::CopyPlace& place) const override
    {
        const std::scoped_lock lock(all_.mutex_);
        std::vector<InFlight> others;
        for (const State& state : all_.states_)
            if (&state != &vm_)
                others.push_back(state);
        return has_bytes(place, others);
    }

    std::unique_ptr<Pass> removal(const std::vector<std::string>& datastore_ids) override
    {
        std::unique_lock lock(all_.mutex_);
        all_.turn_.wait(lock, all_.stop_of_all_, [&] { return is_free(datastore_ids); });
        return begin_removal(datastore_ids);
    }

    std::unique_ptr<Pass> try_removal(const std::vector<std::string>& datastore_ids) override
    {
        const std::scoped_lock lock(all_.mutex_);
        if (!is_free(datastore_ids) && !all_.stop_of_all_.stop_requested())
            return {};
        return begin_removal(datastore_ids);
    }

private:
    void end_copy()
    {
        const std::scoped_lock lock(all_.mutex_);
        vm_.phase = Phase::ending;
        all_.changed();
    }

    bool is_free(const std::vector<std::string>& datastore_ids) const
    {
        return std::ranges::none_of(
            datastore_ids, [this](const std::string& id) { return all_.removing_.contains(id); });
    }

    std::unique_ptr<Pass> begin_removal(const std::vector<std::string>& datastore_ids)
    {
        all_.removing_.insert(datastore_ids.begin(), datastore_ids.end());
        return std::make_unique<AtItsEnd>([this, datastore_ids] { end_removal(datastore_ids); });
    }

    void end_removal(const std::vector<std::string>& datastore_ids)
    {
        const std::scoped_lock lock(all_.mutex_);
        for (const std::string& id : datastore_ids)
            all_.removing_.erase(all_.removing_.find(id));
        all_.changed();
    }

    Turnstile& all_;
    State& vm_;
    std::stop_token stop_;
};

Turnstile::Turnstile(std::function<std::string()> local_stamp,
                     std::function<std::chrono::milliseconds()> steady, std::stop_token stop_of_all)
    : local_stamp_(std::move(local_stamp)),
      steady_(std::move(steady)),
      stop_of_all_(std::move(stop_of_all))
{
}

std::unique_ptr<job::Gate> Turnstile::begin(const Waiting& vm, std::stop_token stop)
{
    const std::scoped_lock lock(mutex_);
    State state;
    state.vm = vm.vm;
    state.number = begun_++;
    state.place = vm.place;
    state.rules = vm.rules;
    state.by_name = vm.by_name;
    state.group = vm.group;
    state.alone = vm.alone;
    state.source = vm.source;
    states_.push_back(std::move(state));
    return std::make_unique<VmGate>(*this, states_.back(), std::move(stop));
}

void Turnstile::end(std::size_t vm)
{
    const std::scoped_lock lock(mutex_);
    std::erase_if(states_, [&](const State& state) { return state.vm == vm; });
    changed();
}

std::vector<InFlight> Turnstile::in_flight() const
{
    const std::scoped_lock lock(mutex_);
    return {states_.begin(), states_.end()};
}

std::vector<std::size_t> Turnstile::overdue(
    const std::function<std::chrono::milliseconds(std::size_t vm)>& allowed) const
{
    const std::scoped_lock lock(mutex_);
    std::vector<std::size_t> late;
    for (const State& state : states_)
        if (state.phase == Phase::copying && steady_() - state.copying_since >= allowed(state.vm))
            late.push_back(state.vm);
    return late;
}

void Turnstile::wait_for_news(std::chrono::milliseconds at_most)
{
    std::unique_lock lock(mutex_);
    news_.wait_for(lock, at_most, [this] { return has_news_; });
    has_news_ = false;
}

void Turnstile::tell_news()
{
    const std::scoped_lock lock(mutex_);
    has_news_ = true;
    news_.notify_all();
}

/// Others of its group have the right to copy already, and keep it until they may begin together.
bool Turnstile::is_awaited(const State& vm) const
{
    return !vm.group.empty() && vm.place.kind == job::CopyKind::first &&
           std::ranges::any_of(states_, [&](const State& other) {
               return other.group == vm.group && other.phase == Phase::copying;
           });
}

Turnstile::Rank Turnstile::rank_of(const State& vm) const
{
    const auto need = [&] {
        if (is_awaited(vm))
            return Need::group;
        if (vm.place.kind == job::CopyKind::under_snapshot)
            return Need::snapshot;
        const bool is_late = vm.place.kind == job::CopyKind::further && vm.group.empty();
        return is_late ? Need::late : Need::usual;
    };
    return {need(), vm.number};
}

/// Who is in need and has to wait is counted as copying by those behind: they leave its place to
/// it. Not by others in need, which may be what it waits for.
bool Turnstile::is_next(const State& vm) const
{
    const std::vector<InFlight> in_flight(states_.begin(), states_.end());
    std::vector<InFlight> and_reserved = in_flight;
    std::vector<const State*> queue(queue_.begin(), queue_.end());
    std::ranges::sort(queue, {}, [this](const State* each) { return rank_of(*each); });
    std::set<std::string> kept;  // datastores, for those who wait there for room
    for (const State* each : queue) {
        const bool is_in_need = rank_of(*each).first < Need::usual;
        const auto& others = is_in_need ? in_flight : and_reserved;
        const bool has_way = !kept.contains(each->place.target_datastore_id);
        if (has_way && may_copy(each->place, each->rules, others))
            return each == &vm;
        if (has_way && !has_bytes(each->place, others))
            kept.insert(each->place.target_datastore_id);
        if (is_in_need) {
            and_reserved.push_back(*each);
            and_reserved.back().phase = Phase::copying;
        }
    }
    return false;
}

void Turnstile::changed()
{
    has_news_ = true;
    news_.notify_all();
    turn_.notify_all();
}

}  // namespace vmrotate::fleet
