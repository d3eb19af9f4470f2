// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/marking.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.hpp"
#include "job/explain.hpp"
#include "job/settle.hpp"

namespace vmrotate::job {
namespace {

bool has_keys(const vimclient::Vm& vm, const vimclient::Mark& keys)
{
    return std::ranges::all_of(keys, [&](const auto& key) {
        const auto found = vm.mark.find(key.first);
        return (found == vm.mark.end() ? std::string() : found->second) == key.second;
    });
}

}  // namespace

std::string why_no_generation(const vimclient::Vm& vm)
{
    using Kind = rotation::MarkReading::Kind;
    if (!vm.readable)
        return "its configuration cannot be read";
    const auto reading = rotation::decode(vm.mark);
    if (reading.kind == Kind::none)
        return "it carries no mark: it is no generation";
    if (reading.kind != Kind::whole)
        return reading.problem;
    if (reading.mark.state != rotation::State::complete)
        return "it is a copy that was never finished";
    if (reading.mark.self != vm.instance_uuid)
        return "it is a copy of a generation: its mark belongs to another VM";
    return {};
}

rotation::Mark mark_of_generation(const vimclient::Vm& vm, const std::string& what)
{
    if (const std::string why = why_no_generation(vm); !why.empty())
        throw Error(ErrorKind::refused, fmt::format("cannot {}: {}", what, why),
                    "'vmrotate list VM' shows the generations of a VM");
    return rotation::decode(vm.mark).mark;
}

vimclient::Vm change_mark(vimclient::Vsphere& vsphere, const Run& run, const vimclient::VmRef& vm,
                          const vimclient::Change& change, const std::string& what)
{
    return change_surely(
        vsphere, run, vm, what, [&] { vsphere.reconfigure(vm, change); },
        [&](const vimclient::Vm& now) { return has_keys(now, change.mark); });
}

}  // namespace vmrotate::job
