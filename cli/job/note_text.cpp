// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/note_text.hpp"

#include <fmt/format.h>

namespace vmrotate::job {
namespace {

std::string with_source_note(std::string text, const std::string& source_note)
{
    const std::string own = with_newest(source_note, "");
    if (!own.empty())
        text += "\n\nThe note of the source:\n" + own;
    return text;
}

}  // namespace

std::string with_newest(const std::string& note, const std::string& name)
{
    constexpr std::string_view begin = "vmrotate.newest = ";
    std::string result = note;
    for (auto at = result.find(begin); at != std::string::npos; at = result.find(begin, at)) {
        if (at > 0 && result[at - 1] != '\n') {
            at += begin.size();
            continue;
        }
        const auto end = result.find('\n', at);
        result.erase(at, end == std::string::npos ? end : end + 1 - at);
    }
    while (result.size() < note.size() && result.ends_with('\n'))
        result.pop_back();
    if (name.empty())
        return result;
    return result + (result.empty() ? "" : "\n\n") + std::string(begin) + name;
}

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

std::string with_other_mark(const std::string& note, const rotation::Mark& from,
                            const rotation::Mark& to)
{
    const std::string old_text = finished_note(from, {});
    const auto found = note.find(old_text);
    if (found == std::string::npos)
        return note;
    std::string changed = note;
    return changed.replace(found, old_text.size(), finished_note(to, {}));
}

std::string with_pin(const std::string& note, const std::string& reason)
{
    const std::string begin = "PINNED by vmrotate, it does not expire: ";
    std::string rest = note;
    if (rest.starts_with(begin)) {
        const auto end = rest.find('\n');
        rest = end == std::string::npos ? "" : rest.substr(end + 1);
    }
    if (reason.empty())
        return rest;
    return begin + reason + (rest.empty() ? "" : "\n" + rest);
}

}  // namespace vmrotate::job
