// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/freeze.hpp"

#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/text.hpp"
#include "job/run.hpp"

namespace vmrotate::job {
namespace {

/// `written` is what the mark says; only a longer freeze is worth a call.
bool write_freeze(vimclient::Vsphere& vsphere, const Run& run, const Copy& copy,
                  const std::optional<rotation::Freeze>& written, Outcome& outcome)
{
    rotation::Mark before = copy.mark, after = copy.mark;
    before.freeze = written;
    after.freeze = outcome.freeze;
    if (after.freeze->longest < worth_telling ||
        (written && after.freeze->longest <= written->longest))
        return false;
    std::string problem;
    try {
        vsphere.reconfigure(copy.vm,
                            {.mark = rotation::difference(before, after), .annotation = {}});
        return true;
    } catch (const vimclient::Fault& fault) {
        problem = fault.what();
    } catch (const vimclient::Cancelled&) {
        problem = "interrupted";
    }
    outcome.warnings.push_back(fmt::format(
        "the mark of '{}' does not tell of the guest's freeze: {}", copy.vm.name, problem));
    run.observer.warning(outcome.warnings.back());
    return true;  // nobody knows
}

}  // namespace

void recall_freeze(const Run& run, const Survey& seen)
{
    if (seen.set.generations.empty() || !seen.set.generations.front().freeze)
        return;
    const rotation::Freeze& last = *seen.set.generations.front().freeze;
    if (last.longest >= worth_telling)
        run.observer.remark(
            fmt::format("the last backup froze the guest: no answer for {}", freeze_text(last)));
}

bool tell_freeze(vimclient::Vsphere& vsphere, const Run& run, const Copy& copy, GuestWatch& guest,
                 Outcome& outcome)
{
    const auto written = outcome.freeze;
    outcome.freeze = guest.freeze();
    if (!outcome.freeze)
        return false;
    const auto limit = run.assignment.policy.max_freeze;
    outcome.froze_too_long = is_too_long(*outcome.freeze, limit);
    if (outcome.froze_too_long) {
        outcome.warnings.push_back(
            fmt::format("the guest froze: no answer for {}; max_freeze is {}",
                        freeze_text(*outcome.freeze), duration_text(limit)));
        run.observer.warning(outcome.warnings.back());
    }
    return write_freeze(vsphere, run, copy, written, outcome);
}

}  // namespace vmrotate::job
