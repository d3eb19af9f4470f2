// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "vsphere.hpp"

namespace fakes {

/// The process dies here. Not a `std::exception`: no handler may take it for a fault.
struct Killed {};

}  // namespace fakes

/// A vCenter in memory. It records what it was asked, fails where it is told to, and else
/// behaves like the real one as far as a backup can tell:
///  - names are unique in a folder, datastores fill up, what is gone is not found;
///  - a clone inherits the source's mark and note where the call does not say otherwise, and
///    gets an identity and a folder on the datastore of its own;
///  - an empty value removes a key of the mark;
///  - a snapshot becomes the child of the current one; its children outlive it;
///  - a change is a task of its VM; one that nobody waits for runs on, whoever began it dies or
///    loses the reply, until somebody waits for it, wants the snapshot next, or `end_tasks`;
///  - a VM is there, and looks whole, from the beginning of the copy on; that the copy ended
///    well is told by its task and by an event;
///  - a VM that is powered on, or still being made, cannot be destroyed.
/// Any thread may call it. Tests fill and change it between the calls, or in `when`.
class FakeVsphere final : public vimclient::Vsphere {
public:
    // ---- what it was asked, a line each: "clone zz_a-01-201909250241\n"
    std::string changes, reads, calls;  ///< `calls` are all, in order
    std::string announced;              ///< custom attributes and lines of event logs

    // ---- what it is like
    vimclient::ServerInfo about{"VMware vCenter Server 8.0.3 build-24022515", "8.0.3.0",
                                "6f1b9ff6-0000-4000-8000-000000000001", true};
    vimclient::Time time{};
    bool clone_drops_the_mark = false;   ///< ignores the extraConfig of the clone call
    bool copy_outruns_the_stop = false;  ///< a stopped copy ends well all the same
    std::string own_vm_name;             ///< of the VM in which it runs; empty: in none
    int removals_in_vain = 0;            ///< so many say success, and the snapshot stays
    bool removal_leaves_disks = false;   ///< each one ends with consolidationNeeded
    bool consolidation_in_vain = false;  ///< says success, and the disks still need it
    int changes_in_vain = 0;             ///< so many say success, and nothing is changed
    int destructions_in_vain = 0;        ///< so many say success, and the VM stays
    std::function<void(vimclient::Vm&)> spoil_copy;  ///< what goes wrong with each copy
    std::string address_of_guests;                   ///< what VMware Tools tell

    // ---- filling it; references stay valid for as long as the thing exists

    FakeVsphere() { add_datacenter("DC"); }

    /// There is "DC", datacenter-1, from the beginning.
    std::string add_datacenter(const std::string& name);

    /// Connected, with the network that each VM has, and every datastore mounted.
    vimclient::Host& add_host(const std::string& name);

    /// 10 TiB, half of it free, mounted read-write on every host.
    vimclient::Datastore& add_datastore(const std::string& name,
                                        const std::string& datacenter_id = "datacenter-1");

    vimclient::Folder& add_folder(const std::string& path,
                                  const std::string& datacenter_id = "datacenter-1");

    /// On the first host, powered on, Tools running, with disks of 40 and 10 GiB on the first
    /// datastore. The folder is a path; empty: the datacenter's own.
    vimclient::Vm& add_vm(const std::string& name, const std::string& folder = {});

    /// Puts the VM's own directory there, with new disks of 40 and 10 GiB.
    void put_on(vimclient::Vm& vm, const std::string& datastore);

    /// In the VM's own directory, thin.
    vimclient::Disk& add_disk(vimclient::Vm& vm, const std::string& datastore, std::int64_t bytes);

    /// By VM id; what is not told of it is empty.
    std::map<std::string, std::string> pools;
    std::map<std::string, std::map<std::string, std::string>> attributes;

    vimclient::SnapshotRef add_snapshot(vimclient::Vm& vm, const std::string& name,
                                        const std::string& description = {});

    // ---- time and tasks

    void pass(std::chrono::seconds duration) { time += duration; }

    /// One that runs.
    vimclient::TaskRef add_task(vimclient::Vm& vm, const std::string& description)
    {
        return start(vm, description, {});
    }

    /// Those that run end well now: all, or those of this VM.
    void end_tasks();
    void end_tasks(vimclient::Vm& vm);

    /// The server starts anew: what ran will never end, and what it did is undone nowhere. Ended
    /// tasks are forgotten; events stay.
    void lose_tasks();

    /// What the server tells of the copy that made this VM; nothing: neither task nor event.
    void set_copied(const vimclient::Vm& copy, std::optional<vimclient::Time> when);

    // ---- looking into it, not recorded; what is not there is a std::out_of_range

