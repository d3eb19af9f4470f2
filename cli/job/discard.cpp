// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/discard.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/error.hpp"
#include "job/deletion.hpp"
#include "job/explain.hpp"
#include "job/facts.hpp"

namespace vmrotate::job {
namespace {

bool is_of(const std::string& run, const vimclient::Vm& vm)
{
    const auto mark = rotation::decode(vm.mark);
    return mark.kind == rotation::MarkReading::Kind::whole && mark.mark.run == run;
}

bool is_unfinished(const vimclient::Vm& vm)
{
    return rotation::decode(vm.mark).mark.state == rotation::State::copying;
}

std::optional<rotation::Deletion> facts_for(vimclient::Vsphere& vsphere, const Run& run,
                                            const Survey& seen, const UnfinishedClone& clone)
{
    const auto read = read_set_facts(vsphere, seen.id);
    const auto& folder = read.folder;
    const auto victim = std::ranges::find_if(
        folder, [&](const vimclient::Vm& vm) { return vm.ref.id == clone.vm.id; });
    if (victim == folder.end())
        return {};
    auto deletion = deletion_of(vsphere, run, seen.id, *victim, read);
    deletion.unfinished_run = clone.run;
    deletion.made_here = clone.made_here;
    deletion.clones_of_that_run = static_cast<int>(std::ranges::count_if(
        folder, [&](const vimclient::Vm& vm) { return is_of(clone.run, vm); }));
    return deletion;
}

void discard_or_warn(vimclient::Vsphere& vsphere, const Run& run, const Survey& seen,
                     const UnfinishedClone& clone)
{
    const Discard end = discard(vsphere, run, seen, clone);
    const std::string why = end.was_there ? end.objections : "it is not in the folder";
    if (!why.empty())
        run.observer.warning(
            fmt::format("the unfinished copy '{}' was not deleted: {}", clone.vm.name, why));
}

void warn_of(const Run& run, const Error& e)
{
    run.observer.warning(
        fmt::format("{}; it counts as nothing, and the next run tries again", e.what()));
}

constexpr const char* deed = "look after what is left of the copy";

}  // namespace

Discard discard(vimclient::Vsphere& vsphere, const Run& run, const Survey& seen,
                const UnfinishedClone& clone)
{
    run.observer.step(fmt::format("deleting the unfinished copy '{}'", clone.vm.name));
    Discard end;
    const auto objections = delete_under_guards(vsphere, run, clone.vm, [&] {
        auto facts = facts_for(vsphere, run, seen, clone);
        end.was_there = end.was_there || facts.has_value();
        return facts;
    });
    end.objections = end.was_there ? text_of(objections) : std::string();
    return end;
}

void discard_copy(vimclient::Vsphere& vsphere, const Run& run, const Survey& seen,
                  const UnfinishedClone& clone)
try {
    discard_or_warn(vsphere, run, seen, clone);
} catch (const vimclient::Fault& fault) {
    warn_of(run, explain(fault, deed));
} catch (const Error& e) {
    warn_of(run, e.within(std::string("cannot ") + deed));
}

void discard_remains(vimclient::Vsphere& vsphere, const Run& run, const Survey& seen)
try {
    for (const vimclient::Vm& vm : vsphere.vms_in(seen.id.folder_id))
        if (is_of(run.id, vm) && is_unfinished(vm))
            discard_or_warn(vsphere, run, seen, {vm.ref, run.id});
} catch (const vimclient::Fault& fault) {
    warn_of(run, explain(fault, deed));
} catch (const Error& e) {
    warn_of(run, e.within(std::string("cannot ") + deed));
}

}  // namespace vmrotate::job
