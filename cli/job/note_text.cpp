// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/note_text.hpp"

#include <fmt/format.h>

namespace vmrotate::job {
namespace {

std::string with_source_note(std::string text, const std::string& source_note)
{
    if (!source_note.empty())
        text += "\n\nThe note of the source:\n" + source_note;
    return text;
}

}  // namespace

std::string unfinished_note(const rotation::Mark& mark, const std::string& source_note)
{
    return with_source_note(
        fmt::format("UNFINISHED backup of '{}' by vmrotate: it is being copied, or the copy was "
                    "cut short. Do not start it.",
                    mark.source_name),
        source_note);
}

std::string finished_note(const rotation::Mark& mark, const std::string& source_note)
{
    return with_source_note(
        fmt::format("Backup of '{}' by vmrotate: generation {} of set '{}', slot {:02}, taken {}.\n"
                    "It can be started as it stands; stop or disconnect the original first. While "
                    "it runs, no generation of its set is deleted.",
                    mark.source_name, mark.seq, mark.set, mark.slot,
                    rotation::utc_text(mark.taken)),
        source_note);
}

}  // namespace vmrotate::job
