// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/hooks.hpp"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "fakes/recorded_hooks.hpp"
#include "fakes/test_run.hpp"
#include "job/backup_vm.hpp"
#include "job/skip.hpp"

using namespace vmrotate;
using job::HookEnd;
using Kind = vimclient::Fault::Kind;

namespace {

const std::string made = "zz_avocado2-04-201909250241";
const std::string create = "create_snapshot avocado2\n";
const std::string copy = create + "clone " + made + "\nbegin_remove_snapshot snapshot-1\n";
const std::string commit = copy + "reconfigure " + made + " complete\n";
const std::string all = commit + "destroy zz_avocado2-01-201909220241\n";

const std::string before = "before_snapshot avocado2 snapshot\n";
const std::string thaw = "thaw avocado2 snapshot\n";
const std::string after = "after_snapshot avocado2 snapshot\n";
const std::string cloned = "after_clone avocado2 expire\n";

HookEnd code(int number)
{
    return {HookEnd::Kind::exited, number, {}};
}

struct HookedWorld : World {
    RecordedHooks hooks;

    HookedWorld()
    {
        add_three();
        policy.before_snapshot = {"/h/before", "a b"};
        policy.after_snapshot = {"/h/after"};
        policy.after_clone = {"/h/cloned"};
        policy.on_failure = {"/h/failed"};
        policy.thaw = {"/h/thaw"};
        policy.hook_timeout = std::chrono::seconds(90);
    }

    job::Run hooked_run()
    {
        job::Run run = this->run();
        run.hooks = &hooks;
        return run;
    }

    /// What the run throws, or what it leaves undone.
    std::string back_up()
    {
        std::string undone;
        const std::string thrown =
            told([&] { undone = joined(job::backup_vm(vsphere, hooked_run()).left_undone); });
        return thrown + undone;
    }
};

struct Case {
    std::string name;
    std::function<void(HookedWorld&)> arrange;
    std::string told, changes, hooks;
};

std::string failed(const std::string& hook, const std::string& program, const std::string& how)
{
    return "the hook " + hook + " (/h/" + program + ") failed: " + how;
}

const std::vector<Case> cases = {
    {"a good run: the guest is thawed before anything else is done", [](HookedWorld&) {}, "", all,
     before + thaw + after + cloned},
    {"a failing before_snapshot fails the VM before anything was changed, and thaws",
     [](HookedWorld& world) { world.hooks.ends["before_snapshot"] = code(3); },
     "failed: " + failed("before_snapshot", "before", "it ended with exit code 3"), "",
     before + thaw + "on_failure avocado2 snapshot\n"},
    {"a before_snapshot that hangs",
     [](HookedWorld& world) {
         world.hooks.ends["before_snapshot"] = {HookEnd::Kind::timed_out, 0, {}};
     },
     "failed: " +
         failed("before_snapshot", "before", "it was not done after 1 min 30 s and was ended"),
     "", before + thaw + "on_failure avocado2 snapshot\n"},
    {"a before_snapshot that a signal ended",
     [](HookedWorld& world) {
         world.hooks.ends["before_snapshot"] = {HookEnd::Kind::killed, 11, {}};
     },
     "failed: " + failed("before_snapshot", "before", "it was ended by signal 11"), "",
     before + thaw + "on_failure avocado2 snapshot\n"},
    {"a before_snapshot that cannot be run",
     [](HookedWorld& world) {
         world.hooks.ends["before_snapshot"] = {HookEnd::Kind::not_started, 0, "Text file busy"};
     },
     "failed: " + failed("before_snapshot", "before", "it cannot be run: Text file busy"), "",
     before + thaw + "on_failure avocado2 snapshot\n"},
    {"a stop while before_snapshot runs: thawed, and nothing was changed",
     [](HookedWorld& world) {
         world.hooks.happenings["before_snapshot"] = [&world] { world.stop.request_stop(); };
     },
     "cancelled", "", before + thaw + "on_failure avocado2 snapshot\n"},
    {"a snapshot that cannot be taken: thawed all the same",
     [](HookedWorld& world) {
         world.vsphere.fail("create_snapshot", 1, {Kind::privilege, "No.", "NoPermission"});
     },
     "privilege: cannot take the snapshot: No. (NoPermission)", create,
     before + thaw + "on_failure avocado2 snapshot\n"},
    {"vCenter goes away while the snapshot is taken: thawed all the same",
     [](HookedWorld& world) {
         world.vsphere.when("create_snapshot", 1, [&world] {
             world.vsphere.fail("read_vms", 1, {Kind::unreachable, "no answer"});
         });
         world.vsphere.lose("create_snapshot", 1, FakeVsphere::Lost::not_executed);
     },
     "unreachable: cannot tell whether the snapshot 'vmrotate " + id_of(1) +
         "' was taken: no answer",
     create, before + thaw + "on_failure avocado2 snapshot\n"},
    {"a failing after_snapshot is told; the copy is made, and the oldest goes",
     [](HookedWorld& world) { world.hooks.ends["after_snapshot"] = code(1); },
     failed("after_snapshot", "after", "it ended with exit code 1"), all,
     before + thaw + after + cloned + "on_failure avocado2 expire\n"},
    {"a failing after_clone is told; the copy stays, and nothing expires",
     [](HookedWorld& world) { world.hooks.ends["after_clone"] = code(1); },
     failed("after_clone", "cloned", "it ended with exit code 1"), commit,
     before + thaw + after + cloned + "on_failure avocado2 expire\n"},
    {"a failing thaw is told, and the backup goes on",
     [](HookedWorld& world) { world.hooks.ends["thaw"] = code(1); },
     failed("thaw", "thaw", "it ended with exit code 1"), all,
     before + thaw + after + cloned + "on_failure avocado2 expire\n"},
    {"a failing on_failure changes nothing of the failure",
     [](HookedWorld& world) {
         world.hooks.ends["on_failure"] = code(1);
         world.vsphere.fail("clone", 1, {Kind::privilege, "No.", "NoPermission"});
     },
     "privilege: cannot make the copy '" + made + "': No. (NoPermission)", copy,
     before + thaw + after + "on_failure avocado2 copy\n"},
    {"what fails before the snapshot is near needs no thaw",
     [](HookedWorld& world) { world.vsphere.datastore("durian").free = 0; },
     "refused: cannot back it up: the datastore 'durian' has 0 B free, 50 GiB are needed", "",
     "on_failure avocado2 look\n"},
    {"without hooks nothing is run",
     [](HookedWorld& world) {
         auto& policy = world.policy;
         for (auto* hook : {&policy.before_snapshot, &policy.after_snapshot, &policy.after_clone,
                            &policy.on_failure, &policy.thaw})
             hook->clear();
     },
     "", all, ""},
};

}  // namespace

