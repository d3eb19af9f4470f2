// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

#include "job/run.hpp"
#include "vsphere.hpp"

/// Giving up a VM that somebody works with: without our mark it is nobody's backup.
namespace vmrotate::job {

struct Release {
    vimclient::VmRef vm;
    vimclient::Mark keys;          ///< those that go; none: it carries no mark
    std::string was;               ///< "generation 5 of 'avocado2', set 'default', taken ..."
    std::string source;            ///< the VM of which it is a generation; empty: of none
    std::optional<int> good_left;  ///< in its folder, without it; set for a generation

    bool is_change() const { return !keys.empty(); }
};

/// Finds the VM by its name and reads what it is. Throws Error: refused where it cannot be
/// read, or carries the mark of a copy that may still be made, and what `find_source` throws.
Release plan_release(vimclient::Vsphere& vsphere, const std::string& name);

/// Takes all our keys off by one call, and changes nothing else. Throws Error.
void carry_out(vimclient::Vsphere& vsphere, const Run& run, const Release& release);

}  // namespace vmrotate::job
