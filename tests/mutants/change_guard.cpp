// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdlib>
#include <string_view>

#include "rotation/guards.hpp"

// Stands in for `objections` in the program of the guard mutants, and nowhere else: the
// linker's --wrap puts it there, so that the product knows nothing of it. The environment
// names one guard by its number and what becomes of it: "skip 3", "negate 3".

namespace vmrotate::rotation {

std::vector<Objection> true_objections(const Deletion& deletion) asm(
    "__real__ZN8vmrotate8rotation10objectionsERKNS0_8DeletionE");
std::vector<Objection> changed_objections(const Deletion& deletion) asm(
    "__wrap__ZN8vmrotate8rotation10objectionsERKNS0_8DeletionE");

std::vector<Objection> changed_objections(const Deletion& deletion)
{
    auto objections = true_objections(deletion);
    const char* const order = std::getenv("VMROTATE_MUTANT");
    if (order == nullptr)
        return objections;
    const std::string_view text = order;
    const auto guard = static_cast<Guard>(std::atoi(order + text.find(' ')));
    const auto dropped =
        std::erase_if(objections, [&](const Objection& o) { return o.guard == guard; });
    if (text.starts_with("negate") && dropped == 0)
        objections.push_back({guard, "this guard is a mutant"});
    return objections;
}

}  // namespace vmrotate::rotation
