// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What `vmrotate.toml` can say, with the defaults. This header is the reference; the
/// commented file is `examples/vmrotate.toml`, which a test holds equal to these defaults.
///
///     [vcenter]      which server, which account, where its logon is kept
///     [defaults]     how VMs are backed up, unless a job or a VM says otherwise
///     [job.NAME]     which VMs, when, how many at once, and whatever differs from the defaults
///     [vm."NAME"]    what differs for this one VM, in whatever job
///     [group.NAME]   VMs whose snapshots are made together
///
/// The nearer wins: command line, then [vm], then [job], then [defaults].
namespace vmrotate::config {

/// [vcenter]
struct Vcenter {
    std::string server;       ///< "vcenter.example.com" or "host:port"
    std::string user;         ///< empty: the only account that the store has for the server
    std::string ca_file;      ///< PEM; empty: the system's CAs
    std::string fingerprint;  ///< SHA-256 of its certificate; empty: the one in the store
    std::string store;        ///< "systemd", "secret-service", a sealed file; empty: the usual ones
    std::string key_file;     ///< what opens it; empty: beside it
    std::chrono::seconds retry_for{15 * 60};  ///< reads are repeated while the server is away
    std::chrono::seconds reply_timeout{120};  ///< for one request and its whole reply; at least 1 s
};

enum class Quiesce { off, prefer, require };
enum class Nics { keep, disconnected };
enum class Consolidate { automatic, never };  ///< "auto", "never"
enum class HookFailure { fail, skip };        ///< what a failing before_snapshot makes of the VM

/// How a guest is asked whether it answers: "off", "icmp", "tcp:PORT".
struct Probe {
    enum class Kind { off, icmp, tcp };
    Kind kind = Kind::off;
    int port = 0;  ///< of tcp, 1 to 65535

    bool operator==(const Probe&) const = default;
};

/// A program and its arguments, for no shell; empty: none.
using Command = std::vector<std::string>;

/// One of `copies`: a further place for a copy of every generation. What is not given is made of
/// what the VM's first place has: see `places_of`.
struct FurtherPlace {
    std::string datastore;
    std::string folder, prefix, set;  ///< empty: not given
    std::optional<int> keep = {};

    bool operator==(const FurtherPlace&) const = default;
};

/// How one VM is backed up: the keys of [defaults], [job.NAME] and [vm."NAME"].
struct Policy {
    std::string datastore;          ///< where the copies lie; must be given
    std::string folder = "backup";  ///< inventory folder of the copies, "a/b" below the datacenter
    int keep = 3;                   ///< generations that stay, 1 to 98; one slot more than that
    std::string prefix = "zz_";     ///< what every generation's name begins with
    std::string set = "default";    ///< one ring per source, place and set
    std::vector<FurtherPlace> copies;  ///< where each generation is copied to, in this order
    std::string alias;                 ///< stands for a VM's name that is too long; [vm] only
    bool self = false;                 ///< it is the VM of the vCenter that is asked; [vm] only
    std::string host = "auto";  ///< the host that makes the copy; "auto", "source", or a name
    Quiesce quiesce = Quiesce::off;
    Nics nics = Nics::keep;
    Consolidate consolidate = Consolidate::automatic;
    bool create_folder = false;
    std::chrono::seconds min_age{0};                ///< nothing younger expires
    std::chrono::seconds task_wait{10 * 60};        ///< a VM that is busy is waited for
    std::chrono::seconds removal_wait{60 * 60};     ///< the same before the snapshot is removed
    std::chrono::seconds task_limit{48 * 60 * 60};  ///< a task that takes longer is unknown
    std::chrono::seconds grace{15 * 60};  ///< a run without a sign of life for so long is dead
    std::chrono::seconds deadline{0};     ///< a copy that takes longer is cancelled; 0: never

    /// Hooks: programs that run at these points; none unless given.
    Command before_snapshot = {}, after_snapshot = {}, after_clone = {}, on_failure = {};
    Command thaw = {};  ///< once the snapshot was tried, whatever became of it
    HookFailure hook_failure = HookFailure::fail;
    std::chrono::seconds hook_timeout{5 * 60};  ///< for each hook; at least 1 s

