// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/session.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <openssl/crypto.h>

#include "soap/values.hpp"
#include "soap/versions.hpp"
#include "soap/wiped_text.hpp"

namespace vimclient::wire {

namespace {

constexpr int garbled_limit = 2;

// as long as it lives, a stop ends the wait for an answer of this connection
class EndedByStop {
public:
    EndedByStop(Context& context, const Stop* stop) : context_(context)
    {
        context_.give_up_with(stop);
    }
    ~EndedByStop() { context_.give_up_with(nullptr); }
    EndedByStop(const EndedByStop&) = delete;
    EndedByStop& operator=(const EndedByStop&) = delete;

private:
    Context& context_;
};

bool is_not_authenticated(const ServerFault& fault)
{
    return fault.type() == "NotAuthenticated";
}

}  // namespace

Session::Session(const Endpoint& endpoint, const Trust& trust, const Logon& logon,
                 const Patience& patience, const std::string& user_agent, std::stop_token stop)
    : endpoint_(endpoint),
      logon_(logon),
      patience_(patience),
      stop_(std::move(stop), patience.undo),
      user_agent_(user_agent),
      action_(soap_action("")),
      verifier_(endpoint, trust)
{
    read_about();
    log_in();
}

Session::~Session()
{
    try {
        logout();
    } catch (...) {  // the server ends an idle session by itself
    }
    OPENSSL_cleanse(cookie_.data(), cookie_.size());
}

std::unique_ptr<Line> Session::make_line()
{
    auto line = std::make_unique<Line>(endpoint_, verifier_, patience_, user_agent_);
    line->context.set_action(action_);
    return line;
}

// A server that accepts the connection and does not speak SOAP yet is starting. One that
// cannot be reached at all is told at once: somebody may wait at a terminal.
void Session::repeat_while_starting(const std::function<void()>& call)
{
    for (Retry retry(patience_.retry_for, stop_, OnStop::give_up);;) {
        if (stop_.requested())
            throw Cancelled{};
        try {
            return call();
        } catch (const NoAnswer& lost) {
            if (!lost.sent() || lost.reason() == NoAnswer::Reason::garbled)
                throw;
            if (!retry.pause() && !stop_.requested())
                throw;
        }
    }
}

void Session::read_about()
{
    auto line = make_line();
    Arena arena;
    vim25__RetrieveServiceContentResponse reply;
    const Call call{"RetrieveServiceContent"};
    auto* self = arena.reference("ServiceInstance", "ServiceInstance");
    repeat_while_starting([&] {
        line->context.release();
        line->context.call(call, [&](::soap* s, const char* url, const char* action) {
            return soap_call_vim25__RetrieveServiceContent(s, url, action, self, reply);
        });
    });
    const auto& content = require(reply.returnval, call.method);
    const auto& about = require(content.about, call.method);
    services_ = {.root_folder = require(content.rootFolder, call.method).__item,
                 .property_collector = require(content.propertyCollector, call.method).__item,
                 .view_manager = id_of(content.viewManager),
                 .session_manager = require(content.sessionManager, call.method).__item,
                 .event_manager = id_of(content.eventManager),
                 .custom_fields_manager = id_of(content.customFieldsManager),
                 .search_index = id_of(content.searchIndex)};
    server_ = {.full_name = about.fullName,
               .api_version = about.apiVersion,
               .instance_uuid = about.instanceUuid ? *about.instanceUuid : "",
               .is_vcenter = about.apiType == "VirtualCenter"};
    action_ = soap_action(about.apiVersion);
    line->context.release();
    line->context.set_action(action_);
    line->context.set_cookie({});
    give_back(std::move(line));
}

// on a connection of its own, so that no buffer that held the password lives on
void Session::log_in()
{
    Context context(endpoint_, verifier_, patience_, user_agent_);
    context.set_action(action_);
    Arena arena;
    WipedText user(logon_.user);
    WipedText password(logon_.password);
    vim25__LoginResponse reply;
    const Call call{"Login"};
    context.call(call, [&](::soap* s, const char* url, const char* action) {
        return soap_call_vim25__Login(s, url, action, manager(arena), user.data(), password.data(),
                                      reply);
    });
    require(reply.returnval, call.method);
    if (context.cookie().empty())
        throw Fault(Fault::Kind::logon, "the server gave no session with the logon");
    const std::lock_guard lock(mutex_);
    cookie_ = context.cookie();
    ++logons_;
}

vim25__ManagedObjectReference* Session::manager(Arena& arena) const
{
    return arena.reference("SessionManager", services_.session_manager);
}

Session::Borrowed Session::borrow()
{
    std::unique_ptr<Line> line;
    {
        const std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            line = std::move(idle_.back());
            idle_.pop_back();
        }
    }
    return {*this, line ? std::move(line) : make_line()};
}

