// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/night_report.hpp"

#include <sstream>

#include <doctest/doctest.h>

using namespace vmrotate;
using namespace std::chrono_literals;
using report::Night;
using report::VmResult;

namespace {

VmResult made(const std::string& vm, std::int64_t gigabytes, std::chrono::seconds held)
{
    VmResult result{.vm = vm};
    result.outcome.emplace();
    result.outcome->generation = "zz_" + vm + "-01-201909250241";
    result.outcome->slot = 1;
    result.outcome->seq = 7;
    result.outcome->bytes = gigabytes << 30;
    result.outcome->snapshot_held = held;
    result.outcome->total = held + 5s;
    return result;
}

VmResult quiesced(VmResult result)
{
    result.outcome->quiesced = true;
    return result;
}

VmResult undone(VmResult result)
{
    result.outcome->left_undone = {Error(ErrorKind::busy, "cannot delete 'zz_fig-02': busy")};
    return result;
}

VmResult failed(const std::string& vm, const std::string& why)
{
    return {.vm = vm, .error = Error(ErrorKind::refused, why, "look at it")};
}

VmResult skipped(const std::string& vm, const std::string& why)
{
    return {.vm = vm, .skipped = why};
}

struct Case {
    std::string name;
    std::vector<VmResult> results;
    int exit_code;
    std::string text;
};

const std::vector<Case> cases = {
    {"no VM", {}, 0, ""},
    {"one VM says it all itself", {made("fig", 40, 3min)}, 0, ""},
    {"all is well",
     {made("fig", 40, 3min), made("kiwi", 60, 4min)},
     0,
     "2 VMs in 1 h 02 min\n"
     "  backed up         2  100 GiB, crash-consistent\n"
     "  longest snapshot: 4 min 00 s, of kiwi\n"},
    {"all are quiesced",
     {quiesced(made("fig", 40, 3min)), quiesced(made("kiwi", 60, 3min))},
     0,
     "2 VMs in 1 h 02 min\n"
     "  backed up         2  100 GiB, all quiesced\n"
     "  longest snapshot: 3 min 00 s, of fig\n"},
    {"something of everything",
     {quiesced(made("fig", 40, 3min)), undone(made("kiwi", 60, 4min)),
      failed("lime", "cannot find it:\nno VM has this name"),
      skipped("plum", "window: 01:00-05:30"), made("date", 1, 1s)},
     3,
     "5 VMs in 1 h 02 min\n"
     "  backed up         3  101 GiB, 1 quiesced, 2 crash-consistent\n"
     "  left undone       1  new generation, but not all was done\n"
     "  skipped           1\n"
     "  failed            1\n"
     "  longest snapshot: 4 min 00 s, of kiwi\n"
     "  kiwi: left undone: cannot delete 'zz_fig-02': busy\n"
     "  lime: failed: cannot find it:?no VM has this name\n"
     "  plum: skipped: window: 01:00-05:30\n"},
    {"nothing was to be done",
     {skipped("fig", "it is young enough"), skipped("kiwi", "it is young enough")},
     0,
     "2 VMs in 1 h 02 min\n"
     "  skipped           2\n"
     "  fig: skipped: it is young enough\n"
     "  kiwi: skipped: it is young enough\n"},
    {"a failure beside a skipped one is not all",
     {failed("fig", "no"), skipped("kiwi", "it is young enough")},
     3,
     "2 VMs in 1 h 02 min\n"
     "  skipped           1\n"
     "  failed            1\n"
     "  fig: failed: no\n"
     "  kiwi: skipped: it is young enough\n"},
    {"nothing worked",
     {failed("fig", "no"), failed("kiwi", "no")},
     1,
     "2 VMs in 1 h 02 min\n"
     "  failed            2\n"
     "  fig: failed: no\n"
     "  kiwi: failed: no\n"},
};

}  // namespace

TEST_CASE("night_text: the closing table, and the exit code of such a night")
{
    for (const Case& c : cases) {
        INFO("case: ", c.name);
        CHECK(report::night_text({.results = c.results, .took = 62min}) == c.text);
        CHECK(report::exit_code_of(c.results) == c.exit_code);
    }
}

TEST_CASE("night_text: the hook after a job that failed")
{
    job::JobEnd well, before, after;
    before.before = Error(ErrorKind::failed, "no");
    after.story.job = "nightly";
    after.after = Error(ErrorKind::failed, "the hook after_job failed: x");
    const std::vector<VmResult> two = {made("fig", 40, 3min), skipped("kiwi", "window")};
    CHECK(report::exit_code_of(Night{.results = two, .jobs = {well, before}}) == 0);
    CHECK(report::exit_code_of(Night{.results = two, .jobs = {well, after}}) == 3);
    CHECK(report::exit_code_of(Night{.results = {failed("fig", "no")}, .jobs = {after}}) == 4);
    CHECK(report::night_text({.results = two, .jobs = {well, after}})
              .ends_with("  job nightly: the hook after_job failed: x\n"));
}

