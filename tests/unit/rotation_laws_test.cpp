// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "rotation/guards.hpp"
#include "rotation/plan.hpp"

using namespace vmrotate::rotation;
using namespace std::chrono_literals;

namespace {

const SetId place{"uuid-a", "default", {"zz_", "a"}, "group-v7", "datastore-2"};

/// One folder in memory, the runs that back up into it, and the people who meddle with it.
/// What is good, in use or foreign is judged by what was done, not by the code under test.
class History {
public:
    explicit History(unsigned long seed) : seed_(seed), random_(seed) {}

    /// The first law that was broken, with seed and step; empty if none was. However wild it
    /// is: when all is quiet, a few runs bring back exactly what is to be kept.
    std::string play()
    {
        keep_ = pick(5);
        min_age_ = chance(3) ? 40h : 0h;
        for (int left = 1 + pick(1 + pick(1 + pick(60))); left > 0 && broken_.empty(); --left) {
            ++step_, now_ += std::chrono::hours(pick(30));
            chance(2) ? static_cast<void>(run()) : meddle();
        }
        calm_down();
        is_wild_ = false, min_age_ = 0h;
        const int quiet_runs = chance(8) ? good() + keep_ + 1 : 0;
        for (int i = 0; i < quiet_runs; ++i)
            run();
        law(quiet_runs == 0 || good() == std::max(keep_, 1), "in the end exactly keep are there");
        return broken_;
    }

    /// Runs without any disturbance: the slots in their order.
    std::string turn_the_ring(int keep, int runs)
    {
        is_wild_ = false, keep_ = keep;
        std::string slots;
        for (step_ = 1; step_ <= runs; ++step_) {
            const Plan next = run();
            slots += fmt::format("{:02} ", next.slot);
            law(next.seq == step_ && good() == std::min(step_, keep) &&
                    std::ssize(folder_) == good(),
                "seq counts the runs, and exactly keep stay");
        }
        return slots + broken_;
    }

private:
    int pick(int count) { return static_cast<int>(random_() % static_cast<unsigned long>(count)); }
    bool chance(int one_in) { return pick(one_in) == 0; }
    bool mishap(int one_in) { return is_wild_ && chance(one_in); }
    bool is_ours(const VmFacts& vm) const { return !foreign_.contains(vm.id); }
    auto find(const std::string& id) { return std::ranges::find(folder_, id, &VmFacts::id); }

    void law(bool holds, const char* text)
    {
        if (!holds && broken_.empty())
            broken_ = fmt::format("seed {}, step {}: {}", seed_, step_, text);
    }

    bool is_generation(const VmFacts& vm) const
    {
        return vm.readable && vm.mark.mark.state == State::complete && is_ours(vm);
    }

    bool is_good(const VmFacts& vm) const
    {
        return vm.power == Power::off && !vm.has_snapshot && vm.mark.mark.pinned.empty() &&
               is_generation(vm);
    }

    int good() const
    {
        const auto counts = [this](const VmFacts& vm) { return is_good(vm); };
        return static_cast<int>(std::ranges::count_if(folder_, counts));
    }

    /// Somebody works from a generation, or a VM of ours cannot be read.
    bool must_rest() const
    {
        return std::ranges::any_of(folder_, [&](const VmFacts& vm) {
            return (!vm.readable && is_ours(vm)) || (vm.power != Power::off && is_generation(vm));
        });
    }

    void remove(const std::string& id)
    {
        std::ranges::swap(*find(id), folder_.back());
        folder_.pop_back();
    }

    VmFacts& add(VmFacts vm)
    {
        vm.id = fmt::format("vm-{}", ++made_);
        vm.instance_uuid = "uuid-" + vm.id;
        return folder_.emplace_back(std::move(vm));
    }