void Session::give_back(std::unique_ptr<Line> line)
{
    line->context.release();
    const std::lock_guard lock(mutex_);
    if (!ended_)
        idle_.push_back(std::move(line));
}

void Session::prepare(Line& line)
{
    const std::lock_guard lock(mutex_);
    if (ended_)
        throw Fault(Fault::Kind::logon, "the session has been ended");
    if (line.logon == logons_)
        return;
    line.context.set_cookie(cookie_);
    line.logon = logons_;
    line.collector.clear();
    line.version.clear();
}

std::string Session::take_collector()
{
    const std::lock_guard lock(mutex_);
    const bool is_taken = std::exchange(collector_taken_, logons_) == logons_;
    return is_taken ? std::string() : services_.property_collector;
}

void Session::renew(unsigned failed_logon)
{
    const std::lock_guard one_at_a_time(renewal_);
    {
        const std::lock_guard lock(mutex_);
        if (ended_ || logons_ != failed_logon)
            return;
    }
    log_in();
}

void Session::read(const Work& work, const std::stop_token& over)
{
    auto line = borrow();
    read_on(*line, work, OnStop::give_up, over);
}

void Session::read_on(Line& line, const Work& work, OnStop on_stop, const std::stop_token& over)
{
    Retry retry(patience_.retry_for, stop_, on_stop);
    const bool ends = on_stop == OnStop::give_up && !stop_.requested();
    const EndedByStop end(line.context, ends ? &stop_ : nullptr);
    bool expired = false, renewed = false;
    for (int garbled = 0;;) {
        try {
            if (expired)
                renew(line.logon);
            expired = false;
            prepare(line);
            work(line);
            return stop_.answered();
        } catch (const NoAnswer& lost) {
            garbled += lost.reason() == NoAnswer::Reason::garbled ? 1 : 0;
            if (lost.reason() == NoAnswer::Reason::abandoned || garbled > garbled_limit ||
                !retry.pause(over))
                throw;
            renewed = false;  // a server that starts anew knows no session
        } catch (const ServerFault& fault) {
            if (!is_not_authenticated(fault) || std::exchange(renewed, true))
                throw;
            expired = true;
        }
        line.context.release();
    }
}

// a change goes over a connection that has just been seen to work
void Session::check_connection(Line& line, OnStop on_stop)
{
    if (line.context.fresh())
        return prepare(line);
    const Work ask = [](Line& tested) {
        Arena arena;
        vim25__CurrentTimeResponse reply;
        auto* self = arena.reference("ServiceInstance", "ServiceInstance");
        tested.context.call({"CurrentTime"}, [&](::soap* s, const char* url, const char* action) {
            return soap_call_vim25__CurrentTime(s, url, action, self, reply);
        });
    };
    read_on(line, ask, on_stop);
}

void Session::change(const Work& work, OnStop on_stop)
{
    auto line = borrow();
    Retry retry(patience_.retry_for, stop_, on_stop);
    for (bool expired = false, renewed = false;;) {
        check_connection(*line, on_stop);
        try {
            work(*line);
            return stop_.answered();
        } catch (const NoAnswer& lost) {
            if (lost.sent())
                throw OutcomeUnknown(lost.kind(),
                                     fmt::format("{}; it may have been done", lost.what()));
            if (!retry.pause())
                throw;
        } catch (const ServerFault& fault) {
            if (!is_not_authenticated(fault) || std::exchange(renewed, true))
                throw;
            expired = true;
        }
        line->context.release();
        if (std::exchange(expired, false))
            read_on(
                *line, [this, failed = line->logon](Line&) { renew(failed); }, on_stop);
    }
}

void Session::change_once(const Work& work)
{
    auto line = borrow();
    prepare(*line);
    try {
        work(*line);
    } catch (const NoAnswer& lost) {
        if (!lost.sent())
            throw;
        throw OutcomeUnknown(lost.kind(), fmt::format("{}; it may have been done", lost.what()));
    }
}

void Session::logout()
{
    auto line = borrow();
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(ended_, true) || logons_ == 0)
            return;
        line->context.set_cookie(cookie_);
    }
    Arena arena;
    vim25__LogoutResponse reply;
    const Call call{.method = "Logout", .limit = farewell};
    line->context.call(call, [&](::soap* s, const char* url, const char* action) {
        return soap_call_vim25__Logout(s, url, action, manager(arena), reply);
    });
}

}  // namespace vimclient::wire
