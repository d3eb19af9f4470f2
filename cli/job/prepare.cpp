// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/prepare.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "job/explain.hpp"
#include "job/facts.hpp"
#include "job/neighbours.hpp"
#include "job/obstacles.hpp"
#include "job/quiesce.hpp"
#include "job/settle.hpp"
#include "job/together.hpp"

namespace vmrotate::job {
namespace {

void require_vcenter(const vimclient::ServerInfo& server)
{
    if (!server.is_vcenter)
        throw Error(ErrorKind::failed,
                    fmt::format("cannot clone: '{}' is an ESXi host, and only vCenter can clone",
                                server.full_name),
                    "give the vCenter's address");
}

rotation::Stem stem_of(const config::Assignment& assignment, const std::string& source_name)
{
    const config::Policy& policy = assignment.policy;
    return {policy.prefix, policy.alias.empty() ? source_name : policy.alias};
}

rotation::SetId set_id_of(const config::Assignment& assignment, const vimclient::Vm& source,
                          const Target& target)
{
    return {.source_uuid = source.instance_uuid,
            .set = assignment.policy.set,
            .stem = stem_of(assignment, source.ref.name),
            .folder_id = target.folder.id,
            .datastore_id = target.datastore.id};
}

void refuse_obstacles(const std::vector<Obstacle>& found)
{
    if (found.empty())
        return;
    std::string sentences, hint;
    for (const Obstacle& obstacle : found) {
        sentences += (sentences.empty() ? "" : "; ") + obstacle.sentence;
        hint = hint.empty() ? obstacle.hint : hint;
    }
    throw Error(ErrorKind::refused, "cannot back it up: " + sentences, hint);
}

/// Copies that no run could finish or undo would fill the datastore, one a night.
void refuse_many_unfinished(const rotation::Set& set)
{
    constexpr std::size_t most = 3;
    if (set.unfinished.size() >= most)
        throw Error(ErrorKind::refused,
                    fmt::format("cannot back it up: {} unfinished copies of it are left, such as "
                                "'{}'",
                                set.unfinished.size(), set.unfinished.front().name),
                    "'vmrotate clean' says why they stay; delete them in the vSphere Client once "
                    "nobody needs them");
}

HostChoice host_for(vimclient::Vsphere& vsphere, const config::Policy& policy, const Survey& seen)
{
    std::vector<std::string> ids;
    for (const auto& mount : seen.target.datastore.hosts)
        ids.push_back(mount.host_id);
    const bool are_known = std::ranges::equal(ids, seen.hosts, {}, {}, &vimclient::Host::id);
    const auto hosts = are_known
                           ? seen.hosts
                           : explaining("read the hosts", [&] { return vsphere.read_hosts(ids); });
    return choose_host(policy.host, seen.source, seen.target.datastore, hosts);
}

void take_in(Survey& seen, Members members)
{
    seen.set = std::move(members.set);
    seen.newest_used = members.newest_used;
}

void keep_hint(const Run& run, const Survey& seen)
{
    if (!run.hints || seen.source.instance_uuid.empty())
        return;
    Hint hint{seen.source.ref.id, seen.source.instance_uuid, seen.id.folder_id, {}};
    for (const auto& mount : seen.target.datastore.hosts)
        hint.host_ids.push_back(mount.host_id);
    run.hints->keep(run.assignment.vm, hint);
}

std::optional<Hint> hint_for(const Run& run)
{
    auto hint = run.hints ? run.hints->find(run.assignment.vm) : std::nullopt;
    return hint ? std::move(hint) : run.found;
}

/// The first VM of the answer is the source.
std::optional<vimclient::Answer> ask_by(vimclient::Vsphere& vsphere, const Run& run,
                                        const Hint& hint)
{
    const vimclient::VmRef vm{hint.vm_id, run.assignment.vm};
    vimclient::Question question;
    question.time = true;
    question.vms = {vm};
    question.placed = vm;
    question.hosts = hint.host_ids;
    if (!hint.folder_id.empty())
        ask_for_folder(run,
                       {.source_uuid = hint.instance_uuid,
                        .set = run.assignment.policy.set,
                        .stem = stem_of(run.assignment, vm.name),
                        .folder_id = hint.folder_id,
                        .datastore_id = {}},
                       question);
    auto answer = explaining("read the inventory", [&] { return ask_together(vsphere, question); });
    const bool fits =
        answer && answer->place && !answer->vms.empty() && answer->vms.front().ref == vm &&
        (hint.instance_uuid.empty() || answer->vms.front().instance_uuid == hint.instance_uuid);
    return fits ? std::move(answer) : std::nullopt;
}

/// Nothing where there is no hint, or it no longer fits.
std::optional<Survey> survey_by_hint(vimclient::Vsphere& vsphere, const Run& run)
{
    const auto hint = hint_for(run);
    auto answer = hint ? ask_by(vsphere, run, *hint) : std::nullopt;
    if (!answer)
        return {};
    Survey seen;
    seen.source = answer->vms.front();
    seen.place = std::move(*answer->place);
    seen.target =
        pick_target(answer->datastores, answer->folders, seen.place, run.assignment.policy);
    seen.id = set_id_of(run.assignment, seen.source, seen.target);
    seen.server_time =
        explaining("ask for the time", [&] { return server_time(vsphere, run, answer->time); });
    seen.clock_skew = run.clock.now() - seen.server_time;
    take_in(seen, explaining("read the generations", [&] {
                const auto told = seen.id.folder_id == hint->folder_id
                                      ? folder_told(vsphere, run, seen.id, *answer)
                                      : std::nullopt;
                return told ? members_of(seen.id, *told) : read_members(vsphere, run, seen.id);
            }));
    seen.hosts = std::move(answer->hosts);
    keep_hint(run, seen);
    return seen;
}

}  // namespace

Located locate(vimclient::Vsphere& vsphere, const config::Assignment& assignment)
{
    require_vcenter(vsphere.server());
    Located located;
    located.source = read_one(vsphere, find_source(vsphere, assignment.vm));
    located.place =
        explaining("read the inventory", [&] { return vsphere.place_of(located.source.ref); });
    located.target = find_target(vsphere, located.place, assignment.policy);
    located.id = set_id_of(assignment, located.source, located.target);
    return located;
}

Survey survey(vimclient::Vsphere& vsphere, const Run& run)
{
    require_vcenter(vsphere.server());
    if (auto seen = survey_by_hint(vsphere, run))
        return std::move(*seen);
    Survey seen{locate(vsphere, run.assignment), {}, {}, {}, {}, {}};
    seen.server_time = explaining("ask for the time", [&] { return vsphere.now(); });
    seen.clock_skew = run.clock.now() - seen.server_time;
    take_in(seen, read_members(vsphere, run, seen.id));
    keep_hint(run, seen);
    return seen;
}

Survey survey_beside(vimclient::Vsphere& vsphere, const Run& run, const Survey& first)
{
    Survey seen = first;
    seen.target = find_target(vsphere, seen.place, run.assignment.policy);
    seen.id = set_id_of(run.assignment, seen.source, seen.target);
    seen.set = read_set(vsphere, seen.id);
    return seen;
}

Prepared prepare(vimclient::Vsphere& vsphere, const Run& run, Survey seen)
{
    const config::Policy& policy = run.assignment.policy;
    auto found = obstacles(seen.source, seen.target, seen.id);
    if (const std::string why = why_not_at_rest(policy.quiesce, seen.source); !why.empty())
        found.push_back({why + ", and quiesce = \"require\"",
                         "start VMware Tools in the guest, or set quiesce = \"prefer\""});
    refuse_obstacles(found);
    if (seen.source.consolidation_needed && policy.consolidate == config::Consolidate::never)
        throw Error(ErrorKind::refused, "cannot back it up: its disks need consolidation",
                    "consolidate them in the vSphere Client, or set consolidate = \"auto\"");

    refuse_many_unfinished(seen.set);

    Prepared prepared{std::move(seen), {}, {}, {}};
    if (run.assignment.first)
        prepared.copied_from = run.assignment.first->datastore;
    prepared.stamp = run.clock.stamp(run.clock.now());
    prepared.host = host_for(vsphere, policy, prepared);
    prepared.plan = rotation::plan(prepared.set, rules_of(policy, prepared.server_time));
    return prepared;
}

Prepared prepare_beside(vimclient::Vsphere& vsphere, const Run& run, const Prepared& first,
                        Survey seen)
{
    Prepared prepared = prepare(vsphere, run, std::move(seen));
    prepared.stamp = first.stamp;
    return prepared;
}

Members members_of(const rotation::SetId& id, const std::vector<vimclient::Vm>& folder)
{
    Members members{rotation::sort_out(id, facts_of(folder)), 0};
    for (const vimclient::Vm& vm : folder)
        if (!members.set.generations.empty() && vm.ref.id == members.set.generations.front().id)
            members.newest_used = vm.used;
    return members;
}

Members read_members(vimclient::Vsphere& vsphere, const Run& run, const rotation::SetId& id)
{
    if (id.folder_id.empty())
        return {};
    return members_of(
        id, explaining("read the generations", [&] { return list_folder_of(vsphere, run, id); }));
}

rotation::Set read_set(vimclient::Vsphere& vsphere, const rotation::SetId& id)
{
    if (id.folder_id.empty())
        return {};
    return rotation::sort_out(
        id,
        facts_of(explaining("read the generations", [&] { return vsphere.vms_in(id.folder_id); })));
}

rotation::Rules rules_of(const config::Policy& policy, rotation::Time server_time)
{
    return {.keep = policy.keep, .min_age = policy.min_age, .now = server_time};
}

}  // namespace vmrotate::job
