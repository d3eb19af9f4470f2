// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "job/gate.hpp"

/// Where the members of a group wait for each other.
///
/// Each member is backed up by a thread of its own, which comes to each point in turn. From a
/// point nobody goes on before all members that are still there have come to it. Whoever ends
/// early, for whatever reason, says so by `leave` and so releases the others: nobody ever waits
/// for a member that will not come.
namespace vmrotate::job {

class Muster {
public:
    struct Rules {
        std::string name;  ///< of the group
        /// False: the members do not wait for each other's snapshots. They are backed up one
        /// after the other, in their order, and only `stops_at_freeze` ties them together.
        bool consistent = true;
        /// True: where one fails before every snapshot is made, all fail. False: the others go
        /// on without it.
        bool all_or_nothing = true;
        /// The snapshots are made one after the other, in the order of the members, and after
        /// one that froze its guest for too long no other is made.
        bool stops_at_freeze = false;
        /// The snapshots are made before there is a right to copy for each of them.
        bool copies_wait = false;
        /// How long one waits for the others at one point, but for those in a queue. Whoever is
        /// waited for longer counts as one who has left, and fails when it comes.
        std::chrono::milliseconds patience{std::chrono::hours(1)};
    };

    enum class Point {
        prepared,  ///< looked at, healed, planned: nothing is changed yet
        ready,     ///< and holds all that it needs to begin its copy
        at_rest,   ///< its applications are: the snapshot comes next
        taken,     ///< its snapshot is made, and the lock
    };

    /// The making of one snapshot, by this machine's steady clock.
    struct Taking {
        std::chrono::milliseconds began{0}, ended{0};
        bool froze_too_long = false;
    };

    /// What a member knows of itself once it is prepared.
    struct Report {
        CopyPlace place;
        bool is_fresh = false;  ///< it has a young generation, and alone would be skipped
    };

    /// `members` are the names of the VMs, none twice.
    Muster(std::vector<std::string> members, Rules rules);

    Muster(const Muster&) = delete;
    Muster& operator=(const Muster&) = delete;

    /// Waits at this point until all members that are still there have come to it. Points are
    /// come to in their order, none is left out.
    ///
    /// Throws vimclient::Cancelled after a stop. Throws Error (failed) where the group is given
    /// up: a member has left before all had come to `taken`, and the rule is all or nothing;
    /// somebody's patience is at its end; or, at `at_rest`, a guest has been frozen for too long.
    /// Once all have come to `taken` nobody is hurt by another's end any more.
    void arrive(const std::string& vm, Point point, const std::stop_token& stop);

    /// Tells, before `prepared`, what the others may want to know. Does not wait.
    void report(const std::string& vm, Report report);

    /// Of those that told it and have not left.
    std::vector<Report> reports() const;

    /// While it waits for something else than the members, nobody loses patience with it.
    void queue(const std::string& vm, bool is_queued);

    /// Tells, between `at_rest` and `taken`, how the snapshot was made; and once more where its
    /// removal froze the guest. Does not wait.
    void record(const std::string& vm, const Taking& taking);

    enum class Why { failed, skipped };

    /// It comes to no further point. `sentence` is for the others; only the first one of each
    /// member counts. A group that is given up because of one that is skipped, as another run has
    /// it, throws AnotherRun in place of Error (failed). Does not wait.
    void leave(const std::string& vm, const std::string& sentence, Why why = Why::failed) noexcept;

    /// All snapshots lie within this time, from the sending of the first request to the end of
    /// the last task. Set once all have come to `taken`; of those that made one.
    std::optional<std::chrono::milliseconds> spread() const;

    const Rules& rules() const { return rules_; }
    const std::vector<std::string>& members() const { return members_; }

private:
    struct Member {
        int points = 0;  ///< that it has come to
        bool has_left = false;
        bool is_queued = false;
        std::optional<Taking> taking;
        std::optional<Report> report;
    };

    bool wait(std::unique_lock<std::mutex>& lock, const std::string& vm, Point point,
              const std::stop_token& stop);
    bool is_any_queued(const std::string& vm, Point point) const;
    bool may_pass(const std::string& vm, Point point) const;
    bool must_stop(Point point) const;
    bool waits_for(const std::string& vm, const std::string& other, Point point) const;
    void lose_patience(const std::string& vm, Point point);
    void give_up(const std::string& why);
    void refuse_if_over(const std::string& vm, Point point) const;

    const std::vector<std::string> members_;
    const Rules rules_;
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::map<std::string, Member> states_;
    std::string given_up_;     ///< why; empty: it is not
    bool is_skipped_ = false;  ///< and that is no failure of its own
    std::string frozen_;       ///< why no further snapshot is made
    bool is_complete_ = false;
};

}  // namespace vmrotate::job