    bool has_vm(const std::string& name)
    {
        return first(vms_, [&](const auto& vm) { return vm.ref.name == name; }) != nullptr;
    }

    vimclient::Vm& vm(const std::string& name)
    {
        return there(first(vms_, [&](const auto& vm) { return vm.ref.name == name; }), name);
    }

    vimclient::Datastore& datastore(const std::string& name)
    {
        const auto fits = [&](const Store& store) { return store.datastore.name == name; };
        return there(first(stores_, fits), name).datastore;
    }

    vimclient::Host& host(const std::string& name)
    {
        return there(first(hosts_, [&](const auto& host) { return host.name == name; }), name);
    }

    /// The VMs of the folder, a line each.
    std::string names_in(const std::string& folder)
    {
        const Place& place = there(find_path(folder, "datacenter-1"), folder);
        return lines_of(vms_, [&](const auto& vm) {
            return vm.folder_id == place.folder.id ? vm.ref.name + "\n" : "";
        });
    }

    /// Of the VM of this name, a line each.
    std::string snapshots_of(const std::string& name)
    {
        return lines_of(vm(name).snapshots, [](const auto& each) { return each.name + "\n"; });
    }

    // ---- what is to go wrong in the nth call of a method from now on, from 1. The method ""
    // is any.

    /// Of the call's work on the server. During: its task has begun, and goes on.
    enum class Moment { before, during, after };

    enum class Lost { not_executed, executed, still_running };

    void fail(const std::string& method, int nth, const vimclient::Fault& fault)
    {
        when(method, nth, [fault] { throw fault; });
    }

    void fail_task(int nth, const vimclient::Fault& fault);  ///< in the nth wait
    void lose(const std::string& method, int nth, Lost lost);

    /// Throws `fakes::Killed`; and again in every later call, which does nothing and is not
    /// recorded. One from a destructor, while that exception is under way, returns what is
    /// empty. The server stays as it is, for the next process.
    void kill(const std::string& method, int nth, Moment moment);

    /// The next process begins, with a session of its own.
    void revive() { dead_ = logged_out_ = false; }

    /// Somebody else does something just before that call is executed.
    void when(const std::string& method, int nth, std::function<void()> deed)
    {
        arrange(method, nth, Moment::before, std::move(deed));
    }

    /// Those of the above that never came about, a line each.
    std::string missed() const
    {
        return lines_of(incidents_, [](const Incident& each) {
            return each.happened ? "" : each.method + " " + std::to_string(each.nth) + "\n";
        });
    }

    // ---- the port

    const vimclient::ServerInfo& server() const override { return about; }
    vimclient::Time now() override;

    std::vector<vimclient::VmRef> vm_names() override;
    std::vector<vimclient::Standing> standings() override;
    std::vector<vimclient::Vm> read_vms(const std::vector<vimclient::VmRef>& vms) override;
    std::vector<vimclient::Vm> vms_in(const std::string& folder_id) override;
    vimclient::Place place_of(const vimclient::VmRef& ref) override;
    std::vector<vimclient::Datastore> datastores_of(const std::string& datacenter_id) override;
    std::vector<vimclient::Folder> folders_of(const std::string& datacenter_id) override;
    std::vector<vimclient::Host> read_hosts(const std::vector<std::string>& ids) override;
    std::vector<vimclient::Disk> disks_of(const vimclient::SnapshotRef& snapshot) override;
    std::vector<vimclient::DiskUse> disk_uses(const std::string& datastore_id) override;
    std::optional<vimclient::VmRef> own_vm() override;
    std::optional<vimclient::Time> copied_at(const vimclient::VmRef& source,
                                             const vimclient::VmRef& copy) override;
    vimclient::Answer read(const vimclient::Question& question) override;

    std::string guest_address(const vimclient::VmRef& ref) override;

    vimclient::Folder create_folder(const std::string& datacenter_id,
                                    const std::string& path) override;
    vimclient::SnapshotRef create_snapshot(const vimclient::VmRef& ref,
                                           const vimclient::SnapshotSpec& spec) override;
    std::optional<vimclient::TaskRef> begin_remove_snapshot(
        const vimclient::SnapshotRef& snapshot) override;
    void wait(const vimclient::TaskRef& ref, std::stop_token stop) override;
    bool has_ended(const vimclient::TaskRef& removal) override;
    vimclient::VmRef clone(const vimclient::VmRef& ref, const vimclient::SnapshotRef& from,
                           const vimclient::CloneSpec& spec, const vimclient::Progress& progress,
                           std::stop_token stop) override;
    void reconfigure(const vimclient::VmRef& ref, const vimclient::Change& what) override;
    void consolidate(const vimclient::VmRef& ref) override;
    void move_into_folder(const vimclient::VmRef& ref, const std::string& folder_id) override;
    bool destroy(const vimclient::VmRef& ref) override;
    void set_attribute(const vimclient::VmRef& ref, const std::string& name,
                       const std::string& value) override;
    void log_event(const vimclient::VmRef& ref, const std::string& text) override;
    void logout() override;

private:
    struct Place {
        vimclient::Folder folder;
        std::string datacenter_id;
    };
    struct Store {
        vimclient::Datastore datastore;
        std::string datacenter_id;
    };
    struct Incident {
        std::string method;
        int nth;
        Moment moment;
        std::function<void()> deed;
        bool happened = false;
    };

