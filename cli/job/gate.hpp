// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace vmrotate::job {

enum class CopyKind {
    first,           ///< of the running VM; its snapshot is taken when it has the right to copy
    under_snapshot,  ///< of the running VM, whose snapshot is there and grows
    further,         ///< of a generation
};

/// What a copy puts a load on.
struct CopyPlace {
    std::vector<std::string> source_datastore_ids;  ///< that it reads from
    std::string target_datastore_id;
    std::string host_id;            ///< that makes it; empty: not known
    std::int64_t bytes_needed = 0;  ///< that it takes of the target at most; 0: not known
    std::int64_t bytes_free = 0;    ///< that the target had when it was looked at
    CopyKind kind = CopyKind::first;

    bool operator==(const CopyPlace&) const = default;
};

/// Where a run waits for its turn, so that all runs of a process keep to common limits. One for
/// each run; it outlives what it gave.
class Gate {
public:
    virtual ~Gate() = default;

    /// A right, for as long as it lives. It is never null.
    struct Pass {
        virtual ~Pass() = default;
    };

    /// The right to make this copy, given back when it has ended. Waits for it. Throws
    /// vimclient::Cancelled after a stop, and Skip where the time in which copies may start is
    /// over; what has its snapshot by then goes on.
    virtual std::unique_ptr<Pass> copy(const CopyPlace& place) = 0;

    /// Throws Skip where the time in which copies may start is over: to be asked before a snapshot
    /// that is taken without the right to copy.
    virtual void refuse_closed() const = 0;

    /// Whether the target, looked at anew, has room for this copy beside the others at work.
    virtual bool still_fits(const CopyPlace& place) const = 0;

    /// The right to remove a snapshot whose files lie on these datastores. Waits for it; a stop of
    /// the whole process gives the right at once, as what is to be undone must be sent.
    virtual std::unique_ptr<Pass> removal(const std::vector<std::string>& datastore_ids) = 0;

    /// The same without waiting: null where another removal has its turn.
    virtual std::unique_ptr<Pass> try_removal(const std::vector<std::string>& datastore_ids) = 0;
};

}  // namespace vmrotate::job
