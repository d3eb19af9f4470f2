// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

#include "rotation/mark.hpp"

/// How our snapshot says whose it is.
///
///     name         vmrotate 0123456789abcdef0123456789abcdef
///     description  vmrotate 1 run=0123... set=default lock=89ab... started=2019-09-25T00:41:07Z
///
/// Both are written by the call that makes the snapshot. A snapshot is ours only if both
/// parse and name the same run; anything else with the word "vmrotate" in it is somebody's.
namespace vmrotate::rotation {

struct SnapshotNote {
    std::string run;  ///< 32 hex digits
    std::string set;
    std::string lock;  ///< 32 hex digits
    Time started{};

    bool operator==(const SnapshotNote&) const = default;
};

std::string snapshot_name(const SnapshotNote& note);
std::string snapshot_description(const SnapshotNote& note);

/// Nothing where the snapshot is not one of ours.
std::optional<SnapshotNote> read_snapshot(const std::string& name, const std::string& description);

}  // namespace vmrotate::rotation
