// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "job/run.hpp"
#include "rotation/mark.hpp"
#include "vsphere.hpp"

/// Keeping one generation for as long as somebody wants it: a key of its mark says why.
namespace vmrotate::job {

/// What is to become of a generation's pin.
struct Pinning {
    vimclient::VmRef generation;
    rotation::Mark mark;     ///< as it is
    std::string reason;      ///< why it is to be pinned; empty: it is not
    std::string annotation;  ///< the note that people read, as it will be

    bool is_change() const { return mark.pinned != reason; }
};

/// Finds the generation by its name and reads it. `reason` without any text only makes sure
/// that it is pinned, and `otherwise` is the reason if it is not. Throws Error: usage where
/// the reason cannot be written, refused where the VM is no generation of its own, and what
/// `find_source` throws.
Pinning plan_pin(vimclient::Vsphere& vsphere, const std::string& name, const std::string& reason,
                 const std::string& otherwise);

/// The same for taking the pin off.
Pinning plan_unpin(vimclient::Vsphere& vsphere, const std::string& name);

/// Does it, if it is a change. Throws Error.
void carry_out(vimclient::Vsphere& vsphere, const Run& run, const Pinning& pinning);

/// Why this cannot be a reason; empty if it can. Pure.
std::string problem_of_reason(const std::string& reason);

}  // namespace vmrotate::job