    Probe probe;                         ///< while the snapshot is made and removed
    std::string probe_address = "auto";  ///< the guest's; "auto": what VMware Tools tell of it
    std::chrono::seconds max_freeze{5};  ///< a longer one is warned of; 0: none is
    bool newest_alias = false;  ///< the source names its newest generation: `vmrotate.newest`
    bool event_log = true;      ///< each run is a line in the source's event log

    bool operator==(const Policy&) const = default;
};

/// The time of day in which copies may start, in local time: "01:00-05:30". It ends on the next
/// day where `until` is not after `from`.
struct Window {
    std::chrono::minutes from{0}, until{0};  ///< since midnight, below 24 h; not equal

    bool operator==(const Window&) const = default;
};

enum class Day { sunday, monday, tuesday, wednesday, thursday, friday, saturday };

/// How a job as a whole is run: keys of [defaults] and [job.NAME].
struct JobRules {
    int concurrency = 4;             ///< copies at once, 1 to 100
    int per_source_datastore = 2;    ///< of them so many that read from one datastore, 1 to 100
    int per_target_datastore = 4;    ///< that write to one datastore, 1 to 100
    int per_host = 4;                ///< that one host makes, 1 to 100
    std::optional<Window> window;    ///< no copy starts outside of it; none: always
    std::vector<Day> days;           ///< on which the window begins; empty: every day
    bool window_is_failure = false;  ///< what the window leaves over has failed
    std::chrono::seconds min_interval{0};  ///< a VM with a younger generation is skipped

    /// Hooks of the whole job: before the first VM of it is begun, and after the last has ended.
    Command before_job = {}, after_job = {};
    std::chrono::seconds job_hook_timeout{5 * 60};  ///< for each of the two; at least 1 s

    bool operator==(const JobRules&) const = default;
};

/// Settings that somebody made, in the order in which they apply.
using Layer = std::vector<std::function<void(Policy&)>>;
using RulesLayer = std::vector<std::function<void(JobRules&)>>;

/// [job.NAME]. What it selects is the sum of its lines, without what `exclude` names.
struct Job {
    std::vector<std::string> vms;  ///< names, and patterns with * and ?
    Layer settings = {};
    RulesLayer rules = {};
    std::vector<std::string> folders = {};     ///< inventory folders, "a/b": the VMs in and below
    std::vector<std::string> pools = {};       ///< resource pools: the VMs in and below
    std::vector<std::string> attributes = {};  ///< custom attributes, "NAME=VALUE"
    std::vector<std::string> exclude = {};     ///< names, and patterns with * and ?
};

enum class GroupPolicy { all_or_nothing, best_effort };  ///< "all-or-nothing", "best-effort"
enum class OnFreeze { go_on, stop_group };               ///< "go_on", "stop_group"

/// [group.NAME]: VMs that belong together.
struct Group {
    std::vector<std::string> vms = {};  ///< exact names, two at least
    bool consistent = true;    ///< every snapshot is made before any copy begins, all at once
    bool group_waits = false;  ///< it may be larger than a limit: snapshots wait for their copies
    GroupPolicy policy = GroupPolicy::all_or_nothing;  ///< where one fails before that
    OnFreeze on_freeze = OnFreeze::go_on;              ///< of a guest for longer than max_freeze
    std::chrono::seconds patience{60 * 60};            ///< so long its members wait for each other

    bool operator==(const Group&) const = default;
};

struct Config {
    std::string file;  ///< where it was read from; empty if there is none
    Vcenter vcenter;
    Layer defaults;
    RulesLayer default_rules;
    std::map<std::string, Job> jobs;
    std::map<std::string, Layer> vms;
    std::map<std::string, Group> groups = {};
};

/// One VM with what is in force for it, in one of its places.
struct Assignment {
    std::string vm;
    std::string job;  ///< empty where only options and [defaults] speak
    Policy policy;
    JobRules rules = {};
    bool by_name = false;              ///< a person named it, and not its job
    std::optional<Policy> first = {};  ///< of a further place: what is in force for the first
};

}  // namespace vmrotate::config
