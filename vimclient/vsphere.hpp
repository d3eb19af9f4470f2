// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

/// The port to vSphere: what a backup needs, in the words of a backup.
///
/// It exists so that the logic of a backup links and is tested without SOAP, TLS or a
/// server; no SOAP type crosses this header. It is not a general vSphere library.
///
/// Names are those that people see: `web/100%`, never `web%2f100%25`. Ids are managed
/// object ids ("vm-42"), stable for as long as the object stays registered. Times are the
/// server's, UTC. Sizes are bytes.
///
/// Every call may throw `Fault`. One that changes something may throw `OutcomeUnknown`,
/// and is never repeated by the adapter; reads are, while the server is away, for as long
/// as `Patience::retry_for` says. All calls may be made from several threads at once.
namespace vimclient {

/// A refusal or failure reported by the server, or the loss of the server.
class Fault : public std::runtime_error {
public:
    enum class Kind {
        unreachable,     ///< no connection, no answer in time, or no SOAP in the answer
        untrusted,       ///< TLS: the certificate is not one that we may trust
        logon,           ///< InvalidLogin; or the session is gone and cannot be renewed
        privilege,       ///< NoPermission
        busy,            ///< TaskInProgress, ConcurrentAccess, ResourceInUse
        not_found,       ///< ManagedObjectNotFound, NotFound
        duplicate_name,  ///< DuplicateName
        no_space,        ///< NoDiskSpace, InsufficientStorageSpace
        quiesce,         ///< the guest could not be brought to rest
        unsupported,     ///< NotSupported, RestrictedVersion: not by this server
        cancelled,       ///< RequestCanceled: somebody cancelled the task
        refused,         ///< any other fault
    };

    /// `message` is the server's own text, or ours where there is none; `type` is the
    /// fault's type name ("TaskInProgress"), empty where no server spoke.
    Fault(Kind kind, const std::string& message, std::string type = {})
        : std::runtime_error(message), kind_(kind), type_(std::move(type))
    {
    }

    Kind kind() const noexcept { return kind_; }
    const std::string& type() const noexcept { return type_; }

private:
    Kind kind_;
    std::string type_;
};

/// A change was asked for and its reply, or the task's end, was lost: it may have happened
/// or not. The next call about that object must be a read.
class OutcomeUnknown : public Fault {
public:
    using Fault::Fault;
};

/// The caller asked to stop, and the server's task has really ended without a result.
/// Not a `std::exception`, so that no broad catch swallows a Ctrl-C.
struct Cancelled {};

using Time = std::chrono::sys_seconds;

struct VmRef {
    std::string id, name;
    bool operator==(const VmRef&) const = default;
};

struct SnapshotRef {
    std::string id;
    bool operator==(const SnapshotRef&) const = default;
};

/// A task that was started and not yet waited for.
struct TaskRef {
    std::string id;
};

/// AboutInfo, read before the logon.
struct ServerInfo {
    std::string full_name;      ///< "VMware vCenter Server 8.0.3 build-24022515"
    std::string api_version;    ///< "8.0.3.0"
    std::string instance_uuid;  ///< empty for an ESXi host
    bool is_vcenter = false;    ///< about.apiType is VirtualCenter; an ESXi host cannot clone
};

enum class Backing { flat, sparse, rdm_physical, rdm_virtual, other };

/// A virtual disk, as config.hardware.device has it.
struct Disk {
    int key = 0;               ///< the device key, such as 2000
    std::string address;       ///< controller and unit, "scsi0:1"; the same in a clone
    std::int64_t bytes = 0;    ///< the capacity that the guest sees
    std::string file;          ///< "[NFS_durian] zz_a-01-202609250241/zz_a-01-202609250241.vmdk"
    std::string datastore_id;  ///< of that file
    std::string mode;          ///< "persistent", "independent_persistent", ...
    Backing backing = Backing::flat;
    std::optional<bool> thin;          ///< unset where the server does not say
    bool multi_writer = false;         ///< sharing is sharingMultiWriter
    bool shared_bus = false;           ///< its SCSI controller shares the bus
    std::vector<std::string> parents;  ///< files of the backing's chain below `file`

