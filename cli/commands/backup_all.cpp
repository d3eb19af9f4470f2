// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands/backup_all.hpp"

#include <algorithm>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "commands/backup_result.hpp"
#include "commands/each_vm.hpp"
#include "commands/musters.hpp"
#include "commands/options.hpp"
#include "fleet/job_hooks.hpp"
#include "fleet/runner.hpp"
#include "fleet/window.hpp"
#include "job/explain.hpp"
#include "job/muster.hpp"
#include "job/neighbours.hpp"

namespace vmrotate::cli {
namespace {

/// One run over many VMs.
class Backups {
public:
    Backups(const Context& context, const Night& night)
        : context_(context),
          night_(night),
          selection_(night.chosen.assignments),
          sources_(source_names(night.chosen.config, selection_)),
          neighbours_(std::make_shared<job::Neighbours>(context.environment.clock.steady)),
          hooks_(selection_, jobs_of(night.chosen.lacks), hook_means())
    {
    }

    report::Night run()
    {
        for (const fleet::Lack& lack : night_.chosen.lacks)
            tell({.vm = lack.line, .error = lack.error});
        if (!selection_.empty())
            act();
        hooks_.finish();
        return {.results = std::move(results_),
                .vms = selection_.size() + night_.chosen.lacks.size(),
                .jobs = std::move(jobs_)};
    }

private:
    using Numbers = std::vector<std::size_t>;

    void act()
    {
        if (selection_.size() > 1 || is_fresh_possible())
            began_ = job::explaining("ask for the time", [&] { return night_.vsphere.now(); });
        const auto left = is_simple() ? act_alone() : act_together();
        if (!left.empty())
            add_interrupted(left.front());
    }

    static std::vector<std::string> jobs_of(const std::vector<fleet::Lack>& lacks)
    {
        std::vector<std::string> jobs;
        for (const fleet::Lack& lack : lacks)
            jobs.push_back(lack.job);
        return jobs;
    }

    fleet::JobHooks::Means hook_means()
    {
        return {.runner = context_.environment.hooks.get(),
                .watch = [this](const auto& job) { return make_job_progress(context_, job); },
                .tell =
                    [this](const job::JobEnd& end) {
                        const std::scoped_lock lock(speaking_);
                        jobs_.push_back(end);
                        night_.tell_job(end);
                    },
                .stop = context_.environment.stop};
    }

    const config::Assignment& assignment(std::size_t vm) const { return selection_[vm]; }

    /// Where nothing takes time before the only VM, nobody can have been faster.
    bool is_fresh_possible() const
    {
        const config::Assignment& first = selection_.front();
        return is_of_a_job(first) &&
               (first.rules.min_interval.count() > 0 || !first.rules.before_job.empty());
    }

    /// One VM needs neither threads nor limits.
    bool is_simple() const
    {
        return selection_.size() == 1 && selection_.front().policy.deadline.count() == 0;
    }

    Numbers act_alone()
    {
        const config::Assignment& only = assignment(0);
        const Clock& clock = context_.environment.clock;
        if (only.by_name || fleet::is_open(only.rules, clock.stamp(clock.now())))
            back_up_one(0, nullptr, context_.environment.stop, [] { return false; });
        else
            skip(0, fleet::closed_text(only.rules));
        return {};
    }

    Numbers act_together()
    {
        std::vector<fleet::Waiting> waiting;
        for (std::size_t vm = 0; vm < selection_.size(); ++vm)
            waiting.push_back({.vm = vm,
                               .rules = assignment(vm).rules,
                               .by_name = assignment(vm).by_name,
                               .source = assignment(vm).vm});
        tie_together(waiting);
        look_ahead(waiting);
        const fleet::Crew crew{
            .act = [this](const fleet::Turn& turn) { back_up_or_tell(turn); },
            .skip = [this](std::size_t vm, const std::string& reason) { skip(vm, reason); },
            .drop = [this](std::size_t vm) { leave(vm, "there is no thread for it"); },
            .deadline = [this](std::size_t vm) -> std::chrono::milliseconds {
                return assignment(vm).policy.deadline;
            }};
        return fleet::run(std::move(waiting), context_.environment.clock, context_.environment.stop,
                          crew);
    }

