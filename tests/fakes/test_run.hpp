// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/error.hpp"
#include "fakes/fake_vsphere.hpp"
#include "job/prepare.hpp"
#include "job/run.hpp"
#include "rotation/mark.hpp"
#include "rotation/name.hpp"
#include "rotation/note.hpp"

/// A run of the job in a world that stands still unless somebody waits.

/// "0000...0001": the ids of runs and lock files.
inline std::string id_of(int number)
{
    return fmt::format("{:032x}", number);
}

/// "2019-09-25T02:41:00Z" as "201909250241".
inline std::string stamp_of(std::chrono::sys_seconds time)
{
    std::string text = vmrotate::rotation::utc_text(time).substr(0, 16);
    std::erase_if(text, [](char c) { return c < '0' || c > '9'; });
    return text;
}

/// And back.
inline std::chrono::sys_seconds moment_of(const std::string& stamp)
{
    return *vmrotate::rotation::parse_utc(fmt::format("{}-{}-{}T{}:{}:00Z", stamp.substr(0, 4),
                                                      stamp.substr(4, 2), stamp.substr(6, 2),
                                                      stamp.substr(8, 2), stamp.substr(10, 2)));
}

/// "one|two"
inline std::string joined(const std::vector<std::string>& texts)
{
    return fmt::format("{}", fmt::join(texts, "|"));
}

inline std::string joined(const std::vector<vmrotate::Error>& errors)
{
    std::vector<std::string> texts;
    for (const vmrotate::Error& error : errors)
        texts.emplace_back(error.what());
    return joined(texts);
}

class RecordingObserver final : public vmrotate::job::Observer {
public:
    std::string steps, remarks, warnings;  ///< a line each
    std::string progress;                  ///< "0 50 100 "
    std::function<void(int percent)> on_copying;
    std::function<void(const std::string& what)> on_step;

    void step(const std::string& what) override
    {
        steps += what + "\n";
        if (on_step)
            on_step(what);
    }
    void copying(int percent) override
    {
        progress += std::to_string(percent) + " ";
        if (on_copying)
            on_copying(percent);
    }
    void remark(const std::string& text) override { remarks += text + "\n"; }
    void warning(const std::string& text) override { warnings += text + "\n"; }
};

class TestLock final : public vmrotate::job::SourceLock {
public:
    const std::string& id() const override { return id_; }

private:
    std::string id_ = id_of(0x10c);
};

/// The world of `World`, in any server.
inline void fill(FakeVsphere& vsphere)
{
    vsphere.add_host("esx1");
    vsphere.add_host("esx2");
    vsphere.add_datastore("mango");
    vsphere.add_datastore("durian");
    vsphere.add_folder("backup");
    vsphere.add_vm("avocado2");
}

/// One datacenter with two hosts, the datastores mango (of the source) and durian (of the
/// copies), the folder "backup", the VM avocado2; and a run that is to back it up.
struct World {
    FakeVsphere vsphere;
    vmrotate::config::Policy policy;
    std::vector<std::string> sources{"avocado2"};
    std::string run_id = id_of(1);
    int further_runs = 0xf0000;  ///< ids of runs in further places, so far
    std::chrono::sys_seconds time = *vmrotate::rotation::parse_utc("2019-09-25T02:41:00Z");
    std::chrono::milliseconds steady{0};
    std::function<void()> on_pause;  ///< what happens while somebody waits
    RecordingObserver observer;
    std::stop_source stop;
    std::string locked;  ///< instanceUuids that were locked, a line each
    std::function<void()> on_lock;

    World()
    {
        policy.datastore = "durian";
        vsphere.time = time;
        fill(vsphere);
    }

    vimclient::Vm& source() { return vsphere.vm("avocado2"); }

    void pass(std::chrono::milliseconds duration)
    {
        steady += duration;
        time += std::chrono::floor<std::chrono::seconds>(duration);
        vsphere.time += std::chrono::floor<std::chrono::seconds>(duration);
    }

    vmrotate::Clock clock()
    {
        vmrotate::Clock clock;
        clock.now = [this] { return time; };
        clock.steady = [this] { return steady; };
        clock.stamp = stamp_of;
        clock.moment = moment_of;
        clock.local_text = vmrotate::rotation::utc_text;
        clock.pause = [this](std::chrono::milliseconds duration) {
            pass(duration);
            if (on_pause)
                on_pause();
        };
        clock.rest = clock.pause;
        return clock;
    }

