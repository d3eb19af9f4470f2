// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "soap/arena.hpp"
#include "soap/context.hpp"
#include "soap/retry.hpp"

namespace vimclient::wire {

/// A connection that belongs to the session.
struct Line {
    Line(const Endpoint& endpoint, Verifier& verifier, const Patience& patience,
         const std::string& user_agent)
        : context(endpoint, verifier, patience, user_agent)
    {
    }

    Context context;
    unsigned logon = 0;  ///< the logon whose cookie it carries
    /// A PropertyCollector that only this line waits with; empty: none yet. `version` is what
    /// was told last, of so many `filters`; those of tasks that have ended tell nothing more.
    std::string collector, version;
    int filters = 0;
    bool is_own = false;  ///< made for it, not the session's
};

/// The ids of the objects that every session has.
struct Services {
    std::string root_folder, property_collector, view_manager, session_manager;
    std::string event_manager;          ///< empty where the server has none
    std::string custom_fields_manager;  ///< likewise
    std::string search_index;           ///< likewise
};

/// One logon, shared by several connections. It knows what may be repeated and what may not.
/// All calls may be made from several threads at once.
class Session {
public:
    using Work = std::function<void(Line&)>;

    /// Reads about, logs in. Fails at once where the server is away. Throws Cancelled when
    /// `stop` is requested.
    Session(const Endpoint& endpoint, const Trust& trust, const Logon& logon,
            const Patience& patience, const std::string& user_agent, std::stop_token stop);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    const Endpoint& endpoint() const { return endpoint_; }
    const ServerInfo& server() const { return server_; }
    const Services& services() const { return services_; }
    const Patience& patience() const { return patience_; }
    Stop& stop() { return stop_; }

    /// Does `work`, which changes nothing, and does all of it again while the server is away
    /// or once the session has expired; no more once `over` is requested.
    void read(const Work& work, const std::stop_token& over = {});

    /// The same on a line that is already held.
    void read_on(Line& line, const Work& work, OnStop on_stop = OnStop::give_up,
                 const std::stop_token& over = {});

    /// Does `work`, which makes one changing call. It is done again only where the server
    /// cannot have executed it. Throws OutcomeUnknown where its answer is lost.
    void change(const Work& work, OnStop on_stop = OnStop::give_up);

    /// The same, but tried once and at once: what was decided upon must not age.
    void change_once(const Work& work);

    template <class Result>
    Result reading(const std::function<Result(Line&)>& work)
    {
        std::optional<Result> result;
        read([&](Line& line) { result.emplace(work(line)); });
        return std::move(*result);
    }

    /// The collector that each session has, for the first line that waits; empty for others.
    std::string take_collector();

    /// A connection that nobody uses; it is given back when the handle ends.
    class Borrowed;
    Borrowed borrow();

    /// Ends the session; whatever is called later fails with Kind::logon.
    void logout();

private:
    std::unique_ptr<Line> make_line();
    void read_about();
    void repeat_while_starting(const std::function<void()>& call);
    void log_in();
    void prepare(Line& line);
    void renew(unsigned failed_logon);
    void check_connection(Line& line, OnStop on_stop);
    void give_back(std::unique_ptr<Line> line);
    vim25__ManagedObjectReference* manager(Arena& arena) const;

    Endpoint endpoint_;
    Logon logon_;
    Patience patience_;
    Stop stop_;
    std::string user_agent_, action_;
    Verifier verifier_;
    ServerInfo server_;
    Services services_;

    std::mutex mutex_;  // guards what follows
    std::vector<std::unique_ptr<Line>> idle_;
    std::string cookie_;
    unsigned logons_ = 0;
    unsigned collector_taken_ = 0;  // in which logon
    bool ended_ = false;
    std::mutex renewal_;  // one thread logs in, the others wait
};

class Session::Borrowed {
public:
    Borrowed(Session& session, std::unique_ptr<Line> line)
        : session_(session), line_(std::move(line))
    {
    }
    ~Borrowed() { session_.give_back(std::move(line_)); }
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;

    Line& operator*() { return *line_; }
    Line* operator->() { return line_.get(); }

private:
    Session& session_;
    std::unique_ptr<Line> line_;
};

/// Throws Fault (unreachable) "incomplete reply" for a null pointer.
template <class T>
T& require(T* part, std::string_view method)
{
    if (!part)
        throw Fault(Fault::Kind::unreachable, "incomplete reply to " + std::string(method));
    return *part;
}

}  // namespace vimclient::wire
