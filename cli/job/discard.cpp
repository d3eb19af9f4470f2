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

enum class Proof { none, own_task };

bool is_copy_of(const Run& run, const vimclient::Vm& vm)
{
    const auto mark = rotation::decode(vm.mark);
    return mark.kind == rotation::MarkReading::Kind::whole && mark.mark.run == run.id &&
           mark.mark.state == rotation::State::copying;
}

std::optional<rotation::Deletion> facts_for(vimclient::Vsphere& vsphere, const Run& run,
                                            const Prepared& prepared, const std::string& victim_id,
                                            Proof proof)
{
    const auto folder = vsphere.vms_in(prepared.id.folder_id);
    const auto victim = std::ranges::find_if(
        folder, [&](const vimclient::Vm& vm) { return vm.ref.id == victim_id; });
    if (victim == folder.end())
        return {};
    auto deletion = deletion_of(vsphere, run, prepared, *victim, folder);
    deletion.unfinished_run = run.id;
    deletion.made_here = proof == Proof::own_task;
    deletion.clones_of_that_run = static_cast<int>(std::ranges::count_if(
        folder, [&](const vimclient::Vm& vm) { return is_copy_of(run, vm); }));
    return deletion;
}

void discard(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared,
             const vimclient::VmRef& victim, Proof proof)
{
    run.observer.step(fmt::format("deleting the unfinished copy '{}'", victim.name));
    bool was_there = false;
    const auto objections = delete_under_guards(vsphere, run, victim, [&] {
        auto facts = facts_for(vsphere, run, prepared, victim.id, proof);
        was_there = was_there || facts.has_value();
        return facts;
    });
    const std::string why = was_there ? text_of(objections) : "it is not in the folder";
    if (!why.empty())
        run.observer.warning(
            fmt::format("the unfinished copy '{}' was not deleted: {}", victim.name, why));
}

void warn_of(const Run& run, const Error& e)
{
    run.observer.warning(
        fmt::format("{}; it counts as nothing and the next run will name it", e.what()));
}

constexpr const char* deed = "look after what is left of the copy";

}  // namespace

void discard_copy(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared,
                  const vimclient::VmRef& copy)
try {
    discard(vsphere, run, prepared, copy, Proof::own_task);
} catch (const vimclient::Fault& fault) {
    warn_of(run, explain(fault, deed));
} catch (const Error& e) {
    warn_of(run, e.within(std::string("cannot ") + deed));
}

void discard_remains(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared)
try {
    for (const vimclient::Vm& vm : vsphere.vms_in(prepared.id.folder_id))
        if (is_copy_of(run, vm))
            discard(vsphere, run, prepared, vm.ref, Proof::none);
} catch (const vimclient::Fault& fault) {
    warn_of(run, explain(fault, deed));
} catch (const Error& e) {
    warn_of(run, e.within(std::string("cannot ") + deed));
}

}  // namespace vmrotate::job