    void make(State state, const Plan& next)
    {
        VmFacts& vm = add({});
        vm.name = compose_name(place.stem, next.slot, std::to_string(201909010000 + made_ % 60));
        vm.folder_id = place.folder_id;
        vm.mark.kind = MarkReading::Kind::whole;
        Mark& mark = vm.mark.mark;
        mark.run = "run-" + vm.id, mark.seq = next.seq, mark.slot = next.slot, mark.taken = now_;
        mark.set = place.set, mark.stem = place.stem, mark.source_uuid = place.source_uuid;
        if (mark.state = state; state == State::complete)
            mark.self = vm.instance_uuid;
    }

    VmFacts& disown(VmFacts& vm, const std::string& name)
    {
        foreign_.insert(vm.id);
        vm.name = name;
        return vm;
    }

    void copy(const VmFacts& vm)
    {
        VmFacts& copied = add(vm);
        disown(copied, copied.mark.mark.self.empty() ? "copy" : copied.name);
    }

    /// What people do between two runs, or in the middle of one.
    void meddle()
    {
        if (folder_.empty())
            return;
        VmFacts& vm = folder_[static_cast<std::size_t>(pick(static_cast<int>(folder_.size())))];
        switch (pick(15)) {
            case 0: vm.power = chance(2) ? Power::on : Power::suspended; break;
            case 1: vm.mark.mark.pinned = chance(2) ? "audit" : ""; break;
            case 2: vm.has_snapshot = !vm.has_snapshot; break;
            case 3: vm.readable = false; break;
            case 4: vm.is_busy = true; break;
            case 5: keep_ = pick(7); break;
            case 6: return copy(vm);
            case 7: return remove(vm.id);
            case 8: disown(vm, "mine"); break;
            case 9: disown(vm, compose_name(place.stem, 99, "201909250241")); break;
            case 10: disown(vm, vm.name).mark.mark.source_uuid = "uuid-b"; break;
            case 11: disown(vm, vm.name).mark = {MarkReading::Kind::damaged, {}, "x"}; break;
            default: calm_down();
        }
    }

    void calm_down()
    {
        for (VmFacts& vm : folder_)
            vm.power = Power::off, vm.readable = true, vm.is_busy = false;
    }

    Plan run()
    {
        const Rules rules{.keep = keep_, .min_age = min_age_, .now = now_};
        const Set set = sort_out(place, folder_);
        const Plan next = plan(set, rules);
        check_plan(next);
        if (mishap(4)) {
            std::ranges::shuffle(folder_, random_);
            const Set same = sort_out(place, folder_);
            law(same == set && plan(same, rules) == next, "the order of the folder is nothing");
        }
        if (mishap(2))
            heal(set);
        const State state = mishap(10) ? State::copying : State::complete;
        make(state, next);
        const bool is_meddled_with = mishap(5);
        if (is_meddled_with)
            meddle();
        if (state == State::complete)
            expire(next, is_meddled_with);
        return next;
    }

    void check_plan(const Plan& next)
    {
        const int keep = std::max(keep_, 1);
        int generations = 0, places = 1, expiring = 0;
        std::set<int> slots;
        for (const VmFacts& vm : folder_) {
            if (vm.readable && is_ours(vm) && vm.mark.mark.slot <= keep + 1)
                slots.insert(vm.mark.mark.slot);
            law(vm.mark.mark.seq < next.seq || !vm.readable || !is_ours(vm), "seq rises");
            generations += is_generation(vm) ? 1 : 0;
        }
        law(next.slot >= 1 && next.slot <= keep + 1, "the slot is one of the ring");
        law(!slots.contains(next.slot) || std::ssize(slots) == keep + 1, "a slot is free");
        law(generations == std::ssize(next.decisions), "every generation is judged");
        long seq = next.seq;
        for (const Decision& decision : next.decisions) {
            const VmFacts& vm = *find(decision.generation.id);
            law(is_generation(vm), "only generations are judged");
            law(vm.mark.mark.seq <= seq, "newest first");
            const bool is_due = is_good(vm) && ++places > keep;
            law(is_due == (decision.fate != Fate::keep), "due is what is beyond keep");
            expiring += decision.fate == Fate::expire ? 1 : 0;
            seq = vm.mark.mark.seq;
        }
        law(expiring <= (must_rest() ? 0 : 2), "none expires in use or unread, else at most two");
    }

