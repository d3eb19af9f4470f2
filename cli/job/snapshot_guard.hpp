// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "job/run.hpp"
#include "rotation/note.hpp"
#include "vsphere.hpp"

namespace vmrotate::job {

/// Owns one snapshot on the server, from its creation to the proof that it is gone.
///
/// It knows the snapshot by the reference that the creating task returned, never by name or
/// as "the current one": it cannot remove anybody else's. If the reply was lost, it looks
/// for the one snapshot that carries this run's id.
class SnapshotGuard {
public:
    /// Takes the snapshot; waits for it even when a stop was requested, as a snapshot task
    /// that is cancelled leaves disks to consolidate. Throws Error.
    [[nodiscard]] SnapshotGuard(vimclient::Vsphere& vsphere, const Run& run,
                                const vimclient::Vm& source, const rotation::SnapshotNote& note);

    /// Takes over the snapshot that a dead run left, of a VM with disks on these datastores.
    SnapshotGuard(vimclient::Vsphere& vsphere, const Run& run, const vimclient::VmRef& source,
                  rotation::SnapshotNote note, vimclient::SnapshotRef left,
                  std::vector<std::string> datastore_ids);

    /// The last resort: removes it, and warns where that fails. Never throws.
    ~SnapshotGuard();

    SnapshotGuard(const SnapshotGuard&) = delete;
    SnapshotGuard& operator=(const SnapshotGuard&) = delete;

    const vimclient::SnapshotRef& ref() const { return snapshot_; }

    /// Once it is known whether the snapshot is quiesced: whether the guest should have been
    /// brought to rest and was not, which a warning has said. Throws Error (failed) where it had to
    /// be.
    bool judge_rest(bool is_quiesced);

    /// Sends the removal, if its turn has come, and returns at once. Throws Error where it cannot
    /// be sent; the destructor tries again.
    void begin_removal();

    /// Waits for its turn and for the removal, and reads that the snapshot is gone and nothing is
    /// left to consolidate. One that stays although the server said otherwise is removed once more.
    /// Throws Error; the destructor tries again only where this could not be read. `known` is a
    /// reading made after `removal_has_ended`, if there is one.
    void finish_removal(const vimclient::Vm* known = nullptr);

    /// Whether the removal is known to have ended well. If so, the next one may begin on its
    /// datastores: what is left to do here is to look.
    bool removal_has_ended();

    /// Gives it up, with a warning that names it: a copy that cannot be cancelled needs it.
    void leave_to_next_run();

    /// Removed, or given up for good; else `finish_removal` may be tried again.
    bool is_over() const { return ended_.has_value(); }

    /// From the snapshot's making to its end, or to now.
    std::chrono::milliseconds held() const;

private:
    void send_removal();
    void remove_and_look(const vimclient::Vm* known);
    vimclient::SnapshotRef take(const vimclient::Vm& source);
    vimclient::SnapshotRef take_once(vimclient::Quiesce quiesce);
    vimclient::SnapshotRef create(vimclient::Quiesce quiesce);
    /// A task may report an error and have taken the snapshot all the same.
    void clear_away();
    vimclient::SnapshotRef find_lost(const vimclient::OutcomeUnknown& lost);
    /// Empty where the server says that it is gone.
    std::string wait_for_removal();
    void take_turn();
    vimclient::Vm read_source(bool is_certain);
    bool is_there(const vimclient::Vm& source) const;
    /// Another snapshot of the same run: a request to take it that was delivered twice.
    std::optional<vimclient::SnapshotRef> twin_in(const vimclient::Vm& source) const;
    void consolidate_if_needed(const vimclient::Vm& source);

    vimclient::Vsphere& vsphere_;
    const Run& run_;
    vimclient::VmRef vm_;
    rotation::SnapshotNote note_;
    std::chrono::milliseconds made_{0};
    bool begun_ = false;                         ///< the removal was sent and accepted
    bool asked_for_rest_ = false;                ///< in the call that made it
    bool fell_short_ = false;                    ///< the policy wished for rest, and it is not
    bool must_look_ = false;                     ///< it was sent, and the reply was lost
    std::optional<vimclient::TaskRef> removal_;  ///< empty though begun: it was gone already
    std::optional<std::chrono::milliseconds> ended_;
    std::vector<std::string> datastore_ids_;  ///< where the snapshot's files lie
    std::unique_ptr<Gate::Pass> turn_;        ///< to remove it
    vimclient::SnapshotRef snapshot_;
};

}  // namespace vmrotate::job
