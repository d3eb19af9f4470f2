// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/tasks.hpp"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "soap/canceller.hpp"
#include "soap/properties.hpp"
#include "soap/retry.hpp"
#include "soap/values.hpp"
#include "soap/whole.hpp"

namespace vimclient::wire {

namespace {

constexpr std::chrono::seconds longest_wait{30};  // for one WaitForUpdatesEx
constexpr std::chrono::seconds glance{5};         // the same where a stop is to end the wait
constexpr std::chrono::seconds margin{15};
constexpr std::chrono::milliseconds poll_interval{2000};
constexpr int listening_limit = 3;  // failures in a row, before it is polled
constexpr int filters_limit = 32;   // of tasks that have ended, before the collector is dropped
constexpr std::chrono::seconds soon{2};
constexpr std::chrono::seconds first_progress{1};  // until it is asked for, then twice as long
constexpr std::chrono::seconds later_progress{8};  // up to this

// What was told of a task so far.
struct Told {
    std::string state;
    TaskEnd end;

    bool ended() const { return state == "success" || state == "error"; }
    void take(std::string_view property, const xsd__anyType* value);
};

void Told::take(std::string_view property, const xsd__anyType* value)
{
    if (property == "info.state") {
        state = text_of(value);
    } else if (property == "info.result") {
        end.result_id = id_of(value);
    } else if (property == "info.error") {
        if (const auto* error = dynamic_cast<const vim25__LocalizedMethodFault*>(value))
            end.error = server_fault(*error);
    }
}

class TaskWaiter {
public:
    TaskWaiter(Session& session, const std::string& task, const Watch& watch)
        : session_(session),
          task_(task),
          watch_(watch),
          end_(Clock::now() +
               (watch.limit.count() > 0 ? watch.limit : session.patience().task_limit)),
          line_(session.borrow()),
          canceller_(session, task, watch.stop),
          longest_(watch.progress ? first_progress : longest_wait)
    {
    }

    TaskEnd wait();

    /// The end of the task that was watched along, if it has come.
    std::optional<TaskEnd> along() const
    {
        const bool is_known = along_.state == "success" || along_.end.error;
        return along_.ended() && is_known ? std::optional(along_.end) : std::nullopt;
    }

private:
    void heed_stop();
    void linger();
    bool listen();
    void look();
    Query query_of_end() const;
    void start_listening();
    void find_collector();
    void make_collector();
    void drop_collector() noexcept;
    bool apply(const vim25__UpdateSet& updates);
    bool apply(const vim25__ObjectUpdate& update);
    bool is_missing(const vim25__PropertyFilterUpdate& filter);
    void take(std::string_view property, const xsd__anyType* value);
    bool ended() const { return told_.ended(); }
    bool complete() const;
    int wait_seconds() const;
    [[noreturn]] void lose(std::string_view why, Fault::Kind kind = Fault::Kind::unreachable) const;

    Session& session_;
    const std::string& task_;
    const Watch& watch_;
    Clock::time_point end_;
    Session::Borrowed line_;
    Canceller canceller_;

