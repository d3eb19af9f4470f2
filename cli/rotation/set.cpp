// SPDX-License-Identifier: GPL-3.0-or-later
#include "rotation/set.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <tuple>

namespace vmrotate::rotation {
namespace {

bool belongs(const SetId& id, const Mark& mark)
{
    return mark.source_uuid == id.source_uuid && mark.set == id.set;
}

/// Why a VM with a whole mark of this set is not one of its generations, if so.
std::string why_not_ours(const VmFacts& vm)
{
    const Mark& mark = vm.mark.mark;
    if (mark.state == State::complete && mark.self != vm.instance_uuid)
        return "a copy of a generation: the mark belongs to another VM";
    if (const auto name = parse_name(vm.name, mark.stem); !name || name->slot != mark.slot)
        return "was renamed";
    return {};
}

std::string what_was_changed(const SetId& id, const VmFacts& vm)
{
    if (vm.has_snapshot)
        return "has a snapshot";
    if (vm.is_template)
        return "was made a template";
    for (const DiskFacts& disk : vm.disks) {
        if (disk.datastore_id != id.datastore_id)
            return "has a disk on another datastore";
        if (disk.has_parent)
            return "has a disk that depends on another file";
    }
    if (vm.disks.size() != vm.mark.mark.disks.size())
        return "has more or fewer disks than when it was made";
    return {};
}

Generation generation_of(const SetId& id, const VmFacts& vm)
{
    const Mark& mark = vm.mark.mark;
    Generation result{vm.id,           vm.name, mark.slot,     mark.seq,   mark.taken,
                      Condition::good, {},      mark.quiesced, mark.freeze};
    if (vm.power != Power::off) {
        result.condition = Condition::in_use;
        result.reason = vm.power == Power::on ? "is powered on" : "is suspended";
    } else if (const std::string change = what_was_changed(id, vm); !change.empty()) {
        result.condition = Condition::set_aside;
        result.reason = change;
    } else if (!mark.pinned.empty()) {
        result.condition = Condition::pinned;
        result.reason = "is pinned: " + mark.pinned;
    }
    return result;
}

/// Of a VM that had the source's name: it may have been made anew since.
bool is_of_a_namesake(const SetId& id, const Mark& mark)
{
    return mark.set == id.set && mark.source_uuid != id.source_uuid &&
           mark.source_name == id.stem.name && mark.state == State::complete;
}

std::string whose_it_is(const SetId& id, const Mark& mark)
{
    if (is_of_a_namesake(id, mark))
        return "belongs to another '" + mark.source_name + "', with the instanceUuid " +
               mark.source_uuid +
               ": if that VM is gone, 'vmrotate adopt --from-uuid' hands its generations over";
    return "is named like a generation of this set and is one of '" + mark.source_name +
           "', set '" + mark.set + "'";
}

void sort_in(Set& set, const SetId& id, const VmFacts& vm)
{
    using Kind = MarkReading::Kind;
    const bool has_our_name = parse_name(vm.name, id.stem).has_value();
    if (vm.mark.kind == Kind::whole && belongs(id, vm.mark.mark))
        set.highest_seq = std::max(set.highest_seq, vm.mark.mark.seq);
    if (!vm.readable) {
        const std::string& name = vm.name.empty() ? vm.id : vm.name;
        if (set.unread.empty() || name < set.unread)
            set.unread = name;
        return;
    }
    if (vm.mark.kind != Kind::whole) {
        if (has_our_name)
            set.strangers.push_back({vm.id, vm.name,
                                     vm.mark.kind == Kind::none
                                         ? "is named like a generation and carries no mark"
                                         : vm.mark.problem});
        return;
    }
    const Mark& mark = vm.mark.mark;
    if (!belongs(id, mark)) {
        if (has_our_name || is_of_a_namesake(id, mark))
            set.strangers.push_back({vm.id, vm.name, whose_it_is(id, mark)});
        return;
    }
    if (const std::string reason = why_not_ours(vm); !reason.empty())
        set.strangers.push_back({vm.id, vm.name, reason});
    else if (mark.state == State::copying)
        set.unfinished.push_back({vm.id, vm.name, mark.run, mark.slot, mark.seq, mark.taken});
    else
        set.generations.push_back(generation_of(id, vm));
}

}  // namespace

Set sort_out(const SetId& id, const std::vector<VmFacts>& folder)
{
    Set set;
    for (const VmFacts& vm : folder)
        sort_in(set, id, vm);
    std::ranges::sort(set.generations, std::greater{}, [](const Generation& generation) {
        // of equal numbers the newer VM: ids grow, and "vm-1000" comes after "vm-999"
        return std::tuple(generation.seq, generation.id.size(), generation.id);
    });
    std::ranges::sort(set.unfinished, {}, &Unfinished::id);
    std::ranges::sort(set.strangers, {}, &Stranger::id);
    return set;
}

std::string directory_of(const std::string& datastore_path)
{
    const auto slash = datastore_path.rfind('/');
    return slash == std::string::npos ? datastore_path : datastore_path.substr(0, slash);
}

}  // namespace vmrotate::rotation
