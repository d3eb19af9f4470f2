// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <ostream>
#include <stop_token>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/clock.hpp"
#include "report/live_lines.hpp"

namespace vmrotate::report {

enum class Detail {
    warnings,  ///< warnings only
    steps,     ///< each step, and a line per 10 % of the copy
    live,      ///< what goes on in lines that are redrawn: for a terminal
    verbose,   ///< as `steps`, each line with the time, and what was chosen and why
};

/// How a VM's backup ended, for the tally.
enum class End { done, failed, skipped };

/// What a board writes to, and what it asks.
struct Surroundings {
    std::ostream& out;
    std::ostream& err;
    std::function<bool()> out_is_ready;  ///< `out` takes a line without waiting for its reader
    bool out_is_screen = false;          ///< `out` is shown on the same terminal as `err`
    std::function<ScreenSize()> screen;  ///< of `err`, asked before each drawing
    Clock clock;
    std::stop_token stop;
};

/// What is to be written, for each stream.
struct Told {
    std::string out, err;
};

class Progress;

/// The one owner of what a command shows while it works. Every call may come from any thread.
///
/// On a terminal it keeps a block of lines at the bottom: a line for each VM in flight and one
/// with the tally. What else is told meanwhile is written above it. The block always ends with a
/// line break and nothing is hidden, so that the cursor stands in the first column of an empty
/// line at every moment, even if the process is killed. The screen is asked for its size at each
/// drawing; there are ten of them in a second at most. Once a stop is requested the block is
/// gone, and what follows are plain lines.
///
/// No caller waits for the reader of `out`: a snapshot may be held meanwhile. What cannot be
/// written there yet is kept and written by a later call, at the latest by `end`, which waits.
class Board {
public:
    explicit Board(Surroundings surroundings);

    /// As `end`.
    ~Board();
    Board(const Board&) = delete;
    Board& operator=(const Board&) = delete;

    /// How a backup of several VMs is shown.
    struct Manner {
        Detail detail = Detail::steps;
        bool events = false;  ///< as JSON lines on `out`, while they happen
    };

    /// So many VMs are backed up from now on. Without it there is neither block nor event. A
    /// second call sets another number.
    void begin(std::size_t vms, Manner manner);

    /// The observer of a VM, which is in flight as long as it lives.
    std::unique_ptr<Progress> watch(const std::string& vm, Detail detail);

    /// Counts. To be followed by `write`.
    void ended(End end);

    /// Writes whole lines above the block.
    void write(const Told& told);

    /// Lets time go on: draws what is outdated, and writes what was kept.
    void tick();

    /// Nothing more comes: the block goes, and all is written that was kept.
    void end();

    // For `Progress`.

    using Place = std::list<Flight>::iterator;

    Place take_off(const std::string& vm);
    void land(Place flight);
    void change(Place flight, const std::function<void(Flight&)>& deed);
    bool shows_block();
    /// `vm` is empty where it is about none.
    void event(const std::string& type, const std::string& vm,
               const nlohmann::ordered_json& members);

private:
    bool is_live() const;
    void put(const std::string& for_err);
    void send_what_is_ready();
    void erase();
    void paint();
    void erase_on_stop();
    std::string way_up(ScreenSize screen) const;

    Surroundings world_;
    std::timed_mutex guard_;
    Manner manner_;
    bool has_begun_ = false;
    std::list<Flight> flights_;
    Tally tally_;
    std::deque<std::string> unsent_;     ///< for `out`
    std::vector<std::string> drawn_;     ///< the block as it stands on the screen
    std::atomic<bool> is_lost_ = false;  ///< others wrote below it: it stays
    std::optional<std::chrono::milliseconds> painted_;
    std::stop_callback<std::function<void()>> on_stop_;  // last: it uses all of the above
};

/// Lets the clock of a board tick, for as long as it lives. Without a thread to be had, it
/// does not.
class Heartbeat {
public:
    [[nodiscard]] explicit Heartbeat(Board& board);
    ~Heartbeat();
    Heartbeat(const Heartbeat&) = delete;
    Heartbeat& operator=(const Heartbeat&) = delete;

private:
    struct Thread;
    std::unique_ptr<Thread> thread_;
};

}  // namespace vmrotate::report
