// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "laws.hpp"
#include "rotation/guards.hpp"
#include "rotation/set.hpp"

/// What must hold for marks of any content. It is judged by the keys as they stand, without
/// the code that reads marks.
namespace fuzz {

using vmrotate::rotation::Keys;

inline std::string value_of(const Keys& keys, const std::string& field)
{
    const auto found = keys.find("vmrotate." + field);
    return found == keys.end() ? std::string{} : found->second;
}

/// The keys of the VM with this id.
using KeysOf = std::function<Keys(const std::string& id)>;

inline vmrotate::rotation::Deletion everything_else_allows(
    const vmrotate::rotation::SetId& id, const vmrotate::rotation::VmFacts& victim)
{
    vmrotate::rotation::Deletion deletion;
    deletion.victim = victim;
    deletion.set = id;
    deletion.newest_verified_seq = 1'000'000'000;
    deletion.good_left = 100;
    return deletion;
}

/// Nothing that is not ours counts as a generation, or may be deleted.
inline void check_set(const vmrotate::rotation::SetId& id,
                      const std::vector<vmrotate::rotation::VmFacts>& folder, const KeysOf& keys_of)
{
    using namespace vmrotate::rotation;
    const auto is_ours = [&](const Keys& keys) {
        return value_of(keys, "version") == "1" && value_of(keys, "set") == id.set &&
               value_of(keys, "source") == id.source_uuid;
    };
    const Set set = sort_out(id, folder);
    for (const Generation& generation : set.generations) {
        const Keys keys = keys_of(generation.id);
        const auto vm = std::ranges::find(folder, generation.id, &VmFacts::id);
        law(is_ours(keys) && value_of(keys, "state") == "complete",
            "a generation carries our mark");
        law(value_of(keys, "self") == vm->instance_uuid, "a generation's mark is its own");
        law(generation.condition != Condition::good ||
                (vm->power == Power::off && value_of(keys, "pinned").empty()),
            "what is pinned or in use does not count");
    }
    for (const Unfinished& unfinished : set.unfinished) {
        const Keys keys = keys_of(unfinished.id);
        law(is_ours(keys) && value_of(keys, "state") == "copying", "an unfinished copy is ours");
        law(value_of(keys, "run") == unfinished.run, "an unfinished copy is its run's");
    }
    for (const VmFacts& vm : folder) {
        if (!objections(everything_else_allows(id, vm)).empty())
            continue;
        const Keys keys = keys_of(vm.id);
        law(is_ours(keys) && !vm.instance_uuid.empty() &&
                value_of(keys, "self") == vm.instance_uuid &&
                value_of(keys, "state") == "complete" && value_of(keys, "pinned").empty(),
            "nothing but a generation of ours may be deleted");
        law(vm.folder_id == id.folder_id && vm.power == Power::off && !vm.is_template,
            "and only where and how it was left");
    }
}

}  // namespace fuzz
