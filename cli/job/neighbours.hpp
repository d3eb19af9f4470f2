// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "job/run.hpp"
#include "rotation/set.hpp"
#include "vsphere.hpp"

/// Reading one set out of a folder in which many have their generations.
namespace vmrotate::job {

/// What was last seen in folders, so that who wants one set need not read all the others again. For
/// looking and planning only: whoever deletes reads the whole folder. All calls may come from any
/// thread.
class Neighbours {
public:
    using Steady = std::function<std::chrono::milliseconds()>;

    /// How long it counts that a folder was listed as a whole.
    static constexpr std::chrono::minutes lasting{5};

    /// `steady` never steps.
    explicit Neighbours(Steady steady);

    /// All VMs of a folder, as just listed.
    void note_all(const std::string& folder_id, const std::vector<vimclient::Vm>& vms);
    /// One of them, as just read.
    void note(const std::string& folder_id, const vimclient::Vm& vm);

    /// The names of all sources that there are. A generation of a source that is gone may be handed
    /// over to another one at any time, so it is never taken for strange.
    void note_sources(std::set<std::string> names);

    /// Whether the set's folder was listed a short while ago.
    bool knows_folder_of(const rotation::SetId& id) const;

    /// Those seen in the folder that are something to the set: its generations, and what looks like
    /// one.
    std::vector<vimclient::VmRef> kin_of(const rotation::SetId& id) const;

    /// Of these, whoever is not known to be nothing to the set.
    std::vector<vimclient::VmRef> not_strange_to(const rotation::SetId& id,
                                                 const std::set<std::string>& vm_ids) const;

private:
    struct Folder {
        std::chrono::milliseconds listed{0};
        std::map<std::string, rotation::VmFacts> vms;  ///< by id, without their disks
    };

    const Folder* find(const std::string& folder_id) const;

    Steady steady_;
    mutable std::mutex mutex_;
    std::map<std::string, Folder> folders_;
    std::set<std::string> sources_;
};

/// Adds to a question what tells of the set's folder: all of it, or, where `Run::neighbours` knows
/// it, which VMs there are and those that are something to the set.
void ask_for_folder(const Run& run, const rotation::SetId& id, vimclient::Question& question);

/// The VMs of the folder that may be something to the set, out of the answer to that question, and
/// by one more reading of those that nobody knew. Nothing where the folder has to be listed. Throws
/// Fault.
std::optional<std::vector<vimclient::Vm>> folder_told(vimclient::Vsphere& vsphere, const Run& run,
                                                      const rotation::SetId& id,
                                                      const vimclient::Answer& answer);

/// Lists the folder as a whole. Throws Fault.
std::vector<vimclient::Vm> list_folder_of(vimclient::Vsphere& vsphere, const Run& run,
                                          const rotation::SetId& id);

}  // namespace vmrotate::job
