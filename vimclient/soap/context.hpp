// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <soapStub.h>

#include "connect.hpp"
#include "soap/faults.hpp"
#include "soap/retry.hpp"
#include "soap/trust.hpp"

namespace vimclient::wire {

using Clock = std::chrono::steady_clock;

/// The limit of calls that only tidy up on the server.
inline constexpr std::chrono::seconds farewell{10};

/// What is asked, for messages and for the deadline.
struct Call {
    std::string method;             ///< "CloneVM_Task"
    std::string object = {};        ///< "vm-42"; empty for the server as such
    std::chrono::seconds limit{0};  ///< for the request and its whole reply; 0: as usual
    const std::atomic<bool>* abandon = nullptr;  ///< ends the wait for the reply once it is set
};

/// One connection to the server: a gSOAP context with its limits, its TLS, its hooks.
///
/// Used by one thread at a time. It connects when it must and stays connected; it repeats
/// nothing. The decoded objects of replies live until the next `release`.
class Context {
public:
    /// A generated soap_call_* function with everything but these three bound.
    using Invoke = std::function<int(::soap*, const char* url, const char* action)>;

    Context(const Endpoint& endpoint, Verifier& verifier, const Patience& patience,
            std::string user_agent);
    ~Context();
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    /// Throws ServerFault, NoAnswer, or Fault (untrusted).
    void call(const Call& call, const Invoke& invoke);

    /// Ends the wait for a reply a while after this stop; null: nothing does.
    void give_up_with(const Stop* stop) { stop_ = stop; }

    /// Frees what the last replies were decoded into.
    void release();

    void close();

    /// Connected, not closed from the other side, and not idle for long.
    bool fresh();

    void set_action(std::string action) { action_ = std::move(action); }
    void set_cookie(std::string cookie) { cookie_ = std::move(cookie); }
    const std::string& cookie() const { return cookie_; }

    /// Wipes what a request may have left in the buffers.
    void wipe();

private:
    struct Deleter {
        void operator()(::soap* context) const;
    };

    static Context& of(::soap* context) { return *static_cast<Context*>(context->user); }
    static int post_header(::soap* context, const char* name, const char* value);
    static int parse_header(::soap* context, const char* name, const char* value);
    static SOAP_SOCKET open(::soap* context, const char* url, const char* host, int port);
    static int close_hook(::soap* context);
    static int send(::soap* context, const char* data, std::size_t size);
    static std::size_t receive(::soap* context, char* data, std::size_t size);

    void set_limits();
    void set_hooks();
    bool wait_readable();
    bool quiet();
    int seconds_left() const;
    [[noreturn]] void fail(const Call& call, int code);
    std::string reason_text(int code) const;

    Endpoint endpoint_;
    Patience patience_;
    std::string url_, action_, cookie_, user_agent_;
    std::unique_ptr<::soap, Deleter> soap_;
    Verdict verdict_;
    Clock::time_point deadline_{}, last_used_{};
    std::chrono::seconds limit_{0};
    const std::atomic<bool>* abandon_ = nullptr;
    const Stop* stop_ = nullptr;
    bool sent_ = false, timed_out_ = false, abandoned_ = false;

    decltype(::soap::fposthdr) original_post_ = nullptr;
    decltype(::soap::fparsehdr) original_parse_ = nullptr;
    decltype(::soap::fopen) original_open_ = nullptr;
    decltype(::soap::fclose) original_close_ = nullptr;
    decltype(::soap::fsend) original_send_ = nullptr;
    decltype(::soap::frecv) original_receive_ = nullptr;
};

}  // namespace vimclient::wire
