// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "job/pin.hpp"
#include "job/release.hpp"

/// What became of the mark of one VM, or would.
namespace vmrotate::report {

void write_pinning(std::ostream& out, const job::Pinning& pinning, bool dry_run);

/// A line of type `pin` or `unpin`: the verb.
void write_pinning_json(std::ostream& out, const std::string& verb, const job::Pinning& pinning,
                        bool dry_run);

void write_release(std::ostream& out, const job::Release& release, bool dry_run);

/// A line of type `release`.
void write_release_json(std::ostream& out, const job::Release& release,
                        const std::vector<std::string>& warnings, bool dry_run);

}  // namespace vmrotate::report
