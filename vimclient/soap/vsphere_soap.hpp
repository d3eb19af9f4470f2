// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "soap/session.hpp"
#include "soap/tasks.hpp"

namespace vimclient::wire {

/// The port to vSphere, by SOAP over TLS.
class VsphereSoap final : public Vsphere {
public:
    VsphereSoap(const Endpoint& endpoint, const Trust& trust, const Logon& logon,
                const Patience& patience, const std::string& user_agent, std::stop_token stop);

    const ServerInfo& server() const override { return session_.server(); }
    Time now() override;

    std::vector<VmRef> vm_names() override;
    std::vector<Standing> standings() override;
    std::vector<Vm> read_vms(const std::vector<VmRef>& vms) override;
    std::vector<Vm> vms_in(const std::string& folder_id) override;
    Place place_of(const VmRef& vm) override;
    std::vector<Datastore> datastores_of(const std::string& datacenter_id) override;
    std::vector<Folder> folders_of(const std::string& datacenter_id) override;
    std::vector<Host> read_hosts(const std::vector<std::string>& ids) override;
    std::vector<Disk> disks_of(const SnapshotRef& snapshot) override;
    std::vector<DiskUse> disk_uses(const std::string& datastore_id) override;
    std::optional<VmRef> own_vm() override;
    std::optional<Time> copied_at(const VmRef& source, const VmRef& copy) override;
    std::string guest_address(const VmRef& vm) override;
    Answer read(const Question& question) override;

    Folder create_folder(const std::string& datacenter_id, const std::string& path) override;
    SnapshotRef create_snapshot(const VmRef& vm, const SnapshotSpec& spec) override;
    std::optional<TaskRef> begin_remove_snapshot(const SnapshotRef& snapshot) override;
    void wait(const TaskRef& task, std::stop_token stop) override;
    bool has_ended(const TaskRef& removal) override;
    VmRef clone(const VmRef& source, const SnapshotRef& from, const CloneSpec& spec,
                const Progress& progress, std::stop_token stop) override;
    void reconfigure(const VmRef& vm, const Change& change) override;
    void consolidate(const VmRef& vm) override;
    void move_into_folder(const VmRef& vm, const std::string& folder_id) override;
    bool destroy(const VmRef& vm) override;
    void set_attribute(const VmRef& vm, const std::string& name, const std::string& value) override;
    void log_event(const VmRef& vm, const std::string& text) override;
    void logout() override { session_.logout(); }

private:
    /// Makes the one call that starts a task, and returns the task's id.
    using Start = std::function<std::string(Line&)>;

    /// Until when a busy VM is waited for, and what ends that sooner: Cancelled.
    struct Waiting {
        Clock::time_point until;
        std::stop_token stop;
        OnStop on_stop = OnStop::give_up;  ///< of the call itself
    };

    struct Removal {
        SnapshotRef snapshot;
        std::thread::id begun_by;
        std::optional<TaskEnd> end;  // where somebody has seen it
    };

    std::string start(const Call& call, const Start& start, OnStop on_stop);
    std::string start_when_free(const Call& call, const Start& start, const Waiting& waiting);
    std::string run(const Call& call, const Start& start, const Watch& watch,
                    const std::stop_token& stop = {});
    void wait_until_free(const ServerFault& busy, Clock::time_point until,
                         const std::stop_token& stop);
    std::string own_removal();
    std::optional<TaskEnd> known_end(const std::string& task);
    std::optional<Removal> take_removal(const std::string& task);
    std::optional<Time> cloned_by_task(const VmRef& source, const VmRef& copy);
    std::optional<Time> cloned_by_event(const VmRef& copy);
    void change_and_name(const std::function<void(Line&)>& work);
    std::string attribute_key(const std::string& name);
    void define_attribute(const std::string& name);
    std::string make_folder(const std::string& parent_id, const std::string& name);

    Session session_;
    std::mutex mutex_;
    std::map<std::string, Removal> removals_;  // by task
};

}  // namespace vimclient::wire
