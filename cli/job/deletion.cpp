// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/deletion.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "job/facts.hpp"
#include "job/settle.hpp"

namespace vmrotate::job {
namespace {

/// Other VMs that use one of the victim's disk files, by name where `folder` knows it.
std::vector<std::string> disk_users(vimclient::Vsphere& vsphere, const vimclient::Vm& victim,
                                    const SetFacts& read)
{
    const auto& folder = read.folder;
    std::set<std::string> files, datastores, users;
    for (const vimclient::Disk& disk : victim.disks) {
        files.insert(disk.file);
        datastores.insert(disk.datastore_id);
    }
    for (const std::string& datastore : datastores) {
        const bool is_known = read.uses && datastore == read.datastore_id;
        for (const vimclient::DiskUse& use : is_known ? *read.uses : vsphere.disk_uses(datastore))
            if (use.vm_id != victim.ref.id && files.contains(use.file))
                users.insert(use.vm_id);
    }

    std::vector<std::string> names;
    for (const std::string& id : users) {
        const auto known =
            std::ranges::find_if(folder, [&](const vimclient::Vm& vm) { return vm.ref.id == id; });
        names.push_back(known == folder.end() ? id : known->ref.name);
    }
    return names;
}

void destroy_and_look(vimclient::Vsphere& vsphere, const Run& run, const vimclient::VmRef& victim)
{
    bool is_told = false;
    try {
        is_told = vsphere.destroy(victim);
    } catch (const vimclient::OutcomeUnknown& lost) {
        if (!read_once_idle(vsphere, run, victim))
            return;
        throw lost;
    }
    if (!is_told && !vsphere.read_vms({victim}).empty())
        throw Error(ErrorKind::failed, "the server says that it is gone, and it is still there");
}

}  // namespace

rotation::Deletion deletion_of(vimclient::Vsphere& vsphere, const Run& run,
                               const rotation::SetId& id, const vimclient::Vm& victim,
                               const SetFacts& read)
{
    const auto set = rotation::sort_out(id, facts_of(read.folder));
    rotation::Deletion deletion;
    deletion.victim = facts_of(victim);
    deletion.set = id;
    deletion.sources = run.sources;
    deletion.disk_users = disk_users(vsphere, victim, read);
    deletion.unread = set.unread;
    for (const rotation::Generation& generation : set.generations) {
        if (generation.condition == rotation::Condition::in_use)
            deletion.generation_in_use = generation.name;
        if (generation.condition == rotation::Condition::good && generation.id != victim.ref.id)
            ++deletion.good_left;
    }
    deletion.keep = run.assignment.policy.keep;
    deletion.min_age = run.assignment.policy.min_age;
    deletion.now = server_time(vsphere, run, read.time);
    deletion.clock_skew = run.clock.now() - deletion.now;
    return deletion;
}

std::vector<rotation::Objection> delete_under_guards(
    vimclient::Vsphere& vsphere, const Run& run, const vimclient::VmRef& victim,
    const std::function<std::optional<rotation::Deletion>()>& facts)
{
    const auto until = run.clock.steady() + run.assignment.policy.task_wait;
    bool was_logged_out = false;
    for (;; run.clock.rest(std::chrono::seconds(1))) {
        const auto deletion = facts();
        if (!deletion)
            return {};
        const auto found = rotation::objections(*deletion);
        const bool is_only_busy = found.size() == 1 && found[0].guard == rotation::Guard::not_busy;
        const bool may_wait = run.clock.steady() < until && !run.stop.stop_requested();
        if (is_only_busy && may_wait)
            continue;
        if (!found.empty())
            return found;
        try {
            destroy_and_look(vsphere, run, victim);
            return {};
        } catch (const vimclient::Fault& fault) {
            const bool is_logged_out = fault.type() == "NotAuthenticated";
            const bool is_passing = fault.kind() == vimclient::Fault::Kind::busy ||
                                    (is_logged_out && !std::exchange(was_logged_out, true));
            if (!is_passing || !may_wait)
                throw;
        }
    }
}

std::string text_of(const std::vector<rotation::Objection>& objections)
{
    std::string text;
    for (const rotation::Objection& objection : objections)
        text += (text.empty() ? "" : "; ") + objection.sentence;
    return text;
}

}  // namespace vmrotate::job
