// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/adopt_report.hpp"

#include <algorithm>

#include <fmt/ostream.h>

#include "report/json_lines.hpp"
#include "report/messages.hpp"

namespace vmrotate::report {
namespace {

void write_set(std::ostream& out, const std::string& vm, const job::Survey& seen)
{
    fmt::print(out, "{}: set '{}' on {} in '{}', {} generations\n", printable(vm), seen.id.set,
               printable(seen.target.datastore.name), printable(seen.target.folder.path),
               seen.set.generations.size());
    if (seen.target.folder.id.empty())
        fmt::print(out, "  first the folder '{}' is made\n", printable(seen.target.folder.path));
}

void write_step(std::ostream& out, const rotation::Numbering& step, const std::string& from)
{
    fmt::print(out, "  {:8}  {}  seq {}  {}{}\n", step.joins ? "adopt" : "renumber",
               printable(step.name), step.seq, printable(step.reason), printable(from));
}

/// Where a candidate comes from, if it has to be moved.
std::string origin(const job::Adoption& adoption, const rotation::Numbering& step)
{
    for (const job::Candidate& candidate : adoption.candidates)
        if (candidate.vm.ref.id == step.id && candidate.folder != adoption.seen.target.folder.path)
            return fmt::format(", from the folder '{}'", candidate.folder);
    return {};
}

Json json_of(const std::vector<rotation::Numbering>& steps)
{
    Json result = Json::array();
    for (const rotation::Numbering& step : steps)
        result.push_back({{"name", step.name},
                          {"seq", step.seq},
                          {"joins", step.joins},
                          {"reason", step.reason}});
    return result;
}

Json json_of(const std::vector<job::Candidate>& candidates)
{
    Json result = Json::array();
    for (const job::Candidate& candidate : candidates)
        result.push_back({{"name", candidate.vm.ref.name},
                          {"folder", candidate.folder},
                          {"slot", candidate.slot},
                          {"taken", rotation::utc_text(candidate.taken)},
                          {"adoptable", candidate.obstacles.empty()},
                          {"reasons", candidate.obstacles}});
    return result;
}

Json line_of(const std::string& vm, const std::vector<rotation::Numbering>& steps,
             const job::Joined& done, bool dry_run)
{
    return {{"vm", vm},
            {"dry_run", dry_run},
            {"steps", json_of(steps)},
            {"adopted", done.joined},
            {"renumbered", done.moved_up},
            {"changed", dry_run ? !steps.empty() : done.is_change()}};
}

}  // namespace

void write_adoption(std::ostream& out, const std::string& vm, const job::Adoption& adoption)
{
    write_set(out, vm, adoption.seen);
    for (const rotation::Numbering& step : adoption.steps)
        write_step(out, step, origin(adoption, step));
    for (const job::Candidate& candidate : adoption.candidates)
        if (!candidate.obstacles.empty())
            fmt::print(out, "  leave     {}  {}\n", printable(candidate.vm.ref.name),
                       printable(fmt::format("{}", fmt::join(candidate.obstacles, "; "))));
    if (adoption.candidates.empty())
        fmt::print(out, "  no VM is named like a generation of it and is none\n");
    for (const std::string& folder : adoption.elsewhere)
        fmt::print(out, "  more stand in '{0}': --from-folder '{0}'\n", printable(folder));
}

void write_hand_over(std::ostream& out, const std::string& vm, const job::HandOver& plan)
{
    write_set(out, vm, plan.seen);
    fmt::print(out, "  takes over {} of a source that is gone, {}\n", plan.old.generations.size(),
               printable(plan.from));
    for (const rotation::Numbering& step : plan.steps)
        write_step(out, step, {});
    for (const rotation::Unfinished& clone : plan.old.unfinished)
        fmt::print(out, "  leave     {}  it was never finished: delete it in the vSphere Client\n",
                   printable(clone.name));
}

void write_joined(std::ostream& out, const std::string& vm, const job::Joined& done)
{
    for (const std::string& name : done.joined)
        fmt::print(out, "{}: {} is a generation now\n", printable(vm), printable(name));
    for (const std::string& name : done.moved_up)
        fmt::print(out, "{}: {} has another number now\n", printable(vm), printable(name));
}

void write_adoption_json(std::ostream& out, const std::string& vm, const job::Adoption& adoption,
                         const job::Joined& done, bool dry_run)
{
    Json line = line_of(vm, adoption.steps, done, dry_run);
    line["candidates"] = json_of(adoption.candidates);
    line["elsewhere"] = adoption.elsewhere;
    write_line(out, "adopt", line);
}

void write_hand_over_json(std::ostream& out, const std::string& vm, const job::HandOver& plan,
                          const job::Joined& done, bool dry_run)
{
    Json line = line_of(vm, plan.steps, done, dry_run);
    line["from_uuid"] = plan.from;
    write_line(out, "adopt", line);
}

}  // namespace vmrotate::report
