// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rotation/name.hpp"

/// The mark: what makes a VM one of our generations. It lies in the clone's
/// `config.extraConfig`, one key for each field:
///
///     vmrotate.version      1
///     vmrotate.state        copying, complete
///     vmrotate.run          the run that made it, 32 hex digits
///     vmrotate.lock         the lock file that the run held, 32 hex digits
///     vmrotate.set          "default"
///     vmrotate.seq          1, 2, ...: the order in the set
///     vmrotate.slot         1 to 99
///     vmrotate.prefix       "zz_"
///     vmrotate.stem         the source's name in the generation's name, or its alias
///     vmrotate.source       the source's instanceUuid
///     vmrotate.source-name  the source's name at that time
///     vmrotate.taken        the snapshot's createTime, "2019-09-25T00:41:07Z"
///     vmrotate.quiesced     yes, no
///     vmrotate.disks        "scsi0:0=42949672960 scsi0:1=10737418240", bytes
///     vmrotate.self         the clone's own instanceUuid; empty until it is complete
///     vmrotate.freeze-ms    how long the guest did not answer at most; empty if nobody asked
///     vmrotate.probes-lost  how many probes of it were lost; the same
///     vmrotate.pinned       why it must not expire; empty if it may
///
/// The call that makes the clone writes the mark with `state=copying` and no `self`. One
/// ReconfigVM_Task, which happens wholly or not at all, then writes all of it again with
/// `state=complete` and `self`: that is the commit. A VM with any other mark, or whose
/// `self` is not its own instanceUuid (somebody cloned a generation), is not ours.
///
/// Every key is written every time, the unset ones empty, which removes them: vCenter hands
/// a source's extraConfig on to its clones, and a source that was once restored from a
/// generation must not hand its old `self` or `pinned` on.
namespace vmrotate::rotation {

/// UTC. Orders nothing: `seq` does.
using Time = std::chrono::sys_seconds;

/// The highest `seq` that a mark can say.
inline constexpr long highest_number = 999'999'999;

enum class State { copying, complete };

struct DiskSize {
    std::string address;  ///< "scsi0:1"
    std::int64_t bytes = 0;

    bool operator==(const DiskSize&) const = default;
};

/// What the probe saw of the guest while its snapshot was made and removed.
struct Freeze {
    std::chrono::milliseconds longest{0};  ///< between two answers
    int lost = 0;                          ///< probes without an answer

    bool operator==(const Freeze&) const = default;
};

struct Mark {
    State state = State::copying;
    std::string run, lock;
    std::string set;
    long seq = 0;
    int slot = 0;
    Stem stem;
    std::string source_uuid, source_name;
    Time taken{};
    bool quiesced = false;
    std::vector<DiskSize> disks;
    std::optional<Freeze> freeze;  ///< nothing too where the keys are no numbers
    std::string self;
    std::string pinned;

    bool operator==(const Mark&) const = default;
};

/// Keys and values as vSphere stores them.
using Keys = std::map<std::string, std::string>;

/// Every known key, the unset ones with an empty value.
Keys encode(const Mark& mark);

/// The keys that have to be written to make one mark of another; an empty value removes one.
Keys difference(const Mark& from, const Mark& to);

/// What a VM's `vmrotate.*` keys say.
struct MarkReading {
    enum class Kind {
        none,  ///< it carries no key of ours
        whole,
        other_version,  ///< written by a version that we do not know
        damaged,        ///< cut, edited or contradictory
    };
    Kind kind = Kind::none;
    Mark mark;            ///< whole only if `kind` says so
    std::string problem;  ///< for people, where it is not whole
};

MarkReading decode(const Keys& keys);

/// "2019-09-25T00:41:07Z"
std::string utc_text(Time time);

/// Reads exactly that form; nothing for any other text, or for a time that does not exist.
std::optional<Time> parse_utc(std::string_view text);

}  // namespace vmrotate::rotation
