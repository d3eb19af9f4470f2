// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/heal.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "job/commit.hpp"
#include "job/discard.hpp"
#include "job/explain.hpp"
#include "job/facts.hpp"
#include "job/make_ready.hpp"
#include "job/origins.hpp"
#include "job/settle.hpp"
#include "job/skip.hpp"
#include "job/snapshot_guard.hpp"

namespace vmrotate::job {
namespace {

using rotation::RecoveryStep;
using rotation::Remedy;
using std::chrono::seconds;

/// What stands there, and the readings that the steps act on.
struct Scene {
    vimclient::Vm source;
    std::vector<vimclient::Vm> origins;  ///< generations that clones were copied from
    std::vector<vimclient::Vm> clones;
    rotation::Remains remains;
};

/// What copies are made of: the source, or generations of the first place.
std::vector<vimclient::Task> tasks_of_origins(const Scene& scene)
{
    auto tasks = scene.source.tasks;
    for (const vimclient::Vm& origin : scene.origins)
        tasks.insert(tasks.end(), origin.tasks.begin(), origin.tasks.end());
    return tasks;
}

/// Of the tasks that made what is left; those of other products tell nothing of our runs.
rotation::Time last_task_end(const std::vector<vimclient::Task>& tasks,
                             const rotation::Remains& remains)
{
    const auto made_what_is_left = [&](const vimclient::Task& task) {
        return std::ranges::count(remains.snapshots, task.result_id, &rotation::LeftSnapshot::id) +
                   std::ranges::count(remains.clones, task.result_id, &rotation::LeftClone::id) >
               0;
    };
    rotation::Time last{};
    for (const vimclient::Task& task : tasks)
        if (task.ended && made_what_is_left(task))
            last = std::max(last, *task.ended);
    return last;
}

int count_of_run(const std::vector<vimclient::Vm>& folder, const std::string& run)
{
    return static_cast<int>(std::ranges::count_if(folder, [&](const vimclient::Vm& vm) {
        const auto reading = rotation::decode(vm.mark);
        return reading.kind == rotation::MarkReading::Kind::whole && reading.mark.run == run;
    }));
}

/// What this clone was copied from, where it still stands.
vimclient::VmRef origin_of(const Scene& scene, const rotation::Mark& clone)
{
    for (const vimclient::Vm& origin : scene.origins)
        if (rotation::decode(origin.mark).mark.taken == clone.taken)
            return origin.ref;
    return scene.source.ref;
}

void read_clones(vimclient::Vsphere& vsphere, const Run& run, const Survey& seen, Scene& scene)
{
    if (seen.id.folder_id.empty())
        return;
    const auto folder = vsphere.vms_in(seen.id.folder_id);
    for (const auto& unfinished : rotation::sort_out(seen.id, facts_of(folder)).unfinished) {
        const auto vm = std::ranges::find_if(
            folder, [&](const vimclient::Vm& each) { return each.ref.id == unfinished.id; });
        rotation::LeftClone clone;
        clone.id = vm->ref.id;
        clone.name = vm->ref.name;
        clone.mark = rotation::decode(vm->mark).mark;
        clone.is_busy = !running_tasks(*vm).empty();
        clone.of_that_run = count_of_run(folder, clone.mark.run);
        scene.remains.clones.push_back(std::move(clone));
        scene.clones.push_back(*vm);
    }
    scene.origins = origins_of(vsphere, run, seen, scene.remains.clones);
    for (rotation::LeftClone& clone : scene.remains.clones)
        clone.copied = vsphere.copied_at(origin_of(scene, clone.mark), {clone.id, clone.name});
}

Scene read_scene(vimclient::Vsphere& vsphere, const Run& run, const Survey& seen)
{
    Scene scene;
    scene.source = read_one(vsphere, seen.source.ref);
    for (const vimclient::Snapshot& snapshot : scene.source.snapshots)
        if (auto note = rotation::read_snapshot(snapshot.name, snapshot.description))
            scene.remains.snapshots.push_back(
                {snapshot.ref.id, snapshot.name, std::move(*note), snapshot.created});
    read_clones(vsphere, run, seen, scene);
    const auto tasks = tasks_of_origins(scene);
    scene.remains.source_is_busy = std::ranges::any_of(tasks, is_running);
    scene.remains.last_task_end = last_task_end(tasks, scene.remains);
    return scene;
}

bool may_have_remains(const Survey& seen)
{
    return !seen.set.unfinished.empty() ||
           std::ranges::any_of(seen.source.snapshots, [](const vimclient::Snapshot& snapshot) {
               return rotation::read_snapshot(snapshot.name, snapshot.description).has_value();
           });
}

rotation::Recovery decide(vimclient::Vsphere& vsphere, const Run& run, const Scene& scene,
                          const std::string& lock_id)
{
    return rotation::recover(scene.remains, {lock_id, vsphere.now(), run.assignment.policy.grace});
}

/// A copy takes hours; any other task is waited for as for a VM that is busy.
seconds patience_for(const Run& run, const Scene& scene)
{
    const auto tasks = tasks_of_origins(scene);
    const bool is_copying = std::ranges::any_of(tasks, [](const vimclient::Task& task) {
        return is_running(task) && task.description.starts_with("VirtualMachine.clone");
    });
    return is_copying ? run.assignment.policy.task_limit : run.assignment.policy.task_wait;
}

/// Reads until no task runs on the source or on a clone.
Scene wait_for_the_dead(vimclient::Vsphere& vsphere, const Run& run, const Survey& seen,
                        Scene scene)
{
    const auto is_busy = [](const Scene& now) {
        return now.remains.source_is_busy ||
               std::ranges::any_of(now.remains.clones, &rotation::LeftClone::is_busy);
    };
    const auto limit = patience_for(run, scene);
    const auto until = run.clock.steady() + limit;
    constexpr seconds longest_pause{15};
    seconds pause{1};
    run.observer.step("waiting for a task of a run that was cut short");
    while (is_busy(scene)) {
        if (run.stop.stop_requested())
            throw vimclient::Cancelled{};
        if (run.clock.steady() >= until)
            throw Error(ErrorKind::busy,
                        fmt::format("cannot heal it: a task of a run that was cut short still runs "
                                    "after {}",
                                    duration_text(limit)),
                        "look at its tasks in the vSphere Client; the next run tries again");
        run.clock.pause(pause);
        pause = std::min(2 * pause, longest_pause);
        scene = read_scene(vsphere, run, seen);
    }
    return scene;
}

/// The steps, carried out one after the other.
class Healer {
public:
    Healer(vimclient::Vsphere& vsphere, const Run& run, const Survey& seen, const Scene& scene)
        : vsphere_(vsphere), run_(run), seen_(seen), scene_(scene)
    {
    }

