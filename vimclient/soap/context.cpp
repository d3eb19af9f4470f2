// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/context.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <mutex>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

// The prefixes of requests and replies; gSOAP looks for a table of this name.
SOAP_NMAC struct Namespace namespaces[] = {
    {"SOAP-ENV", "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/*/soap-envelope",
     nullptr},
    {"SOAP-ENC", "http://schemas.xmlsoap.org/soap/encoding/", "http://www.w3.org/*/soap-encoding",
     nullptr},
    {"xsi", "http://www.w3.org/2001/XMLSchema-instance", "http://www.w3.org/*/XMLSchema-instance",
     nullptr},
    {"xsd", "http://www.w3.org/2001/XMLSchema", "http://www.w3.org/*/XMLSchema", nullptr},
    {"vim25", "urn:vim25", nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr}};

namespace vimclient::wire {

namespace {

constexpr std::string_view session_cookie = "vmware_soap_session=";
constexpr std::chrono::seconds idle_limit{20};
constexpr std::chrono::milliseconds poll_slice{250};

void initialise_once()
{
    static std::once_flag once;
    std::call_once(once, [] { soap_ssl_init(); });
}

}  // namespace

void Context::Deleter::operator()(::soap* context) const
{
    soap_destroy(context);
    soap_end(context);
    OPENSSL_cleanse(context->buf, sizeof context->buf);
    soap_free(context);
}

Context::Context(const Endpoint& endpoint, Verifier& verifier, const Patience& patience,
                 std::string user_agent)
    : endpoint_(endpoint), patience_(patience), user_agent_(std::move(user_agent))
{
    initialise_once();
    const bool is_v6 = endpoint.host.find(':') != std::string::npos;
    url_ = fmt::format("https://{}{}{}:{}{}", is_v6 ? "[" : "", endpoint.host, is_v6 ? "]" : "",
                       endpoint.port, endpoint.path);
    const soap_mode mode = SOAP_IO_KEEPALIVE | SOAP_C_UTFSTRING | SOAP_XML_TREE | SOAP_IO_BUFFER;
    soap_.reset(soap_new2(mode, mode | SOAP_XML_DEFAULTNS));
    if (!soap_)
        throw std::bad_alloc();
    set_limits();
    set_hooks();
    // the host is checked by the verifier
    constexpr unsigned short flags = SOAP_SSL_REQUIRE_SERVER_AUTHENTICATION |
                                     SOAP_SSL_SKIP_HOST_CHECK | SOAP_SSL_NO_DEFAULT_CA_PATH |
                                     SOAP_TLSv1_2 | SOAP_TLSv1_3;
    if (soap_ssl_client_context(soap_.get(), flags, nullptr, nullptr, nullptr, nullptr, nullptr))
        throw Fault(Fault::Kind::unreachable, "OpenSSL cannot be set up");
    verifier.install(soap_->ctx, verdict_);
}

Context::~Context()
{
    wipe();
    OPENSSL_cleanse(cookie_.data(), cookie_.size());
}

void Context::set_limits()
{
    soap_->user = this;
    soap_->recv_maxlength = 256U << 20U;
    soap_->maxlength = 16 << 20;
    soap_->maxlevel = 64;
    soap_->maxoccurs = 1'000'000;
    soap_->connect_timeout = static_cast<int>(patience_.connect.count());
    soap_->send_timeout = soap_->recv_timeout = static_cast<int>(patience_.reply.count());
    soap_->socket_flags = MSG_NOSIGNAL;
    soap_->connect_flags = SO_KEEPALIVE;
}

void Context::set_hooks()
{
    ::soap& s = *soap_;
    original_post_ = std::exchange(s.fposthdr, &Context::post_header);
    original_parse_ = std::exchange(s.fparsehdr, &Context::parse_header);
    original_open_ = std::exchange(s.fopen, &Context::open);
    original_close_ = std::exchange(s.fclose, &Context::close_hook);
    original_send_ = std::exchange(s.fsend, &Context::send);
    original_receive_ = std::exchange(s.frecv, &Context::receive);
}

// gSOAP's own store strips the quotes of a value and encodes it anew
int Context::post_header(::soap* context, const char* name, const char* value)
{
    Context& self = of(context);
    if (name && std::string_view(name) == "User-Agent")
        value = self.user_agent_.c_str();
    if (!name && !self.cookie_.empty()) {
        if (const int error = self.original_post_(context, "Cookie", self.cookie_.c_str()))
            return error;
    }
    return self.original_post_(context, name, value);
}

int Context::parse_header(::soap* context, const char* name, const char* value)
{
    if (soap_tag_cmp(name, "Set-Cookie"))
        return of(context).original_parse_(context, name, value);
    std::string_view cookie = value;
    cookie = cookie.substr(0, cookie.find(';'));
    if (cookie.starts_with(session_cookie))
        of(context).cookie_ = cookie;
    return SOAP_OK;
}

SOAP_SOCKET Context::open(::soap* context, const char* url, const char* host, int port)
{
    Context& self = of(context);
    if (self.sent_) {  // gSOAP would send the request once more
        context->error = SOAP_EOF;
        return SOAP_INVALID_SOCKET;
    }
    self.verdict_ = {};
    return self.original_open_(context, url, host, port);
}

// without this, closing waits for the other side
int Context::close_hook(::soap* context)
{
    if (context->ssl) {
        SSL_shutdown(context->ssl);
        SSL_set_quiet_shutdown(context->ssl, 1);
        ERR_clear_error();
    }
    return of(context).original_close_(context);
}

int Context::send(::soap* context, const char* data, std::size_t size)
{
    Context& self = of(context);
    self.sent_ = true;
    context->send_timeout = self.seconds_left();
    return self.original_send_(context, data, size);
}

std::size_t Context::receive(::soap* context, char* data, std::size_t size)
{
    Context& self = of(context);
    if (!self.wait_readable())
        return 0;
    context->recv_timeout = self.seconds_left();
    const std::size_t received = self.original_receive_(context, data, size);
    if (received == 0 && Clock::now() >= self.deadline_)
        self.timed_out_ = true;
    return received;
}

// false once the time is over or the wait is given up
bool Context::wait_readable()
{
    while (!(soap_->ssl && SSL_has_pending(soap_->ssl))) {
        timed_out_ = Clock::now() >= deadline_;
        abandoned_ = (abandon_ && abandon_->load()) || (stop_ && stop_->overdue());
        if (timed_out_ || abandoned_)
            return false;
        pollfd socket{soap_->socket, POLLIN, 0};
        if (poll(&socket, 1, static_cast<int>(poll_slice.count())) != 0)
            return true;
    }
    timed_out_ = Clock::now() >= deadline_;
    return !timed_out_;
}

int Context::seconds_left() const
{
    const auto left = std::chrono::ceil<std::chrono::seconds>(deadline_ - Clock::now());
    return static_cast<int>(std::max<std::int64_t>(1, left.count()));
}

// nothing has come in, not even the end, since the last reply
bool Context::quiet()
{
    if (!soap_valid_socket(soap_->socket))
        return false;
    pollfd socket{soap_->socket, POLLIN, 0};
    return poll(&socket, 1, 0) == 0;
}

bool Context::fresh()
{
    return quiet() && Clock::now() - last_used_ < idle_limit;
}

void Context::call(const Call& call, const Invoke& invoke)
{
    if (soap_valid_socket(soap_->socket) && !quiet())
        close();
    limit_ = call.limit.count() > 0 ? call.limit : patience_.reply;
    deadline_ = Clock::now() + limit_;
    abandon_ = call.abandon;
    sent_ = timed_out_ = abandoned_ = false;
    soap_->fault = nullptr;
    soap_->error = soap_->errnum = 0;
    const int code = invoke(soap_.get(), url_.c_str(), action_.c_str());
    last_used_ = Clock::now();
    if (code != SOAP_OK)
        fail(call, code);
}

void Context::fail(const Call& call, int code)
{
    const bool is_fault = code == SOAP_FAULT || code == SOAP_CLI_FAULT || code == SOAP_SVR_FAULT;
    if (is_fault && soap_->fault && sent_ && !timed_out_) {
        const char* const text = soap_fault_string(soap_.get());
        const SOAP_ENV__Detail* const detail = soap_->fault->detail;
        throw server_fault(detail ? detail->_fault : nullptr, text ? text : "");
    }
    const std::string server = fmt::format("{}:{}", endpoint_.host, endpoint_.port);
    const std::string what =
        call.object.empty() ? call.method : fmt::format("{} of '{}'", call.method, call.object);
    if (verdict_.seen && !verdict_.trusted) {
        close();
        throw Fault(Fault::Kind::untrusted, fmt::format("the certificate of {} is not trusted: {}",
                                                        server, verdict_.problem));
    }
    const std::string why = reason_text(code);
    close();
    if (abandoned_)
        throw NoAnswer(NoAnswer::Reason::abandoned, sent_, what + " was given up");
    if (!sent_)
        throw NoAnswer(NoAnswer::Reason::no_connection, false,
                       fmt::format("cannot connect to {}: {}", server, why));
    const bool garbled =
        code > 0 && code < 100 && code != SOAP_TCP_ERROR && code != SOAP_SSL_ERROR && !timed_out_;
    throw NoAnswer(garbled ? NoAnswer::Reason::garbled : NoAnswer::Reason::silence, true,
                   fmt::format("no answer from {} to {}: {}", server, what, why));
}

std::string Context::reason_text(int code) const
{
    if (timed_out_)
        return fmt::format("nothing came within {} s", limit_.count());
    if (!sent_ && soap_->errnum)
        return std::generic_category().message(soap_->errnum);
    if (!sent_ && code == SOAP_TCP_ERROR) {  // such as: the name is not known
        const char* const text = soap_->fault ? soap_->fault->faultstring : nullptr;
        if (text && std::string_view(text).find("timed out") == std::string_view::npos)
            return text;
        return fmt::format("no answer within {} s", patience_.connect.count());
    }
    if (code == SOAP_SSL_ERROR)
        return "there is no TLS 1.2 or 1.3 to be had";
    if (code > 100 && code < 600 && code != 200)
        return fmt::format("HTTP status {}", code);
    if (code == SOAP_EOF || code == SOAP_TCP_ERROR)
        return "the connection was closed";
    if (code == SOAP_LENGTH || code == SOAP_LEVEL || code == SOAP_OCCURS)
        return fmt::format("the answer is too large or too deep (gSOAP error {})", code);
    return fmt::format("the answer is not understood (gSOAP error {})", code);
}

void Context::release()
{
    soap_destroy(soap_.get());
    soap_end(soap_.get());
    soap_->fault = nullptr;
}

void Context::close()
{
    soap_force_closesock(soap_.get());
}

void Context::wipe()
{
    OPENSSL_cleanse(soap_->buf, sizeof soap_->buf);
}

}  // namespace vimclient::wire
