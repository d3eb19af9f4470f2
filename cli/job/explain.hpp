// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/error.hpp"
#include "vsphere.hpp"

namespace vmrotate::job {

/// A fault as a sentence for people: "cannot clone: the datastore is full (NoDiskSpace)",
/// with the exit code that fits and a hint where one helps. `what` is the deed, "clone".
/// The fault's type name stays visible.
Error explain(const vimclient::Fault& fault, const std::string& what);

/// Runs `act`; a Fault comes out as the Error that `explain` makes of it. An
/// OutcomeUnknown passes: who asked must find out what happened.
template <typename Act>
auto explaining(const std::string& what, const Act& act)
{
    try {
        return act();
    } catch (const vimclient::OutcomeUnknown&) {
        throw;
    } catch (const vimclient::Fault& fault) {
        throw explain(fault, what);
    }
}

}  // namespace vmrotate::job
