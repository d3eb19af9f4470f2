// SPDX-License-Identifier: GPL-3.0-or-later
#include "rotation/guards.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace vmrotate::rotation {
namespace {

using Verdict = std::string;  // empty: no objection

const Verdict none;

Verdict unless(bool holds, const char* sentence)
{
    return holds ? none : Verdict(sentence);
}

const Mark& mark_of(const Deletion& d)
{
    return d.victim.mark.mark;
}

bool is_expiry(const Deletion& d)
{
    return !d.unfinished_run;
}

Verdict readable(const Deletion& d)
{
    return unless(d.victim.readable, "its configuration cannot be read");
}

Verdict mark_whole(const Deletion& d)
{
    if (d.victim.mark.kind == MarkReading::Kind::none)
        return "it carries no mark of ours";
    if (d.victim.mark.kind != MarkReading::Kind::whole && d.victim.mark.problem.empty())
        return "its mark is not whole";
    return d.victim.mark.problem;
}

Verdict self(const Deletion& d)
{
    if (is_expiry(d))
        return unless(!mark_of(d).self.empty() && mark_of(d).self == d.victim.instance_uuid,
                      "its mark belongs to another VM: it is a copy");
    return unless(mark_of(d).self.empty(), "its mark names a VM although it was never finished");
}

Verdict state(const Deletion& d)
{
    if (is_expiry(d))
        return unless(mark_of(d).state == State::complete, "it was never finished");
    return unless(mark_of(d).state == State::copying, "it is complete");
}

Verdict dead_run(const Deletion& d)
{
    if (is_expiry(d))
        return none;
    if (mark_of(d).run != *d.unfinished_run)
        return "it was made by another run";
    return unless(d.clones_of_that_run == 1, "several VMs carry the mark of its run");
}

Verdict same_set(const Deletion& d)
{
    const Mark& mark = mark_of(d);
    return unless(
        mark.source_uuid == d.set.source_uuid && !mark.source_uuid.empty() && mark.set == d.set.set,
        "it belongs to another source or set");
}

Verdict name(const Deletion& d)
{
    const auto parsed = parse_name(d.victim.name, mark_of(d).stem);
    return unless(parsed.has_value() && parsed->slot == mark_of(d).slot,
                  "its name is not the one it was given");
}

Verdict folder(const Deletion& d)
{
    return unless(!d.set.folder_id.empty() && d.victim.folder_id == d.set.folder_id,
                  "it stands in another folder");
}

Verdict not_a_source(const Deletion& d)
{
    return unless(d.victim.instance_uuid != d.set.source_uuid &&
                      !std::ranges::count(d.sources, d.victim.name),
                  "it is itself a VM that is backed up");
}

/// "[ds] dir" gives "dir".
std::string without_datastore(const std::string& directory)
{
    const auto bracket = directory.find("] ");
    return bracket == std::string::npos ? directory : directory.substr(bracket + 2);
}

Verdict disks_here(const Deletion& d)
{
    const std::string own = directory_of(d.victim.vmx);
    const bool may_be_elsewhere = d.unfinished_run && d.made_here;
    for (const DiskFacts& disk : d.victim.disks) {
        const bool is_here = !d.set.datastore_id.empty() && disk.datastore_id == d.set.datastore_id;
        if (!is_here && !may_be_elsewhere)
            return fmt::format("its disk '{}' is not on the backup datastore", disk.file);
        const std::string directory = directory_of(disk.file);
        if (may_be_elsewhere ? without_datastore(directory) != without_datastore(own)
                             : directory != own)
            return fmt::format("its disk '{}' is not in its own folder", disk.file);
    }
    return none;
}

Verdict no_parent_disk(const Deletion& d)
{
    return unless(std::ranges::none_of(d.victim.disks, &DiskFacts::has_parent),
                  "one of its disks depends on another file");
}

Verdict disks_as_made(const Deletion& d)
{
    const std::size_t here = d.victim.disks.size(), made = mark_of(d).disks.size();
    return unless(is_expiry(d) ? here == made : here <= made,
                  "it has more or fewer disks than when it was made");
}

Verdict disks_unshared(const Deletion& d)
{
    if (d.disk_users.empty())
        return none;
    return fmt::format("'{}' uses one of its disks", d.disk_users.front());
}

Verdict powered_off(const Deletion& d)
{
    if (d.victim.power == Power::off)
        return none;
    return d.victim.power == Power::on ? "it is powered on" : "it is suspended";
}

Verdict not_a_template(const Deletion& d)
{
    return unless(!d.victim.is_template, "it was made a template");
}

Verdict no_snapshot(const Deletion& d)
{
    return unless(!d.victim.has_snapshot, "it has a snapshot");
}

Verdict not_busy(const Deletion& d)
{
    return unless(!d.victim.is_busy, "a task is at work on it");
}

Verdict not_pinned(const Deletion& d)
{
    return unless(mark_of(d).pinned.empty(), "it is pinned");
}

Verdict set_not_in_use(const Deletion& d)
{
    if (!is_expiry(d) || d.generation_in_use.empty())
        return none;
    return fmt::format("'{}' of the same set is in use", d.generation_in_use);
}

Verdict newer_one(const Deletion& d)
{
    return unless(!is_expiry(d) || d.newest_verified_seq > mark_of(d).seq,
                  "no newer generation was committed or verified in this run");
}

Verdict enough_left(const Deletion& d)
{
    if (!is_expiry(d) || d.good_left >= std::max(d.keep, 1))
        return none;
    return fmt::format("only {} good generations would be left of {}", d.good_left, d.keep);
}

Verdict old_enough(const Deletion& d)
{
    const bool holds =
        !is_expiry(d) || d.min_age <= d.min_age.zero() || mark_of(d).taken + d.min_age <= d.now;
    return unless(holds, "it is younger than min_age");
}

Verdict brake(const Deletion& d)
{
    if (!is_expiry(d) || d.deleted_before < d.brake)
        return none;
    return fmt::format("{} were deleted in this run", d.deleted_before);
}

Verdict listing_whole(const Deletion& d)
{
    if (d.unread.empty())
        return none;
    return fmt::format("'{}', which may belong to the set, cannot be read", d.unread);
}

Verdict clock(const Deletion& d)
{
    return unless(std::chrono::abs(d.clock_skew) <= std::chrono::hours(1),
                  "the clocks here and at the server differ by more than an hour");
}

struct Row {
    Guard guard;
    Verdict (*ask)(const Deletion&);
};

constexpr Row rows[] = {
    {Guard::readable, readable},
    {Guard::mark_whole, mark_whole},
    {Guard::self, self},
    {Guard::state, state},
    {Guard::dead_run, dead_run},
    {Guard::same_set, same_set},
    {Guard::name, name},
    {Guard::folder, folder},
    {Guard::not_a_source, not_a_source},
    {Guard::disks_here, disks_here},
    {Guard::no_parent_disk, no_parent_disk},
    {Guard::disks_as_made, disks_as_made},
    {Guard::disks_unshared, disks_unshared},
    {Guard::powered_off, powered_off},
    {Guard::not_a_template, not_a_template},
    {Guard::no_snapshot, no_snapshot},
    {Guard::not_busy, not_busy},
    {Guard::not_pinned, not_pinned},
    {Guard::set_not_in_use, set_not_in_use},
    {Guard::newer_one, newer_one},
    {Guard::enough_left, enough_left},
    {Guard::old_enough, old_enough},
    {Guard::brake, brake},
    {Guard::listing_whole, listing_whole},
    {Guard::clock, clock},
};

}  // namespace

std::vector<Objection> objections(const Deletion& deletion)
{
    std::vector<Objection> result;
    for (const Row& row : rows)
        if (Verdict verdict = row.ask(deletion); !verdict.empty())
            result.push_back({row.guard, std::move(verdict)});
    return result;
}

}  // namespace vmrotate::rotation
