// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <string>

#include "connect.hpp"
#include "job/facts.hpp"
#include "laws.hpp"
#include "marks_oracle.hpp"
#include "rotation/note.hpp"
#include "soap_wire.hpp"

// The client's whole reading, from HTTP to the port's values, and on to what they mean to us.
// The input: a letter that says which call is made, a new line, and the replies (soap_wire.hpp).

using namespace vimclient;
using fuzz::law;

namespace {

void check_disks(const std::vector<Disk>& disks)
{
    std::int64_t sum = 0;
    for (const Disk& disk : disks) {
        law(disk.bytes >= 0, "no disk is smaller than nothing");
        law(disk.address.find(':') != std::string::npos, "a disk has an address");
        sum += disk.bytes;
    }
    law(sum >= 0, "disks can be added up");
}

void check_vm(const Vm& vm)
{
    check_disks(vm.disks);
    law(!vm.ref.id.empty(), "a VM that was read has an id");
    law(vm.readable == (!vm.instance_uuid.empty() && !vm.vmx.empty()),
        "readable means that uuid and files were told");
    for (const auto& entry : vm.mark)
        law(entry.first.starts_with("vmrotate."), "a mark is made of our keys only");
    for (const Snapshot& snapshot : vm.snapshots) {
        const auto note = vmrotate::rotation::read_snapshot(snapshot.name, snapshot.description);
        law(!note || snapshot.name == "vmrotate " + note->run, "our snapshot bears its run's name");
    }
}

void check_vms(const std::vector<Vm>& vms)
{
    std::ranges::for_each(vms, check_vm);
    const vmrotate::rotation::SetId id{
        "u-source", "default", {"zz_", "a"}, "group-v1", "datastore-1"};
    fuzz::check_set(id, vmrotate::job::facts_of(vms), [&](const std::string& vm) {
        return std::ranges::find(vms, vm, [](const Vm& v) { return v.ref.id; })->mark;
    });
}

void read_vms(Vsphere& vsphere)
{
    const std::vector<VmRef> asked = {{"vm-1", "a"}, {"vm-2", "b"}};
    const auto vms = vsphere.read_vms(asked);
    check_vms(vms);
    law(vms.size() <= asked.size(), "not more VMs than were asked for");
    for (std::size_t i = 0, at = 0; i < vms.size(); ++i, ++at) {
        while (at < asked.size() && asked[at].id != vms[i].ref.id)
            ++at;
        law(at < asked.size(), "only VMs that were asked for, in that order");
    }
}

void list(Vsphere& vsphere)
{
    const auto names = vsphere.vm_names();
    law(std::ranges::none_of(names, [](const VmRef& vm) { return vm.id.empty(); }),
        "a listed VM has an id");
}

void take_snapshot(Vsphere& vsphere)
{
    const SnapshotRef made =
        vsphere.create_snapshot({"vm-1", "a"}, {"vmrotate x", "d", Quiesce::off});
    law(!made.id.empty(), "a snapshot that was made has an id");
}

void remove_snapshot(Vsphere& vsphere)
{
    if (const auto task = vsphere.begin_remove_snapshot({"snapshot-1"})) {
        law(!task->id.empty(), "a task that was begun has an id");
        vsphere.wait(*task, {});
    }
}

void clone(Vsphere& vsphere)
{
    const CloneSpec spec{.name = "zz_a-01-202609250241",
                         .folder_id = "group-v1",
                         .datastore_id = "datastore-1",
                         .host_id = {},
                         .pool_id = {},
                         .disk_keys = {2000},
                         .annotation = "n",
                         .mark = {{"vmrotate.run", "x"}}};
    const Progress progress = [](int percent) {
        law(percent >= 0 && percent <= 100, "progress is 0 to 100");
    };
    const VmRef made = vsphere.clone({"vm-1", "a"}, {"snapshot-1"}, spec, progress, {});
    law(!made.id.empty(), "a VM that was made has an id");
}

struct Row {
    char letter;
    void (*make)(Vsphere&);
};

constexpr Row rows[] = {
    {'r', read_vms},
    {'i', [](Vsphere& v) { check_vms(v.vms_in("group-v1")); }},
    {'n', list},
    {'p',
     [](Vsphere& v) {
         v.place_of({"vm-1", "a"});
     }},
    {'d', [](Vsphere& v) { v.datastores_of("datacenter-1"); }},
    {'f', [](Vsphere& v) { v.folders_of("datacenter-1"); }},
    {'h',
     [](Vsphere& v) {
         v.read_hosts({"host-1", "host-2"});
     }},
    {'k', [](Vsphere& v) { check_disks(v.disks_of({"snapshot-1"})); }},
    {'u', [](Vsphere& v) { v.disk_uses("datastore-1"); }},
    {'m', [](Vsphere& v) { v.create_folder("datacenter-1", "a/b"); }},
    {'s', take_snapshot},
    {'x', remove_snapshot},
    {'c', clone},
    {'g',
     [](Vsphere& v) {
         v.reconfigure({"vm-1", "a"}, {{}, "note", true});
     }},
    {'o',
     [](Vsphere& v) {
         v.consolidate({"vm-1", "a"});
     }},
    {'y',
     [](Vsphere& v) {
         v.destroy({"vm-1", "a"});
     }},
    {'l', [](Vsphere& v) { v.now(); }},  // the logon is scripted too
};

void make_call(char letter)
{
    const auto* const row = std::ranges::find(rows, letter, &Row::letter);
    if (row == std::end(rows))
        return;
    const Endpoint endpoint{.host = "vcenter.example", .port = 443, .path = "/sdk"};
    const Trust trust{.ca_file = {}, .fingerprint = std::string(64, 'a')};
    const Patience patience{.retry_for = std::chrono::seconds{0}};
    try {
        const auto vsphere = connect(endpoint, trust, {"user", "password"}, patience, "fuzz");
        row->make(*vsphere);
    } catch (const Fault& fault) {
        law(*fault.what() != '\0', "a fault says what is wrong");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    std::string_view input = fuzz::text_of(data, size);
    const std::string_view letter = fuzz::take_until(input, "\n");
    if (letter.size() != 1)
        return -1;
    fuzz::begin_script(input);
    if (letter == "l")
        fuzz::script_the_logon();
    make_call(letter.front());
    return 0;
}