    void take(const RecoveryStep& step)
    {
        if (run_.stop.stop_requested())
            throw vimclient::Cancelled{};
        switch (step.remedy) {
            case Remedy::wait: break;
            case Remedy::remove_snapshot: remove_snapshot(step); break;
            case Remedy::commit: commit_clone(step); break;
            case Remedy::undo: undo(step, step.reason); break;
            case Remedy::leave: leave(step, step.reason); break;
        }
    }

    Healing healing;

private:
    void done(const std::string& text)
    {
        healing.done.push_back(text);
        run_.observer.healed(text);
    }

    void leave(const RecoveryStep& step, const std::string& why)
    {
        healing.left.push_back(fmt::format("the unfinished copy '{}' is left: {}", step.name, why));
        run_.observer.warning(healing.left.back());
    }

    void remove_snapshot(const RecoveryStep& step)
    {
        const auto found =
            std::ranges::find(scene_.remains.snapshots, step.id, &rotation::LeftSnapshot::id);
        run_.observer.step(fmt::format("removing the snapshot '{}'", step.name));
        SnapshotGuard left(vsphere_, run_, seen_.source.ref, found->note, {step.id},
                           datastores_of(scene_.source));
        left.finish_removal();
        done(fmt::format("removed the snapshot '{}': {}", step.name, step.reason));
    }

