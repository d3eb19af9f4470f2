// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/make_ready.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "job/explain.hpp"
#include "job/facts.hpp"
#include "job/settle.hpp"

namespace vmrotate::job {

using namespace std::chrono_literals;

void wait_until_idle(vimclient::Vsphere& vsphere, const Run& run, vimclient::Vm& source)
{
    const auto limit = run.assignment.policy.task_wait;
    const auto until = run.clock.steady() + limit;
    bool told = false;
    for (auto tasks = running_tasks(source); !tasks.empty(); tasks = running_tasks(source)) {
        if (run.stop.stop_requested())
            throw vimclient::Cancelled{};
        const std::string& task = tasks.front().description;
        if (run.clock.steady() >= until)
            throw Error(ErrorKind::busy,
                        fmt::format("cannot back it up: the task '{}' still works on it after {}",
                                    task, duration_text(limit)),
                        "the next run tries again; task_wait says how long to wait");
        if (!told)
            run.observer.step(fmt::format("waiting for the task '{}'", task));
        told = true;
        run.clock.pause(1s);
        source = read_one(vsphere, source.ref);
    }
}

void make_ready(vimclient::Vsphere& vsphere, const Run& run, Prepared& prepared)
{
    wait_until_idle(vsphere, run, prepared.source);
    if (run.stop.stop_requested())
        throw vimclient::Cancelled{};
    if (prepared.source.consolidation_needed &&
        run.assignment.policy.consolidate == config::Consolidate::never)
        throw Error(ErrorKind::refused, "cannot back it up: its disks need consolidation",
                    "consolidate them in the vSphere Client, or set consolidate = \"auto\"");
    if (prepared.source.consolidation_needed) {
        run.observer.step("consolidating the VM's disks, as vCenter asks for");
        try {
            vsphere.consolidate(prepared.source.ref);
        } catch (const vimclient::Fault& fault) {
            throw explain(fault, "consolidate its disks");
        }
        prepared.source = read_one(vsphere, prepared.source.ref);
        if (prepared.source.consolidation_needed)
            throw Error(ErrorKind::failed, "cannot back it up: its disks still need consolidation",
                        "look at the VM in the vSphere Client");
    }
    make_folder(vsphere, run, prepared);
}

void make_folder(vimclient::Vsphere& vsphere, const Run& run, Prepared& prepared)
{
    if (!prepared.target.folder.id.empty())
        return;
    run.observer.step(fmt::format("making the folder '{}'", prepared.target.folder.path));
    try {
        prepared.target.folder =
            vsphere.create_folder(prepared.place.datacenter_id, prepared.target.folder.path);
    } catch (const vimclient::Fault& fault) {
        throw explain(fault, "make the folder '" + prepared.target.folder.path + "'");
    }
    prepared.id.folder_id = prepared.target.folder.id;
}

}  // namespace vmrotate::job