    std::string filter_;
    Told told_, along_;
    bool is_gone_ = false;
    std::chrono::seconds longest_;
    int percent_ = -1;
    int failures_ = 0;
    bool is_stopped_ = false;
};

void TaskWaiter::heed_stop()
{
    if (watch_.until.stop_requested())
        lose("interrupted", Fault::Kind::refused);
    if (is_stopped_ || !watch_.stop.stop_requested())
        return;
    is_stopped_ = true;
    canceller_.heed();
    end_ = std::min(end_, Clock::now() + session_.patience().cancel);
}

TaskEnd TaskWaiter::wait()
{
    while (!ended()) {
        heed_stop();
        if (Clock::now() >= end_)
            lose(is_stopped_ ? "it was cancelled and does not end" : "it takes too long",
                 Fault::Kind::refused);
        if (canceller_.denied())
            lose(fmt::format("it cannot be cancelled: {}", canceller_.why()));
        if (failures_ >= listening_limit)
            std::this_thread::sleep_for(poll_interval);
        if (failures_ >= listening_limit || !listen()) {
            look();
            longest_ = std::min(2 * longest_, watch_.progress ? later_progress : longest_wait);
        }
    }
    if (!complete())
        look();
    if (told_.state == "error" && !told_.end.error)
        told_.end.error.emplace(Fault::Kind::refused, "the task failed and does not say why", "",
                                "");
    linger();
    told_.end.is_gone = is_gone_;
    return told_.end;
}

// the other task may end at any moment: to wait here saves a reading later
void TaskWaiter::linger()
{
    const auto until = Clock::now() + soon;
    longest_ = soon;
    while (!watch_.along.empty() && !filter_.empty() && !along_.ended() && Clock::now() < until &&
           !session_.stop().requested()) {
        if (!listen())
            return;
    }
}

// false where there was no news
bool TaskWaiter::listen()
{
    try {
        if (filter_.empty())
            start_listening();
        Arena arena;
        auto* options = arena.make<vim25__WaitOptions>();
        options->maxWaitSeconds = arena.number(wait_seconds());
        auto* collector = arena.reference("PropertyCollector", line_->collector);
        vim25__WaitForUpdatesExResponse reply;
        const auto limit =
            std::chrono::seconds{wait_seconds()} + std::min(margin, session_.patience().reply);
        const Call call{"WaitForUpdatesEx", task_, limit, canceller_.denial()};
        line_->context.call(call, [&](::soap* s, const char* url, const char* action) {
            return soap_call_vim25__WaitForUpdatesEx(s, url, action, collector, line_->version,
                                                     options, reply);
        });
        const bool news = reply.returnval && apply(*reply.returnval);
        line_->context.release();
        session_.stop().answered();
        failures_ = 0;
        return news;
    } catch (const Fault&) {  // what it means is seen by reading
        line_->context.release();
        filter_.clear();
        line_->version.clear();
        ++failures_;
        return false;
    }
}

// without the progress: every step of it would end a wait, and who shows it looks now and then
Query TaskWaiter::query_of_end() const
{
    Query query{.root_type = "Task",
                .roots = {task_},
                .steps = {},
                .wanted = {{"Task", {"info.state", "info.result", "info.error"}}}};
    if (!watch_.along.empty())
        query.roots.push_back(watch_.along);
    return query;
}

void TaskWaiter::make_collector()
{
    Arena arena;
    vim25__CreatePropertyCollectorResponse made;
    auto* parent = arena.reference("PropertyCollector", session_.services().property_collector);
    line_->context.call(
        {"CreatePropertyCollector"}, [&](::soap* s, const char* url, const char* action) {
            return soap_call_vim25__CreatePropertyCollector(s, url, action, parent, made);
        });
    line_->collector = require(made.returnval, "CreatePropertyCollector").__item;
    line_->is_own = true;
}

// its filters go with it
void TaskWaiter::drop_collector() noexcept
{
    try {
        if (line_->is_own) {
            Arena arena;
            auto* self = arena.reference("PropertyCollector", line_->collector);
            vim25__DestroyPropertyCollectorResponse reply;
            line_->context.call({"DestroyPropertyCollector", line_->collector, farewell},
                                [&](::soap* s, const char* url, const char* action) {
                                    return soap_call_vim25__DestroyPropertyCollector(s, url, action,
                                                                                     self, reply);
                                });
        }
    } catch (const std::exception&) {  // it ends with the session
    }
    line_->collector.clear();
}

void TaskWaiter::find_collector()
{
    if (line_->filters >= filters_limit)
        drop_collector();
    if (!line_->collector.empty())
        return;
    line_->version.clear();
    line_->filters = 0;
    line_->is_own = false;
    line_->collector = session_.take_collector();
    if (line_->collector.empty())
        make_collector();
}

void TaskWaiter::start_listening()
{
    find_collector();
    Arena arena;
    auto* spec = filter_spec(arena, query_of_end());
    if (!watch_.gone.empty()) {
        const Query vm{.root_type = "VirtualMachine",
                       .roots = {watch_.gone},
                       .wanted = {{"VirtualMachine", {"name"}}}};
        const auto* other = filter_spec(arena, vm);
        spec->propSet.push_back(other->propSet.front());
        spec->objectSet.push_back(other->objectSet.front());
    }
    auto* collector = arena.reference("PropertyCollector", line_->collector);
    vim25__CreateFilterResponse reply;
    line_->context.call(
        {"CreateFilter", task_}, [&](::soap* s, const char* url, const char* action) {
            return soap_call_vim25__CreateFilter(s, url, action, collector, spec, false, reply);
        });
    filter_ = require(reply.returnval, "CreateFilter").__item;
    ++line_->filters;
}

// true where the task was spoken of; what is missing there must be read
bool TaskWaiter::apply(const vim25__UpdateSet& updates)
{
    line_->version = updates.version;
    bool news = false;
    for (const vim25__PropertyFilterUpdate* filter : whole(updates.filterSet)) {
        if (is_missing(*filter))
            return false;
        for (const vim25__ObjectUpdate* update : whole(filter->objectSet)) {
            const std::string id = id_of(update->obj);
            if (id == watch_.gone && !id.empty())
                is_gone_ = update->kind == "leave";
            if (id == watch_.along && !id.empty())
                for (const vim25__PropertyChange* change : whole(update->changeSet))
                    along_.take(change->name, change->val);
            if (id == watch_.gone || id == watch_.along)
                news = true;
            if (id != task_)
                continue;
            if (!apply(*update))
                return false;
            news = true;
        }
    }
    return news || (updates.truncated && parse_flag(*updates.truncated));
}

// of older filters nothing matters
bool TaskWaiter::is_missing(const vim25__PropertyFilterUpdate& filter)
{
    for (const vim25__MissingObject* missing : whole(filter.missingSet)) {
        const std::string id = id_of(missing->obj);
        if (id == watch_.gone && !id.empty())
            is_gone_ = missing->fault && missing->fault->fault &&
                       server_fault(*missing->fault).type() == "ManagedObjectNotFound";
        if (id == task_)
            return true;
    }
    return false;
}

bool TaskWaiter::apply(const vim25__ObjectUpdate& update)
{
    if (update.kind == "leave" || !update.missingSet.empty())
        return false;
    for (const vim25__PropertyChange* change : whole(update.changeSet))
        take(change->name, change->val);
    return true;
}

void TaskWaiter::take(std::string_view property, const xsd__anyType* value)
{
    told_.take(property, value);
    if (property != "info.progress")
        return;
    const auto percent = static_cast<int>(parse_number(text_of(value)).value_or(percent_));
    if (percent != percent_ && watch_.progress)
        watch_.progress(std::clamp(percent, 0, 100));
    percent_ = percent;
}

void TaskWaiter::look()
{
    Query wanted = query_of_end();
    if (watch_.progress)
        wanted.wanted.front().paths.emplace_back("info.progress");
    bool found = false;
    try {
        const auto read = [&](Line& line) {
            retrieve(session_, line, wanted, [&](const Object& object) {
                if (object.id() != task_)
                    return;
                object.demand_complete();
                for (const std::string& property : wanted.wanted.front().paths)
                    take(property, object.find(property));
                found = true;
            });
        };
        session_.read_on(*line_, read, OnStop::go_on);
    } catch (const Fault& fault) {
        const bool ours =
            fault.kind() == Fault::Kind::untrusted || fault.kind() == Fault::Kind::logon;
        lose(fault.what(), ours ? fault.kind() : Fault::Kind::unreachable);
    }
    if (!found)
        lose("the server no longer knows the task", Fault::Kind::refused);
}

bool TaskWaiter::complete() const
{
    return told_.state == "error" ? told_.end.error.has_value()
                                  : !watch_.needs_result || !told_.end.result_id.empty();
}

int TaskWaiter::wait_seconds() const
{
    const auto left = std::chrono::ceil<std::chrono::seconds>(end_ - Clock::now()).count();
    const auto usual = watch_.until.stop_possible() ? glance : longest_;
    const auto most = std::min(usual, session_.patience().reply).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 1, most));
}

void TaskWaiter::lose(std::string_view why, Fault::Kind kind) const
{
    throw OutcomeUnknown(kind, fmt::format("the end of {} is not known: {}", watch_.what, why));
}

}  // namespace

TaskEnd wait_for_task(Session& session, const std::string& task, const Watch& watch,
                      std::optional<TaskEnd>* along)
{
    TaskWaiter waiter(session, task, watch);
    TaskEnd end = waiter.wait();
    if (along)
        *along = waiter.along();
    return end;
}

}  // namespace vimclient::wire