    void commit_clone(const RecoveryStep& step)
    {
        const auto vm = std::ranges::find_if(
            scene_.clones, [&](const vimclient::Vm& each) { return each.ref.id == step.id; });
        Copy copy{vm->ref, 0, rotation::decode(vm->mark).mark, {}, false};
        copy.slot = copy.mark.slot;
        Outcome outcome;
        run_.observer.step(fmt::format("finishing '{}'", step.name));
        try {
            commit(vsphere_, run_, seen_, copy, outcome);
            done(fmt::format("finished '{}': {}", step.name, step.reason));
        } catch (const UnfitCopy& e) {
            undo(step, e.what());
        } catch (const Error& e) {
            if (e.kind() != ErrorKind::failed && e.kind() != ErrorKind::refused)
                throw;
            leave(step, e.what());
        }
    }

    void undo(const RecoveryStep& step, const std::string& reason)
    {
        const Discard end = discard(vsphere_, run_, seen_, {{step.id, step.name}, step.run});
        if (!end.was_there)
            done(fmt::format("the unfinished copy '{}' is no longer in the folder", step.name));
        else if (end.objections.empty())
            done(fmt::format("deleted the unfinished copy '{}': {}", step.name, reason));
        else
            leave(step, fmt::format("{}, and it was not deleted: {}", reason, end.objections));
    }

    vimclient::Vsphere& vsphere_;
    const Run& run_;
    const Survey& seen_;
    const Scene& scene_;
};

Healing heal_what_is_there(vimclient::Vsphere& vsphere, const Run& run, Survey& seen,
                           const std::string& lock_id)
{
    Scene scene = read_scene(vsphere, run, seen);
    auto recovery = decide(vsphere, run, scene, lock_id);
    refuse_alive(recovery);
    if (!recovery.steps.empty() && recovery.steps.front().remedy == Remedy::wait) {
        scene = wait_for_the_dead(vsphere, run, seen, std::move(scene));
        recovery = decide(vsphere, run, scene, lock_id);
        refuse_alive(recovery);
    }
    Healer healer(vsphere, run, seen, scene);
    for (const RecoveryStep& step : recovery.steps)
        healer.take(step);
    seen = survey(vsphere, run);
    return healer.healing;
}

constexpr const char* healing = "heal what a run that was cut short has left";

}  // namespace

rotation::Recovery recovery_of(vimclient::Vsphere& vsphere, const Run& run, const Survey& seen,
                               const std::string& lock_id)
{
    if (!may_have_remains(seen))
        return {};
    return explaining(
        healing, [&] { return decide(vsphere, run, read_scene(vsphere, run, seen), lock_id); });
}

Healing heal(vimclient::Vsphere& vsphere, const Run& run, Survey& seen, const std::string& lock_id)
{
    if (!may_have_remains(seen) && !running_tasks(seen.source).empty()) {
        wait_until_idle(vsphere, run, seen.source);  // it may be the snapshot of a dead run
        seen = survey(vsphere, run);
    }
    if (!may_have_remains(seen))
        return {};
    return explaining(healing, [&] { return heal_what_is_there(vsphere, run, seen, lock_id); });
}

void refuse_alive(const rotation::Recovery& recovery)
{
    if (recovery.alive.empty())
        return;
    throw AnotherRun(fmt::format("a run may be at work on it: {}", recovery.alive),
                     "wait for it: once it counts as dead, the next run heals what it left; where "
                     "you know that no run is at work, remove that in the vSphere Client");
}

}  // namespace vmrotate::job