    Deletion deletion_of(const VmFacts& victim) const
    {
        const Set set = sort_out(place, folder_);
        Deletion d;
        d.victim = victim, d.set = place, d.unread = set.unread;
        for (const Generation& one : set.generations) {
            if (one.condition == Condition::in_use)
                d.generation_in_use = one.name;
            d.good_left += one.condition == Condition::good && one.id != victim.id ? 1 : 0;
        }
        d.keep = keep_, d.min_age = min_age_, d.now = now_;
        return d;
    }

    /// A clone that was never finished goes, if it is the only one of its run.
    void heal(const Set& set)
    {
        for (const Unfinished& one : set.unfinished) {
            Deletion d = deletion_of(*find(one.id));
            d.unfinished_run = one.run;
            for (const VmFacts& vm : folder_)
                d.clones_of_that_run += vm.mark.mark.run == one.run ? 1 : 0;
            if (!objections(d).empty())
                continue;
            law(is_ours(d.victim) && !d.victim.is_busy, "no clone goes but ours, when at rest");
            remove(one.id);
        }
    }

    void expire(const Plan& next, bool is_meddled_with)
    {
        int deleted = 0;
        for (auto due = next.decisions.rbegin(); due != next.decisions.rend(); ++due) {
            const auto victim = find(due->generation.id);
            if (due->fate != Fate::expire || victim == folder_.end())
                continue;
            Deletion d = deletion_of(*victim);
            d.newest_verified_seq = next.seq, d.deleted_before = deleted;
            d.clock_skew = mishap(20) ? 2h : 0h;
            const bool may_go = objections(d).empty();
            law(may_go || is_meddled_with || d.victim.is_busy || d.clock_skew > 0h,
                "what was planned, and is as it was, may go");
            if (!may_go || mishap(12))  // refused, or the deletion fails
                continue;
            law(is_good(d.victim) && !d.victim.is_busy && !must_rest(), "only the unused may go");
            law(d.victim.mark.mark.seq < next.seq, "the newest is kept");
            law(d.victim.mark.mark.taken + min_age_ <= now_, "nothing young is deleted");
            law(d.clock_skew == 0h, "an odd clock deletes nothing");
            const int before = good();
            remove(d.victim.id);
            law(good() >= std::min(before, std::max(keep_, 1)), "as many as are to be kept stay");
            law(++deleted <= 2, "at most two are deleted");
        }
    }

    unsigned long seed_;
    std::mt19937_64 random_;
    std::vector<VmFacts> folder_;
    std::set<std::string> foreign_;  ///< ids of what only its owner may touch
    int keep_ = 3, step_ = 0, made_ = 0;
    bool is_wild_ = true;
    std::chrono::seconds min_age_{0};
    Time now_{1569372067s};
    std::string broken_;
};

}  // namespace

TEST_CASE("rotation laws: undisturbed, the ring turns and exactly keep stay")
{
    CHECK(History(1).turn_the_ring(3, 9) == "01 02 03 04 01 02 03 04 01 ");
    for (const int keep : {1, 2, 4, 7, 30, 98}) {
        std::string slots;
        for (int i = 0; i < 2 * keep + 5; ++i)
            slots += fmt::format("{:02} ", i % (keep + 1) + 1);
        CHECK(History(1).turn_the_ring(keep, 2 * keep + 5) == slots);
    }
}

TEST_CASE("rotation laws: they hold in 10,000 wild histories")
{
    const char* wanted = std::getenv("VMROTATE_TEST_HISTORIES");
    const unsigned long count = wanted != nullptr ? std::stoul(wanted) : 10'000;
    for (unsigned long seed = 1; seed <= count; ++seed)
        CHECK(History(seed).play() == "");
}
