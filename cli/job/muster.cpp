// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/muster.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "job/skip.hpp"
#include "vsphere.hpp"

namespace vmrotate::job {
namespace {

int count_of(Muster::Point point)
{
    return static_cast<int>(point) + 1;
}

}  // namespace

Muster::Muster(std::vector<std::string> members, Rules rules)
    : members_(std::move(members)), rules_(std::move(rules))
{
    for (const std::string& vm : members_)
        states_[vm];
}

void Muster::arrive(const std::string& vm, Point point, const std::stop_token& stop)
{
    std::unique_lock lock(mutex_);
    states_.at(vm).points = count_of(point);
    changed_.notify_all();
    const bool goes = wait(lock, vm, point, stop);
    if (stop.stop_requested() && !(goes && given_up_.empty()))
        throw vimclient::Cancelled{};
    if (!goes)
        lose_patience(vm, point);
    refuse_if_over(vm, point);
    if (point == Point::taken && rules_.consistent)
        is_complete_ = true;
}

/// False where its patience is at its end.
bool Muster::wait(std::unique_lock<std::mutex>& lock, const std::string& vm, Point point,
                  const std::stop_token& stop)
{
    const auto may_go = [&] { return !given_up_.empty() || may_pass(vm, point); };
    if (!rules_.consistent)  // for whole backups
        return changed_.wait(lock, stop, may_go);
    bool goes = false;
    do
        goes = changed_.wait_for(lock, stop, rules_.patience, may_go);
    while (!goes && !stop.stop_requested() && is_any_queued(vm, point));
    return goes;
}

bool Muster::is_any_queued(const std::string& vm, Point point) const
{
    return std::ranges::any_of(members_, [&](const std::string& other) {
        return states_.at(other).is_queued && waits_for(vm, other, point);
    });
}

void Muster::queue(const std::string& vm, bool is_queued)
{
    const std::lock_guard lock(mutex_);
    states_.at(vm).is_queued = is_queued;
}

void Muster::record(const std::string& vm, const Taking& taking)
{
    const std::lock_guard lock(mutex_);
    states_.at(vm).taking = taking;
    const bool is_any_to_come = std::ranges::any_of(
        states_, [](const auto& each) { return !each.second.has_left && !each.second.taking; });
    if (taking.froze_too_long && rules_.stops_at_freeze && is_any_to_come && frozen_.empty()) {
        frozen_ = fmt::format("the guest of '{}' was frozen for longer than max_freeze", vm);
        if (rules_.all_or_nothing && rules_.consistent)
            give_up(frozen_);
    }
    changed_.notify_all();
}

void Muster::report(const std::string& vm, Report report)
{
    const std::lock_guard lock(mutex_);
    states_.at(vm).report = std::move(report);
}

std::vector<Muster::Report> Muster::reports() const
{
    const std::lock_guard lock(mutex_);
    std::vector<Report> result;
    for (const auto& [vm, member] : states_)
        if (member.report && !member.has_left)
            result.push_back(*member.report);
    return result;
}

void Muster::leave(const std::string& vm, const std::string& sentence, Why why) noexcept
try {
    const std::lock_guard lock(mutex_);
    Member& member = states_.at(vm);
    if (std::exchange(member.has_left, true))
        return;
    if (rules_.all_or_nothing && rules_.consistent && !is_complete_) {
        is_skipped_ = is_skipped_ || (given_up_.empty() && why == Why::skipped);
        give_up(fmt::format("'{}' is not with it: {}", vm, sentence));
    }
    changed_.notify_all();
} catch (...) {  // no memory for the sentence, or no member of it: nobody waits in vain
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
}

std::optional<std::chrono::milliseconds> Muster::spread() const
{
    const std::lock_guard lock(mutex_);
    std::optional<Taking> all;
    for (const auto& [vm, member] : states_) {
        if (!member.taking)
            continue;
        if (!all)
            all = member.taking;
        all->began = std::min(all->began, member.taking->began);
        all->ended = std::max(all->ended, member.taking->ended);
    }
    if (!is_complete_ || !all)
        return {};
    return all->ended - all->began;
}

bool Muster::may_pass(const std::string& vm, Point point) const
{
    return must_stop(point) || std::ranges::none_of(members_, [&](const std::string& other) {
               return waits_for(vm, other, point);
           });
}

/// Another guest has been frozen for too long, and this is where the next one would be.
bool Muster::must_stop(Point point) const
{
    return !frozen_.empty() && point == (rules_.consistent ? Point::at_rest : Point::prepared);
}

bool Muster::waits_for(const std::string& vm, const std::string& other, Point point) const
{
    const Member& member = states_.at(other);
    if (member.has_left)
        return false;
    const bool is_before = std::ranges::find(members_, other) < std::ranges::find(members_, vm);
    if (!rules_.consistent)
        return point == Point::prepared && is_before;
    const bool is_in_turn = rules_.stops_at_freeze && point == Point::at_rest && is_before;
    return member.points < count_of(point) || (is_in_turn && !member.taking);
}

void Muster::lose_patience(const std::string& vm, Point point)
{
    const auto limit = std::chrono::ceil<std::chrono::seconds>(rules_.patience);
    for (const std::string& other : members_) {
        if (!waits_for(vm, other, point))
            continue;
        if (rules_.all_or_nothing)
            return give_up(fmt::format("'{}' did not come within {}", other, duration_text(limit)));
        states_.at(other).has_left = true;
    }
    changed_.notify_all();
}

void Muster::give_up(const std::string& why)
{
    if (given_up_.empty() && !is_complete_)
        given_up_ = why;
    changed_.notify_all();
}

void Muster::refuse_if_over(const std::string& vm, Point point) const
{
    if (!given_up_.empty()) {
        const auto sentence = fmt::format("cannot back it up: its group '{}' is given up: {}",
                                          rules_.name, given_up_);
        const char* const hint =
            "the group is backed up as a whole or not at all, unless its policy is "
            "\"best-effort\"";
        if (is_skipped_)
            throw AnotherRun(sentence, hint);
        throw Error(ErrorKind::failed, sentence, hint);
    }
    if (must_stop(point))
        throw Error(
            ErrorKind::failed,
            fmt::format("cannot back it up: its group '{}' stops: {}", rules_.name, frozen_),
            "on_freeze = \"stop_group\" asks for that; look why the guest froze");
    if (states_.at(vm).has_left)
        throw Error(
            ErrorKind::failed,
            fmt::format("cannot back it up: its group '{}' went on without it", rules_.name),
            "'patience' says how long the members of a group wait for each other");
}

}  // namespace vmrotate::job
