// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/settle.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "job/explain.hpp"
#include "job/facts.hpp"

namespace vmrotate::job {

vimclient::Vm read_one(vimclient::Vsphere& vsphere, const vimclient::VmRef& vm)
{
    const auto found =
        explaining(fmt::format("read '{}'", vm.name), [&] { return vsphere.read_vms({vm}); });
    if (found.empty())
        throw Error(ErrorKind::failed,
                    fmt::format("cannot read '{}': it has just been removed", vm.name),
                    "look at vCenter's events, who removed it");
    return found.front();
}

std::optional<vimclient::Vm> read_once_idle(vimclient::Vsphere& vsphere, const Run& run,
                                            const vimclient::VmRef& vm)
{
    constexpr std::chrono::milliseconds interval{500};
    const auto until = run.clock.steady() + run.assignment.policy.task_wait;
    for (;;) {
        auto found = vsphere.read_vms({vm});
        if (found.empty())
            return {};
        if (running_tasks(found.front()).empty() || run.clock.steady() >= until)
            return std::move(found.front());
        run.clock.rest(interval);
    }
}

vimclient::Vm change_surely(vimclient::Vsphere& vsphere, const Run& run, const vimclient::VmRef& vm,
                            const std::string& what, const std::function<void()>& send,
                            const std::function<bool(const vimclient::Vm&)>& is_done,
                            const std::function<std::optional<vimclient::Vm>()>& read_back)
{
    for (int attempts = 2;; --attempts) {
        try {
            explaining(what, send);
            auto found = read_back ? explaining("read the VM", read_back) : std::nullopt;
            auto now = found ? std::move(*found) : read_one(vsphere, vm);
            if (is_done(now))
                return now;
            throw Error(
                ErrorKind::failed,
                fmt::format("cannot {}: the server says that it is done, and it is not", what),
                "look at the VM and its tasks in the vSphere Client");
        } catch (const vimclient::OutcomeUnknown& lost) {
            auto now = explaining("read the VM", [&] { return read_once_idle(vsphere, run, vm); });
            if (now && is_done(*now))
                return std::move(*now);
            if (attempts == 1 || !now)
                throw explain(lost, what);
        }
    }
}

}  // namespace vmrotate::job
