// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <string>

#include "fakes/test_run.hpp"
#include "job/backup_vm.hpp"
#include "job/clean_vm.hpp"

/// A world with three generations, a night later.
struct Night : World {
    Night() { add_three(); }

    /// Another run, at another minute; true if it was killed at that call.
    bool dies_at(int nth, FakeVsphere::Moment moment) { return dies_in("", nth, moment); }

    /// The same at the nth call of this method.
    bool dies_in(const std::string& method, int nth, FakeVsphere::Moment moment)
    {
        vsphere.kill(method, nth, moment);
        try {
            back_up();
        } catch (const fakes::Killed&) {
            vsphere.revive();
            return true;
        }
        return false;
    }

    vmrotate::job::Outcome back_up()
    {
        begin();
        return vmrotate::job::backup_vm(vsphere, run());
    }

    vmrotate::job::Cleaning clean()
    {
        begin();
        return vmrotate::job::clean_vm(vsphere, run());
    }

    void begin()
    {
        pass(std::chrono::minutes(1));
        run_id = id_of(++runs);
        on_pause = [this] { vsphere.end_tasks(); };  // what runs on ends while somebody waits
    }

    vmrotate::rotation::Set set()
    {
        const auto run = this->run();
        return vmrotate::job::survey(vsphere, run).set;
    }

    int runs = 0;
};
