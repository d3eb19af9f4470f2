// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/probe.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "job/run.hpp"

namespace vmrotate::job {

void FreezeMeter::answered(std::chrono::milliseconds now)
{
    freeze_.longest = std::max(freeze_.longest, now - alive_);
    alive_ = std::max(alive_, now);
}

rotation::Freeze FreezeMeter::at(std::chrono::milliseconds now) const
{
    FreezeMeter until_now = *this;
    until_now.answered(now);
    return until_now.freeze_;
}

GuestWatch::GuestWatch(vimclient::Vsphere& vsphere, const Run& run, const vimclient::VmRef& source)
    : vsphere_(vsphere), run_(run), source_(source)
{
    if (run.assignment.policy.probe.kind == config::Probe::Kind::off || run.prober == nullptr)
        address_ = "";
}

void GuestWatch::begin()
{
    if (!address_)
        address_ = find_address();
    if (address_->empty())
        return;
    std::string problem;
    current_ = run_.prober->watch({run_.assignment.policy.probe, *address_}, problem);
    if (current_)
        return;
    run_.observer.remark(fmt::format("the guest cannot be probed at '{}': {}", *address_, problem));
    address_ = "";
}

void GuestWatch::end()
{
    if (!current_)
        return;
    current_->finish();
    ended_.push_back(std::move(current_));
}

std::optional<rotation::Freeze> GuestWatch::freeze()
{
    for (const auto& watch : std::exchange(ended_, {})) {
        const rotation::Freeze one = watch->result();
        if (!seen_)
            seen_.emplace();
        seen_->longest = std::max(seen_->longest, one.longest);
        seen_->lost += one.lost;
    }
    return seen_;
}

bool GuestWatch::froze_too_long()
{
    const auto seen = freeze();
    return seen && is_too_long(*seen, run_.assignment.policy.max_freeze);
}

std::string GuestWatch::find_address()
{
    const std::string& given = run_.assignment.policy.probe_address;
    if (given != "auto")
        return given;
    try {
        std::string address = vsphere_.guest_address(source_);
        if (address.empty())
            run_.observer.remark(
                "the guest cannot be probed: VMware Tools tell no address of it; "
                "probe_address can name one");
        return address;
    } catch (const vimclient::Fault& fault) {
        run_.observer.remark(fmt::format("the guest cannot be probed: {}", fault.what()));
        return {};
    }
}

bool is_too_long(const rotation::Freeze& freeze, std::chrono::seconds max_freeze)
{
    return max_freeze.count() > 0 && freeze.longest > max_freeze;
}

std::string freeze_text(const rotation::Freeze& freeze)
{
    const auto tenths = (freeze.longest.count() + 50) / 100;
    return fmt::format("{}.{} s ({} probe{} lost)", tenths / 10, tenths % 10, freeze.lost,
                       freeze.lost == 1 ? " was" : "s were");
}

}  // namespace vmrotate::job