    struct Call {
        std::string method;
        int nth = 0, nth_of_all = 0;
    };
    /// What a task does when it ends; the task is told its result.
    using Deed = std::function<void(vimclient::Task&)>;

    std::set<std::string> children_of(const std::string& folder_id);

    template <typename Act>
    auto ask(std::string& list, const std::string& method, const std::string& object,
             const Act& act) -> decltype(act());
    void arrange(const std::string& method, int nth, Moment moment, std::function<void()> deed);
    void happen(Moment moment);

    template <typename Things, typename Test>
    static typename Things::value_type* first(Things& things, const Test& test)
    {
        const auto found = std::ranges::find_if(things, test);
        return found == things.end() ? nullptr : &*found;
    }

    template <typename Thing>
    static Thing& there(Thing* thing, const std::string& name)
    {
        if (thing == nullptr)
            throw std::out_of_range("nothing is named " + name);
        return *thing;
    }

    template <typename Things, typename Text>
    static std::string lines_of(const Things& things, const Text& text)
    {
        std::string lines;
        for (const auto& thing : things)
            lines += text(thing);
        return lines;
    }

    std::string new_id(const std::string& kind)
    {
        return kind + "-" + std::to_string(++ids_[kind]);
    }

    Place* find_place(const std::string& folder_id)
    {
        return first(places_, [&](const Place& place) { return place.folder.id == folder_id; });
    }

    Place* find_path(const std::string& path, const std::string& datacenter_id)
    {
        return first(places_, [&](const Place& place) {
            return place.folder.path == path && place.datacenter_id == datacenter_id;
        });
    }

    vimclient::Vm* find(const std::string& vm_id)
    {
        return first(vms_, [&](const auto& vm) { return vm.ref.id == vm_id; });
    }

    vimclient::Vm* holder_of(const vimclient::SnapshotRef& snapshot)
    {
        return first(vms_, [&](const auto& vm) {
            return std::ranges::count(vm.snapshots, snapshot, &vimclient::Snapshot::ref) > 0;
        });
    }

    static std::string file_for(const vimclient::Vm& vm, std::size_t number);
    vimclient::Vm& get(const vimclient::VmRef& ref);
    vimclient::Task* find_task(const vimclient::TaskRef& ref);
    std::vector<vimclient::TaskRef> running_tasks() const;
    vimclient::TaskRef start(vimclient::Vm& vm, const std::string& description, Deed deed);
    vimclient::TaskRef begin(vimclient::Vm& vm, const std::string& description, Deed deed);
    vimclient::Task run(vimclient::Vm& vm, const std::string& description, Deed deed);
    vimclient::Task finish(const vimclient::TaskRef& ref);
    void break_task(vimclient::Task& task, const std::string& error);
    void remove(const vimclient::SnapshotRef& snapshot);
    void remove_vm(const std::string& id);
    void demand_free_name(const std::string& folder_id, const std::string& name);
    vimclient::Vm& add_copy(const vimclient::Vm& source, const vimclient::SnapshotRef& from,
                            const vimclient::CloneSpec& spec);
    vimclient::Vm copy_of(const vimclient::Vm& source, const vimclient::SnapshotRef& from,
                          const vimclient::CloneSpec& spec, const Store& store);
    Store& store_for(const vimclient::Vm& source, const vimclient::CloneSpec& spec);

    std::recursive_mutex mutex_;
    bool logged_out_ = false, dead_ = false;
    Call call_;
    std::map<std::string, int> ids_, counts_;
    std::list<Incident> incidents_;
    std::map<std::string, std::string> datacenters_;
    std::list<Place> places_;
    std::list<Store> stores_;
    std::list<vimclient::Host> hosts_;
    std::list<vimclient::Vm> vms_;
    std::map<std::string, std::vector<vimclient::Disk>> snapshot_disks_;
    std::map<std::string, std::string> current_snapshots_;  ///< by VM id
    std::map<std::string, Deed> deeds_;                     ///< by task id
    std::map<std::string, std::string> being_made_;         ///< task id -> VM id
    std::map<std::string, vimclient::Time> clone_events_;   ///< by VM id
};
