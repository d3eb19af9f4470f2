// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/quiesce.hpp"

namespace vmrotate::job {
namespace {

using Policy = config::Quiesce;

/// Why nobody can ask the guest; empty where somebody can, or nothing runs.
std::string why_deaf(const vimclient::Vm& source)
{
    if (source.power == vimclient::Power::suspended)
        return "the VM is suspended";
    if (source.power == vimclient::Power::on && source.tools != "guestToolsRunning")
        return "VMware Tools do not run";
    return {};
}

}  // namespace

QuiesceChoice choose_quiesce(Policy policy, const vimclient::Vm& source)
{
    QuiesceChoice choice;
    if (policy == Policy::off || source.power == vimclient::Power::off)
        return choice;
    choice.shortfall = why_deaf(source);
    if (choice.shortfall.empty())
        choice.ask = vimclient::Quiesce::require;
    choice.may_fall_back = policy == Policy::prefer;
    return choice;
}

std::string why_not_at_rest(Policy policy, const vimclient::Vm& source)
{
    return policy == Policy::require ? why_deaf(source) : "";
}

}  // namespace vmrotate::job