TEST_CASE("hooks: when they run, and what their failures mean")
{
    for (const Case& c : cases) {
        CAPTURE(c.name);
        HookedWorld world;
        c.arrange(world);
        CHECK(world.back_up() == c.told);
        CHECK(world.vsphere.changes == c.changes);
        CHECK(world.hooks.calls == c.hooks);
        CHECK(world.vsphere.missed() == "");
        CHECK(world.vsphere.snapshots_of("avocado2") == "");
    }
}

TEST_CASE("hooks: with hook_failure = skip the VM is left out, and that is no failure")
{
    HookedWorld world;
    world.policy.hook_failure = config::HookFailure::skip;
    world.hooks.ends["before_snapshot"] = code(3);
    CHECK_THROWS_AS(job::backup_vm(world.vsphere, world.hooked_run()), const job::Skip&);
    CHECK(world.vsphere.changes == "");
    CHECK(world.hooks.calls == before + thaw);
}

TEST_CASE("hooks: a stop ends the thaw of no guest")
{
    HookedWorld world;
    world.vsphere.when("create_snapshot", 1, [&world] { world.stop.request_stop(); });
    CHECK(world.back_up() == "cancelled");
    CHECK(world.hooks.calls == before + thaw + after + "on_failure avocado2 copy\n");
    CHECK(world.observer.remarks ==
          "hook before_snapshot: says a b\nhook thaw: says /h/thaw\n"
          "hook on_failure: says /h/failed\n");
    CHECK(world.observer.warnings == "");
    CHECK(world.vsphere.snapshots_of("avocado2") == "");
}

TEST_CASE("hooks: what they are told")
{
    HookedWorld world;
    world.vsphere.add_disk(world.source(), "durian", 1).file = "[durian] avocado2/more.vmdk";
    std::string at_snapshot;
    world.hooks.happenings["after_snapshot"] = [&] { at_snapshot = world.hooks.all_facts(); };
    world.hooks.ends["after_clone"] = code(1);
    world.back_up();
    CHECK(at_snapshot == "datastore=durian\ngeneration=" + made + "\nhook=after_snapshot\njob=\n" +
                             "message=\nphase=snapshot\nrun=" + id_of(1) +
                             "\nsnapshot=snapshot-1\nsource=" + world.source().ref.id +
                             "\nsource_datastores=mango,durian\nvm=avocado2\n");
    CHECK(world.hooks.limit == std::chrono::seconds(90));
    CHECK(world.hooks.facts["hook"] == "on_failure");
    CHECK(world.hooks.facts["message"] ==
          failed("after_clone", "cloned", "it ended with exit code 1"));
}

TEST_CASE("hooks: one that is wished for where none can be run fails")
{
    HookedWorld world;
    CHECK(told([&] { job::backup_vm(world.vsphere, world.run()); }) ==
          "failed: " +
              failed("before_snapshot", "before", "it cannot be run: no programs are run here"));
    CHECK(world.vsphere.changes == "");
}

TEST_CASE("hooks: those of a job")
{
    using job::HookPoint;
    RecordedHooks hooks;
    RecordingObserver observer;
    std::stop_source stop;
    const job::JobStory story{.job = "nightly",
                              .outcome = "partial",
                              .message = "m",
                              .vms = 3,
                              .generations = 2,
                              .failed = 1,
                              .skipped = 4};
    const auto run = [&](HookPoint point, const config::Command& command) {
        return told([&] {
            job::run_job_hook(&hooks, point, command, std::chrono::seconds(7), story, observer,
                              stop.get_token());
        });
    };
    CHECK(run(HookPoint::before_job, {}) == "");
    CHECK(hooks.calls == "");
    CHECK(run(HookPoint::before_job, {"/h/job"}) == "");
    CHECK(hooks.limit == std::chrono::seconds(7));
    CHECK(hooks.all_facts() ==
          "failed=1\ngenerations=2\nhook=before_job\njob=nightly\nmessage=m\noutcome=partial\n"
          "skipped=4\nvms=3\n");
    hooks.ends["before_job"] = code(2);
    CHECK(run(HookPoint::before_job, {"/h/job"}) ==
          "failed: the hook before_job (/h/job) failed: it ended with exit code 2");
    stop.request_stop();
    CHECK(run(HookPoint::before_job, {"/h/job"}) == "cancelled");
    CHECK(run(HookPoint::after_job, {"/h/job"}) == "");
}
