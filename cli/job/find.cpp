// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/find.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "job/explain.hpp"

namespace vmrotate::job {
namespace {

std::string or_nearest(const std::string& wrong, const std::vector<std::string>& candidates,
                       const std::string& otherwise)
{
    const auto near = nearest(wrong, candidates);
    if (near.empty())
        return otherwise;
    return fmt::format("did you mean '{}'?", fmt::join(near, "', '"));
}

template <typename Things>
std::vector<std::string> texts_of(const Things& things, auto member)
{
    std::vector<std::string> texts;
    for (const auto& thing : things)
        texts.push_back(thing.*member);
    return texts;
}

}  // namespace

vimclient::VmRef find_source(vimclient::Vsphere& vsphere, const std::string& name)
{
    const auto all = explaining("list the VMs", [&] { return vsphere.vm_names(); });
    std::vector<vimclient::VmRef> found;
    std::ranges::copy_if(all, std::back_inserter(found),
                         [&](const vimclient::VmRef& vm) { return vm.name == name; });
    if (found.size() == 1)
        return found.front();
    if (found.empty())
        throw Error(ErrorKind::failed, "cannot find it: no VM has exactly this name",
                    name.find_first_of("*?") != std::string::npos
                        ? "a pattern stands in a job, [job.NAME] vms = [...]; here it is a name"
                        : or_nearest(name, texts_of(all, &vimclient::VmRef::name),
                                     "the name must be exact, capitals included"));

    std::vector<std::string> paths;
    for (const vimclient::VmRef& vm : found)
        paths.push_back(
            explaining("read the inventory", [&] { return vsphere.place_of(vm).path; }));
    throw Error(ErrorKind::failed,
                fmt::format("cannot tell which one is meant: {} VMs have this name: {}",
                            paths.size(), fmt::join(paths, ", ")),
                "rename all but one of them");
}

Target find_target(vimclient::Vsphere& vsphere, const vimclient::Place& source,
                   const config::Policy& policy)
{
    return explaining("read the inventory", [&] {
        const auto datastores = vsphere.datastores_of(source.datacenter_id);
        const auto folders = vsphere.folders_of(source.datacenter_id);
        return pick_target(datastores, folders, source, policy);
    });
}

Target pick_target(const std::vector<vimclient::Datastore>& datastores,
                   const std::vector<vimclient::Folder>& folders, const vimclient::Place& source,
                   const config::Policy& policy)
{
    constexpr std::size_t most = 8;  // that are listed
    const std::string where = "see --datastore, and 'copies' in the configuration";
    const auto names = texts_of(datastores, &vimclient::Datastore::name);
    Target target;
    const auto datastore =
        std::ranges::find(datastores, policy.datastore, &vimclient::Datastore::name);
    if (datastore == datastores.end())
        throw Error(ErrorKind::usage,
                    fmt::format("cannot find the datastore '{}' in the datacenter '{}'",
                                policy.datastore, source.datacenter),
                    or_nearest(policy.datastore, names,
                               where + (names.empty() || names.size() > most
                                            ? ""
                                            : "; there are " + list_in_quotes(names, "and"))));
    target.datastore = *datastore;

    const auto folder = std::ranges::find(folders, policy.folder, &vimclient::Folder::path);
    if (folder != folders.end())
        target.folder = *folder;
    else if (policy.create_folder)
        target.folder.path = policy.folder;
    else
        throw Error(ErrorKind::usage,
                    fmt::format("cannot find the folder '{}' in the datacenter '{}'", policy.folder,
                                source.datacenter),
                    or_nearest(policy.folder, texts_of(folders, &vimclient::Folder::path),
                               "--create-folder makes it"));
    return target;
}

}  // namespace vmrotate::job
