// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/discard.hpp"

#include <algorithm>
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

void discard(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared,
             const vimclient::Vm& victim, const std::vector<vimclient::Vm>& folder, Proof proof)
{
    auto deletion = deletion_of(vsphere, run, prepared, victim, folder);
    deletion.unfinished_run = run.id;
    deletion.made_here = proof == Proof::own_task;
    deletion.clones_of_that_run = static_cast<int>(std::ranges::count_if(
        folder, [&](const vimclient::Vm& vm) { return is_copy_of(run, vm); }));
    if (const auto objections = rotation::objections(deletion); !objections.empty()) {
        run.observer.warning(fmt::format("the unfinished copy '{}' was not deleted: {}",
                                         victim.ref.name, text_of(objections)));
        return;
    }
    run.observer.step(fmt::format("deleting the unfinished copy '{}'", victim.ref.name));
    destroy_and_look(vsphere, run, victim.ref);
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
    const auto folder = vsphere.vms_in(prepared.id.folder_id);
    const auto victim =
        std::ranges::find_if(folder, [&](const vimclient::Vm& vm) { return vm.ref.id == copy.id; });
    if (victim != folder.end())
        discard(vsphere, run, prepared, *victim, folder, Proof::own_task);
    else
        run.observer.warning(fmt::format(
            "the unfinished copy '{}' was not deleted: it is not in the folder", copy.name));
} catch (const vimclient::Fault& fault) {
    warn_of(run, explain(fault, deed));
} catch (const Error& e) {
    warn_of(run, e.within(std::string("cannot ") + deed));
}

void discard_remains(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared)
try {
    const auto folder = vsphere.vms_in(prepared.id.folder_id);
    for (const vimclient::Vm& vm : folder)
        if (is_copy_of(run, vm))
            discard(vsphere, run, prepared, vm, folder, Proof::none);
} catch (const vimclient::Fault& fault) {
    warn_of(run, explain(fault, deed));
} catch (const Error& e) {
    warn_of(run, e.within(std::string("cannot ") + deed));
}

}  // namespace vmrotate::job