    /// Where not all are begun at once, the order counts, and what each one puts a load on.
    void look_ahead(std::vector<fleet::Waiting>& waiting)
    {
        const bool all_at_once = std::ranges::all_of(selection_, [&](const auto& each) {
            return selection_.size() <= static_cast<std::size_t>(each.rules.concurrency);
        });
        if (all_at_once && !night_.chosen.inventory)
            return;
        const auto inventory = night_.chosen.inventory
                                   ? *night_.chosen.inventory
                                   : read_inventory(night_.vsphere, night_.chosen.config,
                                                    night_.options, context_.environment.clock);
        neighbours_ = inventory.places.neighbours();
        std::map<std::string, const vimclient::Standing*> standings;
        std::map<std::string, int> bearers;
        for (const vimclient::Standing& standing : inventory.standings) {
            standings[standing.ref.name] = &standing;
            ++bearers[standing.ref.name];
        }
        for (fleet::Waiting& vm : waiting) {
            const config::Assignment& meant = assignment(vm.vm);
            const auto found = standings.find(meant.vm);
            if (found == standings.end())
                continue;
            const vimclient::Standing& standing = *found->second;
            const fleet::Places::Ring ring{standing.datacenter_id, meant.policy.folder, meant.vm,
                                           meant.policy.set};
            vm.newest = inventory.places.newest(ring);
            vm.place.source_datastore_ids = standing.datastore_ids;
            vm.place.target_datastore_id =
                inventory.places.datastore(standing.datacenter_id, meant.policy.datastore);
            if (bearers[meant.vm] == 1)
                found_[vm.vm] = inventory.places.hint(standing, meant.policy);
            if (const auto copying = inventory.places.unfinished(ring))
                note_being_made(vm.vm, *copying);
        }
    }

    /// The groups that take part, and who is to come last and alone.
    void tie_together(std::vector<fleet::Waiting>& waiting)
    {
        musters_ = musters_of(night_.chosen.config, selection_);
        for (const auto& [vm, muster] : musters_)
            waiting[vm].group = muster->rules().name;
        const std::string own = own_vm();
        for (fleet::Waiting& vm : waiting) {
            vm.alone = assignment(vm.vm).policy.self || vm.source == own;
            if (vm.alone && !vm.group.empty())
                throw Error(ErrorKind::usage,
                            fmt::format("'{}' of the group '{}' is the VM of this vCenter, which "
                                        "is backed up last and alone",
                                        vm.source, vm.group),
                            "take it out of the group");
        }
    }

    /// The name of the VM in which this vCenter runs; empty where nobody can tell.
    std::string own_vm() const
    {
        try {
            const auto found = night_.vsphere.own_vm();
            return found ? found->name : std::string();
        } catch (const vimclient::Fault&) {  // it is a courtesy, and `self` says it for certain
            return {};
        }
    }

    /// Whoever waits for it need not any more.
    void leave(std::size_t vm, const std::string& sentence,
               job::Muster::Why why = job::Muster::Why::failed)
    {
        if (const auto muster = musters_.find(vm); muster != musters_.end())
            muster->second->leave(assignment(vm).vm, sentence, why);
    }

    void leave_with(std::size_t vm, const report::VmResult& result)
    {
        if (!result.skipped.empty())
            return leave(vm, result.skipped, job::Muster::Why::skipped);
        leave(vm, result.error ? result.error->what() : "it has ended");
    }

