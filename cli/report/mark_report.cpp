// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/mark_report.hpp"

#include <fmt/ostream.h>

#include "report/json_lines.hpp"
#include "report/messages.hpp"

namespace vmrotate::report {
namespace {

std::string deed_of(const job::Pinning& pinning, bool dry_run)
{
    const bool is_pinned = !pinning.reason.empty();
    if (!pinning.is_change())
        return is_pinned ? "is pinned already: " + pinning.reason : "is not pinned";
    if (is_pinned)
        return (dry_run ? "would be pinned: " : "pinned: ") + pinning.reason;
    return std::string(dry_run ? "would no longer be pinned" : "no longer pinned") +
           ", it was: " + pinning.mark.pinned;
}

}  // namespace

void write_pinning(std::ostream& out, const job::Pinning& pinning, bool dry_run)
{
    fmt::print(out, "{}: {}\n", printable(pinning.generation.name),
               printable(deed_of(pinning, dry_run)));
}

void write_pinning_json(std::ostream& out, const std::string& verb, const job::Pinning& pinning,
                        bool dry_run)
{
    write_line(out, verb,
               {{"vm", pinning.mark.source_name},
                {"generation", pinning.generation.name},
                {"pinned", pinning.reason},
                {"was", pinning.mark.pinned},
                {"dry_run", dry_run},
                {"changed", pinning.is_change()}});
}

void write_release(std::ostream& out, const job::Release& release, bool dry_run)
{
    const std::string name = printable(release.vm.name);
    if (!release.is_change()) {
        fmt::print(out, "{}: carries no mark: nothing to release\n", name);
        return;
    }
    fmt::print(out, "{}: {}: it was {}\n", name, dry_run ? "would be released" : "released",
               printable(release.was));
    if (release.good_left)
        fmt::print(out, "{}: good generations of '{}' in its folder without it: {}\n", name,
                   printable(release.source), *release.good_left);
}

void write_release_json(std::ostream& out, const job::Release& release,
                        const std::vector<std::string>& warnings, bool dry_run)
{
    Json line = {{"vm", release.vm.name}, {"was", release.was}, {"source", release.source},
                 {"good_left", nullptr},  {"dry_run", dry_run}, {"changed", release.is_change()},
                 {"warnings", warnings}};
    if (release.good_left)
        line["good_left"] = *release.good_left;
    write_line(out, "release", line);
}

}  // namespace vmrotate::report
