// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/places.hpp"

#include <algorithm>
#include <utility>

#include "job/facts.hpp"
#include "rotation/mark.hpp"

namespace vmrotate::fleet {
namespace {

using std::chrono::sys_seconds;

template <typename Times>
std::optional<sys_seconds> time_in(const Times& times, const Places::Ring& ring)
{
    const auto found = times.find(ring);
    return found == times.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

Places Places::read(vimclient::Vsphere& vsphere, const std::set<std::string>& datacenter_ids,
                    const std::set<std::string>& paths, const Clock& clock)
{
    Places places;
    places.neighbours_ = std::make_shared<job::Neighbours>(clock.steady);
    for (const std::string& datacenter : datacenter_ids) {
        for (const vimclient::Datastore& datastore : vsphere.datastores_of(datacenter))
            places.datastores_[{datacenter, datastore.name}] = datastore;
        for (const vimclient::Folder& folder : vsphere.folders_of(datacenter))
            if (paths.contains(folder.path))
                places.add_folder(datacenter, folder, vsphere.vms_in(folder.id));
    }
    return places;
}

void Places::add_folder(const std::string& datacenter_id, const vimclient::Folder& folder,
                        const std::vector<vimclient::Vm>& vms)
{
    using Kind = rotation::MarkReading::Kind;
    folder_ids_[{datacenter_id, folder.path}] = folder.id;
    neighbours_->note_all(folder.id, vms);
    for (const vimclient::Vm& vm : vms) {
        const auto reading = rotation::decode(vm.mark);
        if (reading.kind != Kind::none)
            marked_.insert(vm.ref.id);
        if (reading.kind != Kind::whole)
            continue;
        const rotation::Mark& mark = reading.mark;
        const Ring ring{datacenter_id, folder.path, mark.source_name, mark.set};
        if (mark.state == rotation::State::copying) {
            auto& oldest = unfinished_.try_emplace(ring, mark.taken).first->second;
            oldest = std::min(oldest, mark.taken);
        } else if (mark.self == vm.instance_uuid) {
            auto& youngest = newest_.try_emplace(ring, mark.taken).first->second;
            youngest = std::max(youngest, mark.taken);
        }
    }
}

std::optional<sys_seconds> Places::newest(const Ring& ring) const
{
    return time_in(newest_, ring);
}

std::optional<sys_seconds> Places::unfinished(const Ring& ring) const
{
    return time_in(unfinished_, ring);
}

std::string Places::datastore(const std::string& datacenter_id, const std::string& name) const
{
    const auto found = datastores_.find({datacenter_id, name});
    return found == datastores_.end() ? std::string() : found->second.id;
}

job::Hint Places::hint(const vimclient::Standing& vm, const config::Policy& policy) const
{
    job::Hint hint{.vm_id = vm.ref.id, .instance_uuid = {}, .folder_id = {}, .host_ids = {}};
    const auto folder = folder_ids_.find({vm.datacenter_id, policy.folder});
    if (folder != folder_ids_.end())
        hint.folder_id = folder->second;
    const auto datastore = datastores_.find({vm.datacenter_id, policy.datastore});
    if (datastore != datastores_.end())
        for (const vimclient::DatastoreMount& mount : datastore->second.hosts)
            hint.host_ids.push_back(mount.host_id);
    return hint;
}

}  // namespace vmrotate::fleet
