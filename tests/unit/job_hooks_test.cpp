// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/job_hooks.hpp"

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "fakes/recorded_hooks.hpp"
#include "fakes/test_run.hpp"

using namespace vmrotate;
using fleet::JobHooks;
using job::HookEnd;
using How = fleet::JobHooks::How;

namespace {

struct Silent final : job::Observer {
    void step(const std::string&) override {}
    void copying(int) override {}
    void remark(const std::string&) override {}
    void warning(const std::string&) override {}
};

/// A night of the job "nightly" with two VMs, 0 and 1, of "weekly" with 2, and of 3 without a job.
struct Jobs {
    RecordedHooks programs;
    Silent observer;
    std::stop_source stop;
    std::vector<config::Assignment> selection;
    std::vector<std::string> failed_lines;
    std::string told;  ///< "nightly ok 2/2; "
    std::unique_ptr<JobHooks> hooks;

    Jobs()
    {
        for (const char* job : {"nightly", "nightly", "weekly", ""}) {
            config::Assignment each{"vm" + std::to_string(selection.size()), job, {}};
            each.rules.before_job = {"/h/before", job};
            each.rules.after_job = {"/h/after", job};
            each.rules.job_hook_timeout = std::chrono::seconds(7);
            selection.push_back(each);
        }
    }

    void begin()
    {
        hooks = std::make_unique<JobHooks>(
            selection, failed_lines,
            JobHooks::Means{.runner = &programs,
                            .watch = [](const auto&) { return std::make_unique<Silent>(); },
                            .tell = [this](const job::JobEnd& end) { note(end); },
                            .stop = stop.get_token()});
    }

    void note(const job::JobEnd& end)
    {
        told += end.story.job + " " + end.story.outcome;
        if (end.before)
            told += ", before failed";
        if (end.after)
            told += ", after failed";
        told += "; ";
    }

    std::string enter(std::size_t vm)
    {
        const auto why = hooks->enter(vm, observer);
        return why ? why->what() : "";
    }

    /// A VM from its begin to its end.
    void back_up(std::size_t vm, How how = How::done)
    {
        enter(vm);
        hooks->ended(vm, how, how == How::failed ? selection[vm].vm + ": no" : "");
        hooks->run_due();
    }

    /// "before_job after_job": the points, in order.
    std::string points() const
    {
        std::string text = programs.calls;
        std::erase(text, '\n');
        return text;
    }
};

const std::string facts_after =
    "failed={}\ngenerations={}\nhook=after_job\njob=nightly\nmessage={}\noutcome={}\n"
    "skipped={}\nvms={}\n";

}  // namespace

TEST_CASE("JobHooks: once before the job's first VM, once after its last")
{
    Jobs jobs;
    jobs.begin();
    CHECK(jobs.points() == "");
    CHECK(jobs.enter(0) == "");
    CHECK(jobs.points() == "before_job  ");
    CHECK(jobs.programs.limit == std::chrono::seconds(7));
    jobs.back_up(1);
    CHECK(jobs.points() == "before_job  ");
    jobs.back_up(0);
    CHECK(jobs.points() == "before_job  after_job  ");
    CHECK(jobs.programs.all_facts() ==
          fmt::format(fmt::runtime(facts_after), 0, 2, "", "ok", 0, 2));
    CHECK(jobs.told == "nightly ok; ");
    jobs.back_up(3);
    jobs.hooks->finish();
    jobs.hooks.reset();
    CHECK(jobs.points() == "before_job  after_job  ");  // weekly was not begun
}

TEST_CASE("JobHooks: what became of a job")
{
    struct Case {
        std::string name;
        How first, second;
        std::vector<std::string> failed_lines;
        std::string facts;
    };
    const auto facts = [](auto... values) {
        return fmt::format(fmt::runtime(facts_after), values...);
    };
    const std::vector<Case> cases = {
        {"all is well", How::done, How::done, {"weekly"}, facts(0, 2, "", "ok", 0, 2)},
        {"one is skipped", How::skipped, How::done, {}, facts(0, 1, "", "ok", 1, 2)},
        {"all are skipped", How::skipped, How::skipped, {}, facts(0, 0, "", "skipped", 2, 2)},
        {"one has failed", How::done, How::failed, {}, facts(1, 1, "vm1: no", "partial", 0, 2)},
        {"all have failed", How::failed, How::failed, {}, facts(2, 0, "vm0: no", "failed", 0, 2)},
        {"a line has failed", How::done, How::done, {"nightly"}, facts(1, 2, "", "partial", 0, 3)},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        Jobs jobs;
        jobs.failed_lines = c.failed_lines;
        jobs.begin();
        jobs.back_up(0, c.first);
        jobs.back_up(1, c.second);
        CHECK(jobs.programs.all_facts() == c.facts);
    }
}

TEST_CASE("JobHooks: where the hook before a job fails, none of its VMs is begun")
{
    Jobs jobs;
    jobs.programs.ends["before_job"] = {HookEnd::Kind::exited, 3, {}};
    jobs.begin();
    const std::string why = "the hook before_job (/h/before) failed: it ended with exit code 3";
    CHECK(jobs.enter(0) == why);
    CHECK(jobs.enter(1) == why);
    CHECK(jobs.points() == "before_job  ");
    CHECK(jobs.enter(3) == "");
    jobs.programs.ends.clear();
    CHECK(jobs.enter(2) == "");  // another job's
    jobs.hooks->ended(0, How::failed, why);
    jobs.hooks->ended(1, How::failed, why);
    jobs.hooks->run_due();
    CHECK(jobs.points() == "before_job  before_job  after_job  ");
    CHECK(jobs.told == "nightly failed, before failed; ");
}

TEST_CASE("JobHooks: whoever comes while the hook runs waits for its end")
{
    Jobs jobs;
    jobs.programs.ends["before_job"] = {HookEnd::Kind::exited, 3, {}};
    std::string second;
    std::thread other;
    jobs.programs.happenings["before_job"] = [&] {
        other = std::thread([&] { second = jobs.enter(1); });
    };
    jobs.begin();
    CHECK(jobs.enter(0) != "");
    other.join();
    CHECK(second == "the hook before_job (/h/before) failed: it ended with exit code 3");
}

TEST_CASE("JobHooks: a stop ends the hook before a job, and not the one after it")
{
    Jobs jobs;
    jobs.programs.happenings["before_job"] = [&] { jobs.stop.request_stop(); };
    jobs.begin();
    CHECK(jobs.hooks->enter(0, jobs.observer)->kind() == ErrorKind::interrupted);
    jobs.hooks->ended(0, How::failed, "vm0: interrupted");
    jobs.hooks->run_due();
    CHECK(jobs.points() == "before_job  ");  // vm1 has not ended
    jobs.hooks->finish();
    CHECK(jobs.points() == "before_job  after_job  ");
    CHECK(jobs.programs.all_facts() ==
          fmt::format(fmt::runtime(facts_after), 1, 0, "vm0: interrupted", "interrupted", 0, 2));
}

TEST_CASE("JobHooks: the hook after a job runs even where nobody asks for it")
{
    Jobs jobs;
    jobs.programs.ends["after_job"] = {HookEnd::Kind::exited, 1, {}};
    jobs.begin();
    jobs.enter(0);
    jobs.hooks.reset();
    CHECK(jobs.points() == "before_job  after_job  ");
    CHECK(jobs.told == "nightly interrupted, after failed; ");
}
