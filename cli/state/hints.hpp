// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "job/hints.hpp"

namespace vmrotate::state {

/// The hints of one vCenter: `<state>/hints-<its instanceUuid>.json`. It may be deleted at any
/// time, and is as good as empty where it cannot be read or is not what was written:
///
///     {"format": 1, "vms": {"avocado2": {"vm": "vm-42", "uuid": "5002...", "folder": "group-v7",
///                                        "hosts": ["host-9", "host-12"]}}}
///
/// It is written when the result ends, if something was kept, as a whole under another name and
/// then renamed: of two processes the last one's stays. `complain` is told why it could not be.
std::unique_ptr<job::Hints> open_hints(const std::filesystem::path& state,
                                       const std::string& vcenter_uuid,
                                       std::function<void(const std::string&)> complain);

}  // namespace vmrotate::state
