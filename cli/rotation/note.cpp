// SPDX-License-Identifier: GPL-3.0-or-later
#include "rotation/note.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace vmrotate::rotation {
namespace {

bool is_id(std::string_view text)
{
    return text.size() == 32 && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

/// Takes `<word><value>` off the front of `rest`; the value ends at a blank or at the end.
std::optional<std::string> take(std::string_view& rest, std::string_view word)
{
    if (!rest.starts_with(word))
        return {};
    rest.remove_prefix(word.size());
    const auto value = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), value.size() + 1));
    if (value.empty())
        return {};
    return std::string(value);
}

}  // namespace

std::string snapshot_name(const SnapshotNote& note)
{
    return "vmrotate " + note.run;
}

std::string snapshot_description(const SnapshotNote& note)
{
    return fmt::format("vmrotate 1 run={} set={} lock={} started={}", note.run, note.set, note.lock,
                       utc_text(note.started));
}

std::optional<SnapshotNote> read_snapshot(const std::string& name, const std::string& description)
{
    std::string_view rest = description;
    if (!rest.starts_with("vmrotate 1 "))
        return {};
    rest.remove_prefix(std::string_view("vmrotate 1 ").size());
    const auto run = take(rest, "run=");
    const auto set = take(rest, "set=");
    const auto lock = take(rest, "lock=");
    const auto started = take(rest, "started=");
    if (!run || !set || !lock || !started || !rest.empty() || !is_id(*run) || !is_id(*lock))
        return {};
    const auto time = parse_utc(*started);
    if (!time)
        return {};
    const SnapshotNote note{*run, *set, *lock, *time};
    if (snapshot_name(note) != name || snapshot_description(note) != description)
        return {};
    return note;
}

}  // namespace vmrotate::rotation
