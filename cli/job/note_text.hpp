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

/// A note in which the text that belongs to one mark gives way to that of another; unchanged
/// where that text is not in it.
std::string with_other_mark(const std::string& note, const rotation::Mark& from,
                            const rotation::Mark& to);

/// Any note with a first line that says that the VM is pinned, or without that line where the
/// reason is empty.
std::string with_pin(const std::string& note, const std::string& reason);

/// The note of a source with the line "vmrotate.newest = NAME" at its end, in the place of any
/// other such line; an empty name only takes those away.
std::string with_newest(const std::string& note, const std::string& name);

}  // namespace vmrotate::job
