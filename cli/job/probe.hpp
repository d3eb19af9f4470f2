// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "job/observer.hpp"
#include "rotation/mark.hpp"
#include "vsphere.hpp"

/// Whether the guest answers while its snapshot is made and removed: a freeze is seen from outside,
/// as its users see it. A probe never fails a backup.
namespace vmrotate::job {

struct Run;

/// How often a guest is asked.
inline constexpr std::chrono::milliseconds probe_interval{100};

/// A probe without an answer for so long is lost.
inline constexpr std::chrono::milliseconds probe_limit{1000};

/// A gap below this is no freeze that anybody has to be told of.
inline constexpr std::chrono::milliseconds worth_telling{1000};

/// What a watch saw of its probes. Any one thread.
class FreezeMeter {
public:
    /// `alive`: the moment at which the guest was last known to answer.
    explicit FreezeMeter(std::chrono::milliseconds alive) : alive_(alive) {}

    /// An answer has come; it may be one to an early probe.
    void answered(std::chrono::milliseconds now);
    void lost() { ++freeze_.lost; }

    /// All that was seen; a guest that is silent still has been so until now.
    rotation::Freeze at(std::chrono::milliseconds now) const;

private:
    std::chrono::milliseconds alive_;
    rotation::Freeze freeze_;
};

/// Probes a guest from its making on. The destructor ends it at once.
class Watch {
public:
    virtual ~Watch() = default;

    /// It is to end as soon as the guest has answered once more, after ten seconds at the latest.
    /// Returns at once.
    virtual void finish() = 0;

    /// Waits for that end.
    virtual rotation::Freeze result() = 0;
};

struct ProbeTarget {
    config::Probe probe;
    std::string address;  ///< a name or an address
};

/// The port to the network. Any thread may call it.
class Prober {
public:
    virtual ~Prober() = default;

    /// Waits for the first answer, for `probe_limit` at most. Null where none comes or none can be
    /// asked for; then `problem` says why.
    virtual std::unique_ptr<Watch> watch(const ProbeTarget& target, std::string& problem) = 0;
};

/// The watches over one run of one VM. Without a `probe` in its policy it does nothing.
class GuestWatch {
public:
    GuestWatch(vimclient::Vsphere& vsphere, const Run& run, const vimclient::VmRef& source);

    /// Just before the guest may freeze. A guest that does not answer then is a remark, once.
    void begin();

    /// Once it may no more.
    void end();

    /// What all watches that have ended saw: the longest gap of any, the lost probes of all.
    /// Nothing where the guest was never probed. Waits for the watches.
    std::optional<rotation::Freeze> freeze();

    /// What was seen so far is longer than `max_freeze`. Waits for the watches.
    bool froze_too_long();

private:
    std::string find_address();

    vimclient::Vsphere& vsphere_;
    const Run& run_;
    vimclient::VmRef source_;
    std::optional<std::string> address_;  ///< empty: not to be probed
    std::unique_ptr<Watch> current_;
    std::vector<std::unique_ptr<Watch>> ended_;
    std::optional<rotation::Freeze> seen_;
};

/// Watches while it lives.
class Watched {
public:
    explicit Watched(GuestWatch& guest) : guest_(guest) { guest_.begin(); }
    ~Watched() { guest_.end(); }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

private:
    GuestWatch& guest_;
};

/// Whether a freeze was longer than `max_freeze` allows; 0 allows any.
bool is_too_long(const rotation::Freeze& freeze, std::chrono::seconds max_freeze);

/// "7.2 s (71 probes were lost)"
std::string freeze_text(const rotation::Freeze& freeze);

}  // namespace vmrotate::job
