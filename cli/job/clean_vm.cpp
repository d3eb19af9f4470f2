// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/clean_vm.hpp"

#include <utility>

#include "base/error.hpp"
#include "job/retention.hpp"

namespace vmrotate::job {
namespace {

/// Snapshots with our word in them that we did not write, and what `sort_out` found strange.
std::vector<LeftAlone> left_alone(const Survey& seen)
{
    std::vector<LeftAlone> found;
    for (const vimclient::Snapshot& snapshot : seen.source.snapshots) {
        const bool has_our_word =
            snapshot.name.starts_with("vmrotate") || snapshot.description.starts_with("vmrotate");
        if (has_our_word && !rotation::read_snapshot(snapshot.name, snapshot.description))
            found.push_back({snapshot.name,
                             "a snapshot whose name and description are not as vmrotate "
                             "writes them"});
    }
    for (const rotation::Stranger& stranger : seen.set.strangers)
        found.push_back({stranger.name, stranger.reason});
    return found;
}

}  // namespace

CleaningPlan plan_cleaning(vimclient::Vsphere& vsphere, const Run& run)
{
    const auto [seen, recovery] = foresee(vsphere, run);
    return {{recovery, decisions_of(run, seen)}, left_alone(seen)};
}

Cleaning clean_vm(vimclient::Vsphere& vsphere, const Run& run)
{
    auto seen = survey(vsphere, run);
    const auto lock = run.lock(seen.source.instance_uuid);
    auto healing = heal(vsphere, run, seen, lock->id());

    Cleaning cleaning;
    cleaning.healed = std::move(healing.done);
    for (std::string& text : healing.left)
        cleaning.left_undone.emplace_back(ErrorKind::refused, std::move(text),
                                          "look at it in the vSphere Client");
    expire_surplus(vsphere, run, {seen.id, decisions_of(run, seen), seen.set.unread, {}}, cleaning);
    cleaning.left_alone = left_alone(seen);
    return cleaning;
}

}  // namespace vmrotate::job
