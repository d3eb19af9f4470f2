// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/adoption_plan.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "job/explain.hpp"
#include "job/facts.hpp"
#include "job/joining.hpp"
#include "job/verify.hpp"

namespace vmrotate::job {
namespace {

using vimclient::Vm;

/// Every VM of the inventory with a name of this stem, read.
std::vector<Vm> vms_named(vimclient::Vsphere& vsphere, const rotation::Stem& stem)
{
    auto refs = explaining("list the VMs", [&] { return vsphere.vm_names(); });
    std::erase_if(refs, [&](const vimclient::VmRef& vm) {
        return !rotation::parse_name(vm.name, stem).has_value();
    });
    return explaining("read the VMs", [&] { return vsphere.read_vms(refs); });
}

/// Other VMs that use one of this VM's disks.
std::vector<std::string> users_of(const Vm& vm, const std::vector<vimclient::DiskUse>& uses)
{
    std::set<std::string> users;
    for (const vimclient::DiskUse& use : uses)
        if (use.vm_id != vm.ref.id &&
            std::ranges::count(vm.disks, use.file, &vimclient::Disk::file))
            users.insert(use.vm_id);
    return {users.begin(), users.end()};
}

bool is_member(const rotation::Set& set, const Vm& vm)
{
    return std::ranges::count(set.generations, vm.ref.id, &rotation::Generation::id) > 0 ||
           std::ranges::count(set.unfinished, vm.ref.id, &rotation::Unfinished::id) > 0;
}

/// Says where VMs stand, as far as it is this datacenter.
class Folders {
public:
    Folders(vimclient::Vsphere& vsphere, const Located& located,
            const std::vector<std::string>& wanted)
        : vsphere_(vsphere), datacenter_id_(located.place.datacenter_id)
    {
        all_ = explaining("read the inventory", [&] { return vsphere.folders_of(datacenter_id_); });
        wanted_.insert(located.target.folder.path);
        for (const std::string& path : wanted)
            wanted_.insert(checked(path, located.place.datacenter));
    }

    /// Empty: in another datacenter, or in no folder.
    std::string path_of(const Vm& vm) const
    {
        const auto known = std::ranges::find(all_, vm.folder_id, &vimclient::Folder::id);
        if (known != all_.end())
            return known->path;
        const auto place =
            explaining("read the inventory", [&] { return vsphere_.place_of(vm.ref); });
        return place.datacenter_id == datacenter_id_ && !vm.folder_id.empty() ? root : "";
    }

    bool are_wanted(const std::string& path) const { return wanted_.contains(path); }

private:
    std::string checked(const std::string& path, const std::string& datacenter) const
    {
        if (path == root || std::ranges::count(all_, path, &vimclient::Folder::path) > 0)
            return path;
        std::vector<std::string> paths;
        for (const vimclient::Folder& folder : all_)
            paths.push_back(folder.path);
        const auto near = nearest(path, paths);
        throw Error(
            ErrorKind::usage,
            fmt::format("cannot find the folder '{}' in the datacenter '{}'", path, datacenter),
            near.empty() ? "'/' is the datacenter's VM folder itself"
                         : fmt::format("did you mean '{}'?", fmt::join(near, "', '")));
    }

    static constexpr const char* root = "/";

    vimclient::Vsphere& vsphere_;
    std::string datacenter_id_;
    std::vector<vimclient::Folder> all_;
    std::set<std::string> wanted_;
};

rotation::Time time_of(const Run& run, const Vm& vm, const rotation::SetId& id)
{
    return run.clock.moment(rotation::parse_name(vm.ref.name, id.stem).value().stamp);
}

/// Of the VMs in the place's folder.
std::vector<std::string> names_there(vimclient::Vsphere& vsphere, const std::string& folder_id)
{
    if (folder_id.empty())
        return {};
    std::vector<std::string> names;
    for (const Vm& vm : explaining("read the folder", [&] { return vsphere.vms_in(folder_id); }))
        names.push_back(vm.ref.name);
    return names;
}

void find_candidates(vimclient::Vsphere& vsphere, const Run& run, const Folders& folders,
                     Adoption& adoption)
{
    const rotation::SetId& id = adoption.seen.id;
    const auto taken = names_there(vsphere, id.folder_id);
    const std::vector<std::string> none;
    const auto uses =
        explaining("read who uses the disks", [&] { return vsphere.disk_uses(id.datastore_id); });
    for (const Vm& vm : vms_named(vsphere, id.stem)) {
        if (is_member(adoption.seen.set, vm))
            continue;
        const std::string path = folders.path_of(vm);
        if (!folders.are_wanted(path)) {
            if (!path.empty() && std::ranges::count(adoption.elsewhere, path) == 0)
                adoption.elsewhere.push_back(path);
            continue;
        }
        const auto name = rotation::parse_name(vm.ref.name, id.stem).value();
        adoption.candidates.push_back(
            {vm, path, name.slot, time_of(run, vm, id),
             obstacles_to_adoption(vm, id, run.sources, users_of(vm, uses),
                                   vm.folder_id == id.folder_id ? none : taken)});
    }
    std::ranges::sort(adoption.candidates, std::greater{}, [](const Candidate& candidate) {
        return std::pair(candidate.taken, candidate.vm.ref.id);
    });
}

void refuse_too_high(const std::vector<rotation::Numbering>& steps)
{
    if (!rotation::fits(steps))
        throw Error(ErrorKind::refused, "cannot adopt: the numbers of the set are used up",
                    "begin another one with --set and --prefix");
}

}  // namespace

std::vector<std::string> obstacles_to_adoption(const Vm& vm, const rotation::SetId& id,
                                               const std::vector<std::string>& sources,
                                               const std::vector<std::string>& disk_users,
                                               const std::vector<std::string>& names_there)
{
    auto here = id;
    here.folder_id = vm.folder_id;
    auto found = verify(vm, sizes_of(vm.disks), here).faults;
    const auto add_if = [&](bool stands_against_it, const std::string& sentence) {
        if (stands_against_it)
            found.push_back(sentence);
    };
    if (vm.readable) {
        add_if(rotation::decode(vm.mark).kind != rotation::MarkReading::Kind::none,
               "it carries a mark of vmrotate");
        add_if(vm.disks.empty(), "it has no disks");
    }
    add_if(std::ranges::count(sources, vm.ref.name) > 0, "it is itself a VM that is backed up");
    add_if(vm.is_template, "it is a template");
    add_if(!running_tasks(vm).empty(), "a task is at work on it");
    add_if(!disk_users.empty(), "another VM uses one of its disks");
    add_if(std::ranges::count(names_there, vm.ref.name) > 0,
           "the folder has another VM of this name");
    return found;
}

Adoption plan_adoption(vimclient::Vsphere& vsphere, const Run& run,
                       const std::vector<std::string>& wanted, const SourceLock* lock)
{
    Adoption adoption{survey_at_rest(vsphere, run, lock), {}, {}, {}};
    const Folders folders(vsphere, adoption.seen, wanted);
    find_candidates(vsphere, run, folders, adoption);
    std::vector<rotation::Newcomer> newcomers;
    for (const Candidate& candidate : adoption.candidates)
        if (candidate.obstacles.empty())
            newcomers.push_back({candidate.vm.ref.id, candidate.vm.ref.name, candidate.taken, 0});
    adoption.steps = rotation::number(adoption.seen.set, std::move(newcomers));
    refuse_too_high(adoption.steps);
    return adoption;
}

}  // namespace vmrotate::job