    void back_up_one(std::size_t vm, job::Gate* gate, const std::stop_token& stop,
                     const std::function<bool()>& is_late)
    {
        const auto progress = make_progress(context_, assignment(vm).vm);
        auto run = make_run(context_, assignment(vm), sources_, *progress);
        run.stop = stop;
        run.gate = gate;
        run.hints = night_.hints;
        run.neighbours = neighbours_.get();
        if (const auto found = found_.find(vm); found != found_.end())
            run.found = found->second;
        run.fresh_since = fresh_since(vm);
        if (const auto made = being_made_.find(vm); made != being_made_.end())
            run.made_by_another = made->second;
        if (const auto muster = musters_.find(vm); muster != musters_.end())
            run.muster = muster->second.get();
        const auto refusal = hooks_.enter(vm, *progress);
        auto result = refusal ? refused_by_job(assignment(vm), *refusal)
                              : back_up(night_.vsphere, run, is_late);
        if (refusal)
            leave(vm, refusal->what());
        else
            leave_with(vm, result);
        {
            const std::scoped_lock lock(speaking_);
            progress->done();
            result.warnings = progress->warnings();
            result.healed = progress->deeds();
            end(vm, std::move(result));
        }
        hooks_.run_due();
    }

    /// Nothing may leave a thread.
    void back_up_or_tell(const fleet::Turn& turn)
    {
        try {
            back_up_one(turn.vm, &turn.gate, turn.stop, turn.is_late);
        } catch (const std::exception& e) {
            leave(turn.vm, e.what());
            const std::scoped_lock lock(speaking_);
            end(turn.vm,
                {.vm = assignment(turn.vm).vm, .error = Error(ErrorKind::failed, e.what())});
        }
    }

    void skip(std::size_t vm, const std::string& reason)
    {
        report::VmResult result{.vm = assignment(vm).vm};
        skip_for_window(assignment(vm), reason, result);
        leave(vm, reason, job::Muster::Why::skipped);
        const std::scoped_lock lock(speaking_);
        end(vm, std::move(result));
    }

    void add_interrupted(std::size_t vm)
    {
        if (!results_.empty())
            results_.back().signal_code = context_.environment.signal_exit_code();
        else
            tell({.vm = assignment(vm).vm,
                  .error = Error(ErrorKind::interrupted, "interrupted before it was begun")});
    }

    void end(std::size_t vm, report::VmResult result)
    {
        using How = fleet::JobHooks::How;
        const How how = result.is_skipped() ? How::skipped : result.ok() ? How::done : How::failed;
        hooks_.ended(vm, how, trouble_of(result));
        tell(std::move(result));
    }

    void tell(report::VmResult result)
    {
        if (context_.environment.stop.stop_requested() &&
            (result.error || (result.outcome && !result.ok())))
            result.signal_code = context_.environment.signal_exit_code();
        results_.push_back(std::move(result));
        night_.tell(results_.back());
    }

    /// What another runner has done meanwhile is not done again, nor what is young enough.
    std::optional<std::chrono::sys_seconds> fresh_since(std::size_t vm) const
    {
        if (!began_ || !is_of_a_job(assignment(vm)))
            return {};
        return *began_ - assignment(vm).rules.min_interval;
    }

    /// What has been unfinished for longer is nobody's any more.
    void note_being_made(std::size_t vm, std::chrono::sys_seconds taken)
    {
        constexpr std::chrono::hours longest{12};
        if (began_ && taken + longest > *began_)
            being_made_[vm] = taken;
    }

    const Context& context_;
    const Night& night_;
    const std::vector<config::Assignment>& selection_;
    std::vector<std::string> sources_;
    std::shared_ptr<job::Neighbours> neighbours_;
    std::map<std::size_t, job::Hint> found_;                       ///< what the inventory told
    std::map<std::size_t, std::chrono::sys_seconds> being_made_;   ///< by another run, since when
    std::optional<std::chrono::sys_seconds> began_;                ///< by the server's clock
    std::map<std::size_t, std::shared_ptr<job::Muster>> musters_;  ///< of those in a group
    std::mutex speaking_;                                          ///< whoever adds a result
    std::vector<report::VmResult> results_;
    std::vector<job::JobEnd> jobs_;
    fleet::JobHooks hooks_;  // last: what it tells goes into the others
};

}  // namespace

report::Night back_up_all(const Context& context, const Night& night)
{
    return Backups(context, night).run();
}

}  // namespace vmrotate::cli