    bool operator==(const Disk&) const = default;
};

struct Snapshot {
    SnapshotRef ref;
    SnapshotRef parent;  ///< empty id for a root
    std::string name, description;
    Time created{};
    bool quiesced = false;
};

enum class TaskState { queued, running, success, error };

struct Task {
    TaskRef ref;
    std::string description;  ///< TaskInfo.descriptionId, such as "VirtualMachine.clone"
    TaskState state = TaskState::queued;
    std::string entity_id;               ///< what it works on; for a clone the source
    std::string result_id;               ///< the made VM or snapshot, once it has succeeded
    std::string error;                   ///< the fault's text, once it has failed
    std::optional<Time> started, ended;  ///< by the server's clock
};

enum class Power { on, off, suspended };

/// The `vmrotate.*` keys of a VM's config.extraConfig.
using Mark = std::map<std::string, std::string>;

/// What a backup wants to know about one VM, read in one call. A VM whose configuration
/// cannot be read (inaccessible, orphaned) has `readable` false and empty fields: "not
/// told", never "none".
struct Vm {
    VmRef ref;
    std::string instance_uuid;
    std::string folder_id;   ///< its parent; empty in a vApp
    std::string host_id;     ///< runtime.host
    std::string pool_id;     ///< empty for a template
    std::string vmx;         ///< "[NFS_durian] avocado2/avocado2.vmx"
    std::string connection;  ///< "connected", "orphaned", "inaccessible", ...
    std::string tools;       ///< guest.toolsRunningStatus, such as "guestToolsRunning"
    std::string managed_by;  ///< extension key, where an extension owns the VM
    std::string question;    ///< the text of a pending question
    std::string annotation;  ///< the note that people read
    Power power = Power::off;
    std::int64_t used = 0;  ///< bytes on its datastores, snapshots included; 0: not told
    bool readable = true;
    bool is_template = false;
    bool consolidation_needed = false;
    bool snapshots_allowed = true;      ///< neither switched off nor locked, and supported
    std::vector<Disk> disks;            ///< in order of their addresses
    std::vector<std::string> networks;  ///< ids
    std::vector<Snapshot> snapshots;    ///< parents before children
    std::vector<Task> tasks;            ///< recentTask
    Mark mark;                          ///< empty where it carries none
};

/// Where a VM stands in the inventory.
struct Place {
    std::string path;  ///< "/DC/vm/Production/avocado2"; slashes in names as %2f
    std::string datacenter_id;
    std::string datacenter;  ///< its name
};

/// Where a VM stands and what it uses, without its configuration.
struct Standing {
    VmRef ref;
    bool is_template = false;
    std::string datacenter_id;
    std::string folder;   ///< below the datacenter's VM folder, as Folder::path; empty: that one
    std::string pool;     ///< below its root resource pool, likewise; empty: that one, or none
    std::string host_id;  ///< runtime.host
    std::vector<std::string> datastore_ids;
    std::map<std::string, std::string> attributes;  ///< custom attributes that have a value
};

struct DatastoreMount {
    std::string host_id;
    bool writable = false;  ///< mounted, accessible and readWrite on that host
};

struct Datastore {
    std::string id, name;
    std::int64_t capacity = 0, free = 0;  ///< bytes; without meaning when not accessible
    bool accessible = false;
    std::string maintenance;  ///< "normal", "enteringMaintenance", "inMaintenance"
    std::vector<DatastoreMount> hosts;
};

struct Host {
    std::string id, name;
    std::string pool_id;  ///< the root resource pool of its compute resource
    bool usable = false;  ///< connected and not in maintenance mode
    std::vector<std::string> networks;
};

struct Folder {
    std::string id;
    std::string
        path;  ///< below the datacenter's VM folder, "backup/nightly"; slashes in names as %2f
};

/// A disk file and the VM that uses it.
struct DiskUse {
    std::string vm_id, file;
};

/// What is to be read together: everything in it is optional.
struct Question {
    bool time = false;               ///< the server's clock
    std::vector<VmRef> vms;          ///< as `read_vms`
    std::string folder_id;           ///< its VMs, as `vms_in`
    std::string children_of;         ///< a folder: which VMs stand directly in it, by id alone
    VmRef placed;                    ///< its place, and its datacenter's datastores and folders
    std::vector<std::string> hosts;  ///< ids, as `read_hosts`
    SnapshotRef snapshot;            ///< its disks, as `disks_of`
    std::string datastore_id;        ///< who uses its files, as `disk_uses`
};

/// What was asked, as the calls of their own tell it. A part that is unset could not be told
/// this way: those calls tell it, or why not.
struct Answer {
    std::optional<Time> time;
    std::vector<Vm> vms;
    std::optional<std::vector<Vm>> folder;
    std::optional<std::set<std::string>> children;  ///< ids
    std::optional<Place> place;
    std::vector<Datastore> datastores;  ///< with `place`
    std::vector<Folder> folders;        ///< with `place`
    std::vector<Host> hosts;
    std::optional<std::vector<Disk>> disks;
    std::optional<std::vector<DiskUse>> uses;
};

enum class Quiesce { off, require };

struct SnapshotSpec {
    std::string name, description;
    Quiesce quiesce = Quiesce::off;
};

struct CloneSpec {
    std::string name;
    std::string folder_id, datastore_id;
    std::string host_id, pool_id;  ///< empty: the source's
    std::vector<int> disk_keys;    ///< of the snapshot's disks: each is asked for thin
    std::string annotation;
    Mark mark;  ///< written by the same call that makes the clone; empty values too
};

/// One ReconfigVM_Task; what is not given stays as it is.
struct Change {
    Mark mark;  ///< an empty value removes the key
    std::optional<std::string> annotation;
    bool disconnect_nics = false;  ///< startConnected = false on every network card
};

/// Percent, 0 to 100; called now and then from the thread that waits.
using Progress = std::function<void(int percent)>;

class Vsphere {
public:
    virtual ~Vsphere() = default;  ///< logs out, if `logout` was not called; never throws