TEST_CASE("night_text: VMs with warnings and with remains are counted")
{
    VmResult warned = made("fig", 1, 1s);
    warned.warnings = {"one", "two"};
    VmResult healed = made("kiwi", 1, 1s);
    healed.healed = {"a snapshot is gone"};
    CHECK(report::night_text({.results = {warned, healed}, .took = 9s}) ==
          "2 VMs in 9 s\n"
          "  backed up         2  2 GiB, crash-consistent\n"
          "  with warnings     1\n"
          "  healed            1  an earlier run was cut short\n"
          "  longest snapshot: 1 s, of fig\n");
}

TEST_CASE("night_text: places, groups, and those who fell short of a quiesce")
{
    const auto with_copy = [](VmResult result, const std::string& generation) {
        result.outcome->datastore = "durian";
        job::Outcome copy;
        copy.generation = generation;
        copy.datastore = "アボカド";
        copy.bytes = 1LL << 30;
        result.outcome->copies = {copy};
        return result;
    };
    VmResult fig = quiesced(with_copy(made("fig", 40, 3min), "zz1_fig-01-201909250241"));
    VmResult kiwi = with_copy(made("kiwi", 60, 4min), "");
    kiwi.outcome->fell_short_of_rest = true;
    fig.outcome->freeze = {.longest = 7200ms, .lost = 71};
    kiwi.outcome->freeze = {.longest = 300ms, .lost = 2};
    for (VmResult* each : {&fig, &kiwi}) {
        each->outcome->group = "shop";
        each->outcome->group_spread = 45ms;
    }
    CHECK(report::night_text({.results = {fig, kiwi}, .took = 9s}) ==
          "2 VMs in 9 s\n"
          "  backed up         2  100 GiB, 1 quiesced, 1 crash-consistent (1 against the wish)\n"
          "  on durian         2  100 GiB\n"
          "  on アボカド       1  1 GiB, 1 missing\n"
          "  group shop        2  snapshots within 45 ms\n"
          "  longest snapshot: 4 min 00 s, of kiwi\n"
          "  longest freeze: 7.2 s (71 probes were lost), of fig\n");
}

TEST_CASE("night_text: a signal leaves VMs that nobody came to")
{
    CHECK(report::night_text({.results = {failed("fig", "interrupted")}, .took = 9s, .vms = 4}) ==
          "4 VMs in 9 s\n"
          "  failed            1\n"
          "  not reached       3  a signal ended the run\n"
          "  fig: failed: interrupted\n");
}

TEST_CASE("write_summary_json: the counts of a night")
{
    std::ostringstream out;
    report::write_summary_json(out, {.results = cases[4].results, .took = 62min}, 3);
    CHECK(
        out.str() ==
        R"({"schema":1,"type":"summary","verb":"backup","result":"partial","changed":true,)"
        R"("exit_code":3,"vms":5,"generations":3,"failed":2,"skipped":1,"skipped_vms":["plum"],"quiesced":1,)"
        R"("bytes":108447924224,"longest_snapshot_held_seconds":240.0,"seconds":3720.0})"
        "\n");
}

TEST_CASE("told_of: a VM's own lines")
{
    VmResult full = undone(made("fig", 40, 3min));
    full.outcome->healed = {"a snapshot is gone"};
    full.outcome->expired = {"zz_fig-04"};
    const report::Told told = report::told_of(full);
    CHECK(told.out ==
          "fig: a snapshot is gone\n"
          "fig: zz_fig-01-201909250241 is complete: slot 01, seq 7, 40 GiB in 3 min 05 s, "
          "snapshot held 3 min 00 s\n"
          "fig: zz_fig-04 has expired and is deleted\n");
    CHECK(told.err == "vmrotate: fig: cannot delete 'zz_fig-02': busy\n");
    CHECK(report::told_of(skipped("fig", "it is young")).out == "fig: skipped: it is young\n");
    CHECK(report::told_of(failed("fig", "no")).err == "vmrotate: fig: no\n  hint: look at it\n");
}

TEST_CASE("json_line_of: a VM that was skipped is no failure")
{
    CHECK(report::json_line_of(skipped("fig", "it is young")) ==
          R"({"schema":1,"type":"backup","vm":"fig","result":"skipped","exit_code":0,)"
          R"("skipped":"it is young","healed":[],"warnings":[]})"
          "\n");
}
