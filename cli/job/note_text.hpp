// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "rotation/mark.hpp"

/// The notes (config.annotation) that people read in the vSphere Client. Nothing here is
/// ever read back: the mark is what counts.
namespace vmrotate::job {

/// While it is being copied. The source's own note follows below ours.
std::string unfinished_note(const rotation::Mark& mark, const std::string& source_note);

/// Once it is complete.
std::string finished_note(const rotation::Mark& mark, const std::string& source_note);

}  // namespace vmrotate::job
