// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/neighbours.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "job/facts.hpp"

namespace vmrotate::job {
namespace {

rotation::VmFacts acquaintance(const vimclient::Vm& vm)
{
    auto facts = facts_of(vm);
    facts.disks.clear();
    facts.mark.mark.disks.clear();
    return facts;
}

/// Whoever is nothing to the set does not. Cheap, as hundreds are asked for each VM.
bool resembles(const rotation::SetId& id, const rotation::VmFacts& vm)
{
    const rotation::Mark& mark = vm.mark.mark;
    return !vm.readable || mark.source_uuid == id.source_uuid || mark.source_name == id.stem.name ||
           vm.name.starts_with(id.stem.prefix + id.stem.name);
}

bool is_something_to(const rotation::SetId& id, const rotation::VmFacts& vm)
{
    return resembles(id, vm) && rotation::sort_out(id, {vm}) != rotation::Set{};
}

bool is_an_orphan(const rotation::VmFacts& vm, const std::set<std::string>& sources)
{
    return vm.mark.kind != rotation::MarkReading::Kind::none &&
           !sources.contains(vm.mark.mark.source_name);
}

}  // namespace

Neighbours::Neighbours(Steady steady) : steady_(std::move(steady))
{
}

void Neighbours::note_all(const std::string& folder_id, const std::vector<vimclient::Vm>& vms)
{
    Folder folder{steady_(), {}};
    for (const vimclient::Vm& vm : vms)
        folder.vms.emplace(vm.ref.id, acquaintance(vm));
    const std::scoped_lock lock(mutex_);
    folders_[folder_id] = std::move(folder);
}

void Neighbours::note(const std::string& folder_id, const vimclient::Vm& vm)
{
    auto facts = acquaintance(vm);
    const std::scoped_lock lock(mutex_);
    if (const auto folder = folders_.find(folder_id); folder != folders_.end())
        folder->second.vms.insert_or_assign(vm.ref.id, std::move(facts));
}

const Neighbours::Folder* Neighbours::find(const std::string& folder_id) const
{
    const auto folder = folders_.find(folder_id);
    const bool is_young = folder != folders_.end() && steady_() - folder->second.listed < lasting;
    return is_young ? &folder->second : nullptr;
}

void Neighbours::note_sources(std::set<std::string> names)
{
    const std::scoped_lock lock(mutex_);
    sources_ = std::move(names);
}

bool Neighbours::knows_folder_of(const rotation::SetId& id) const
{
    const std::scoped_lock lock(mutex_);
    return find(id.folder_id) != nullptr;
}

std::vector<vimclient::VmRef> Neighbours::kin_of(const rotation::SetId& id) const
{
    std::vector<vimclient::VmRef> kin;
    const std::scoped_lock lock(mutex_);
    if (const Folder* folder = find(id.folder_id))
        for (const auto& [vm_id, facts] : folder->vms)
            if (is_something_to(id, facts))
                kin.push_back({vm_id, facts.name});
    return kin;
}

std::vector<vimclient::VmRef> Neighbours::not_strange_to(const rotation::SetId& id,
                                                         const std::set<std::string>& vm_ids) const
{
    std::vector<vimclient::VmRef> others;
    const std::scoped_lock lock(mutex_);
    const Folder* folder = find(id.folder_id);
    for (const std::string& vm_id : vm_ids) {
        const auto seen = folder ? folder->vms.find(vm_id) : decltype(folder->vms.end()){};
        if (folder == nullptr || seen == folder->vms.end())
            others.push_back({vm_id, {}});
        else if (is_something_to(id, seen->second) || is_an_orphan(seen->second, sources_))
            others.push_back({vm_id, seen->second.name});
    }
    return others;
}

void ask_for_folder(const Run& run, const rotation::SetId& id, vimclient::Question& question)
{
    if (run.neighbours == nullptr || !run.neighbours->knows_folder_of(id)) {
        question.folder_id = id.folder_id;
        return;
    }
    question.children_of = id.folder_id;
    for (vimclient::VmRef& vm : run.neighbours->kin_of(id))
        if (std::ranges::count(question.vms, vm.id, &vimclient::VmRef::id) == 0)
            question.vms.push_back(std::move(vm));
}

namespace {

/// Those of `ids` that were read, and what is still to be read; nothing where one has gone.
std::optional<std::vector<vimclient::Vm>> with_the_unknown(vimclient::Vsphere& vsphere,
                                                           const Neighbours& neighbours,
                                                           const rotation::SetId& id,
                                                           const vimclient::Answer& answer)
{
    auto ids = *answer.children;
    std::vector<vimclient::Vm> folder;
    for (const vimclient::Vm& vm : answer.vms)
        if (ids.erase(vm.ref.id) > 0)
            folder.push_back(vm);
    const auto unknown = neighbours.not_strange_to(id, ids);
    auto read = vsphere.read_vms(unknown);
    if (read.size() != unknown.size())
        return {};
    std::ranges::move(read, std::back_inserter(folder));
    return folder;
}

}  // namespace

std::optional<std::vector<vimclient::Vm>> folder_told(vimclient::Vsphere& vsphere, const Run& run,
                                                      const rotation::SetId& id,
                                                      const vimclient::Answer& answer)
{
    if (run.neighbours == nullptr)
        return answer.folder;
    if (answer.folder) {
        run.neighbours->note_all(id.folder_id, *answer.folder);
        return answer.folder;
    }
    if (!answer.children)
        return {};
    auto folder = with_the_unknown(vsphere, *run.neighbours, id, answer);
    for (const vimclient::Vm& vm : folder.value_or(std::vector<vimclient::Vm>{}))
        run.neighbours->note(id.folder_id, vm);
    return folder;
}

std::vector<vimclient::Vm> list_folder_of(vimclient::Vsphere& vsphere, const Run& run,
                                          const rotation::SetId& id)
{
    auto folder = vsphere.vms_in(id.folder_id);
    if (run.neighbours != nullptr)
        run.neighbours->note_all(id.folder_id, folder);
    return folder;
}

}  // namespace vmrotate::job