    vmrotate::job::Run run()
    {
        const auto lock = [this](const std::string& uuid) {
            locked += uuid + "\n";
            if (on_lock)
                on_lock();
            return std::make_unique<TestLock>();
        };
        const auto free_lock = [](const std::string&) { return TestLock().id(); };
        vmrotate::job::Run run{
            {"avocado2", "", policy}, sources, run_id, clock(), observer, lock, free_lock,
            stop.get_token()};
        run.new_id = [this] { return id_of(++further_runs); };
        return run;
    }

    /// What an earlier run made of avocado2: seq in slot, taken so many days ago.
    vmrotate::rotation::Mark mark(long seq, int slot, int days_ago)
    {
        vmrotate::rotation::Mark mark;
        mark.state = vmrotate::rotation::State::complete;
        mark.run = id_of(0x900 + static_cast<int>(seq));
        mark.lock = id_of(0x10c);
        mark.set = "default";
        mark.seq = seq;
        mark.slot = slot;
        mark.stem = {"zz_", "avocado2"};
        mark.source_uuid = source().instance_uuid;
        mark.source_name = "avocado2";
        mark.taken = time - std::chrono::days(days_ago);
        return mark;
    }

    /// A generation of avocado2 as it should be; the name is the one that belongs to the mark.
    vimclient::Vm& add_generation(long seq, int slot, int days_ago)
    {
        auto mark = this->mark(seq, slot, days_ago);
        vimclient::Vm& vm = vsphere.add_vm(
            vmrotate::rotation::compose_name(mark.stem, slot, stamp_of(mark.taken)), "backup");
        vsphere.put_on(vm, "durian");
        vm.power = vimclient::Power::off;
        mark.self = vm.instance_uuid;
        for (const vimclient::Disk& disk : vm.disks)
            mark.disks.push_back({disk.address, disk.bytes});
        set_mark(vm, mark);
        return vm;
    }

    /// A copy that run `run` began and did not finish; its seq is its slot.
    vimclient::Vm& add_unfinished(int slot, int run)
    {
        vimclient::Vm& vm = add_generation(slot, slot, 0);
        auto mark = vmrotate::rotation::decode(vm.mark).mark;
        mark.state = vmrotate::rotation::State::copying;
        mark.run = id_of(run);
        mark.self.clear();
        set_mark(vm, mark);
        return vm;
    }

    /// Three of them, in the slots 01 to 03, a day apart: 04 is the gap.
    void add_three()
    {
        for (const int number : {1, 2, 3})
            add_generation(number, number, 4 - number);
    }

    static void set_mark(vimclient::Vm& vm, const vmrotate::rotation::Mark& mark)
    {
        vm.mark.clear();
        for (const auto& [key, value] : vmrotate::rotation::encode(mark))
            if (!value.empty())
                vm.mark[key] = value;
    }

    /// The snapshot of another run.
    vimclient::SnapshotRef add_run_snapshot(vimclient::Vm& vm, int run)
    {
        const vmrotate::rotation::SnapshotNote note{id_of(run), "default", id_of(0x10d), time};
        return vsphere.add_snapshot(vm, snapshot_name(note), snapshot_description(note));
    }
};

/// The look and the plan, one after the other.
inline vmrotate::job::Prepared prepared_for(vimclient::Vsphere& vsphere,
                                            const vmrotate::job::Run& run)
{
    return vmrotate::job::prepare(vsphere, run, vmrotate::job::survey(vsphere, run));
}

/// What came out of a deed: "" or "busy: cannot ..."; anything but an Error or Cancelled is
/// named as what it should not be.
template <typename Deed>
std::string told(const Deed& deed)
{
    using vmrotate::ErrorKind;
    try {
        deed();
    } catch (const vmrotate::Error& error) {
        static const std::map<ErrorKind, std::string> names = {
            {ErrorKind::failed, "failed"},
            {ErrorKind::usage, "usage"},
            {ErrorKind::some_failed, "some_failed"},
            {ErrorKind::refused, "refused"},
            {ErrorKind::unreachable, "unreachable"},
            {ErrorKind::busy, "busy"},
            {ErrorKind::logon, "logon"},
            {ErrorKind::privilege, "privilege"},
            {ErrorKind::interrupted, "interrupted"},
        };
        return names.at(error.kind()) + ": " + error.what();
    } catch (const vimclient::Cancelled&) {
        return "cancelled";
    } catch (const vimclient::OutcomeUnknown& fault) {
        return std::string("an OutcomeUnknown came out: ") + fault.what();
    } catch (const vimclient::Fault& fault) {
        return std::string("a Fault came out: ") + fault.what();
    }
    return {};
}
