// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/settle.hpp"

#include "job/facts.hpp"

namespace vmrotate::job {

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

}  // namespace vmrotate::job