    virtual const ServerInfo& server() const = 0;

    virtual Time now() = 0;  ///< ServiceInstance.CurrentTime

    // ---- reads

    /// Every VM and template of the inventory, by name only, in pages.
    virtual std::vector<VmRef> vm_names() = 0;

    /// Where every VM and template of the inventory stands: a few leaf properties each, in pages.
    virtual std::vector<Standing> standings() = 0;

    /// These VMs, in this order; one that no longer exists is left out.
    virtual std::vector<Vm> read_vms(const std::vector<VmRef>& vms) = 0;

    /// All VMs that stand directly in this folder; all of them, or a Fault.
    virtual std::vector<Vm> vms_in(const std::string& folder_id) = 0;

    virtual Place place_of(const VmRef& vm) = 0;

    virtual std::vector<Datastore> datastores_of(const std::string& datacenter_id) = 0;
    virtual std::vector<Folder> folders_of(const std::string& datacenter_id) = 0;
    virtual std::vector<Host> read_hosts(const std::vector<std::string>& ids) = 0;

    /// The disks as the snapshot holds them: what a clone of it has to have.
    virtual std::vector<Disk> disks_of(const SnapshotRef& snapshot) = 0;

    /// Every disk file, chains included, of every VM that uses this datastore.
    virtual std::vector<DiskUse> disk_uses(const std::string& datastore_id) = 0;

    /// The VM in which this very server runs, by the address under which it is asked: that of
    /// the VM's guest, as its VMware Tools tell. Nothing where no VM has it.
    virtual std::optional<VmRef> own_vm() = 0;

    /// When the copy that made this VM ended well, as the server itself tells: by a clone task
    /// of `source` that succeeded with this VM as its result (recentTask), else by the VM's
    /// VmClonedEvent. Nothing where neither is there; the VM's look proves nothing, as a
    /// half-copied disk has its full capacity.
    virtual std::optional<Time> copied_at(const VmRef& source, const VmRef& copy) = 0;

    /// What VMware Tools tell of the guest's address (guest.ipAddress); empty where they do not.
    virtual std::string guest_address(const VmRef& vm) = 0;
    /// Several of these in one call (RetrievePropertiesEx).
    virtual Answer read(const Question& question) = 0;

    // ---- changes

    /// Makes the folder below the datacenter's VM folder, parents included; one that is
    /// there already is returned.
    virtual Folder create_folder(const std::string& datacenter_id, const std::string& path) = 0;

    /// Without memory. Waits for the task, whatever happens, up to `Patience::task_limit`. A stop
    /// before it has begun: Cancelled.
    virtual SnapshotRef create_snapshot(const VmRef& vm, const SnapshotSpec& spec) = 0;

    /// Starts the removal of this one snapshot; its children stay. Nothing to wait for
    /// where the snapshot is already gone. Takes no stop token: an undo must not be
    /// cancelled by what made it necessary. A busy VM is waited for, up to
    /// `Patience::removal`.
    virtual std::optional<TaskRef> begin_remove_snapshot(const SnapshotRef& snapshot) = 0;

    /// Waits for a task's success; throws its fault, or OutcomeUnknown. A stop ends the wait and
    /// not the task: OutcomeUnknown.
    virtual void wait(const TaskRef& task, std::stop_token stop) = 0;

    /// Whether a removal is known to have ended well, so that `wait` will ask nothing.
    virtual bool has_ended(const TaskRef& removal) = 0;

    /// Makes a thin, full copy of the snapshot, or, where its id is empty, of the VM as it
    /// stands; powered off; and waits for it. When `stop` is requested,
    /// cancels the task, waits for its real end, then throws `Cancelled`. A copy that
    /// ended well in spite of that is returned.
    virtual VmRef clone(const VmRef& source, const SnapshotRef& from, const CloneSpec& spec,
                        const Progress& progress, std::stop_token stop) = 0;

    /// In one call, which happens wholly or not at all.
    virtual void reconfigure(const VmRef& vm, const Change& change) = 0;

    virtual void consolidate(const VmRef& vm) = 0;

    /// Its files stay where they are.
    virtual void move_into_folder(const VmRef& vm, const std::string& folder_id) = 0;

    /// Deletes a VM and its disks. The guards are the caller's business, so it is tried once
    /// and at once: a busy VM is Fault (busy), a session that has ended Fault (logon), and the
    /// guards are to be asked again. One that is already gone is no error. True where the server
    /// told, beside the task's success, that the VM is gone; else that is to be read.
    virtual bool destroy(const VmRef& vm) = 0;

    /// Sets the custom attribute of this name; one that nobody has defined yet is defined, for VMs.
    /// Fault (unsupported) where the server has none, such as an ESXi host.
    virtual void set_attribute(const VmRef& vm, const std::string& name,
                               const std::string& value) = 0;

    /// Enters one line of text into the VM's event log.
    virtual void log_event(const VmRef& vm, const std::string& text) = 0;

    /// Ends the session. Calls after it fail with Kind::logon.
    virtual void logout() = 0;
};

}  // namespace vimclient
