// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap_wire.hpp"

#include <poll.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>

#include <soapStub.h>

#include "laws.hpp"

namespace {

using namespace std::string_literals;

constexpr int no_descriptor = 1'000'000;  // a system call on it would fail

struct Wire {
    std::string_view script;
    bool logon_is_scripted = false;
    std::string request, reply;
    std::size_t read = 0;
    bool answered = true;
};
Wire wire;

std::atomic<std::int64_t> now_ns{0};

const std::string opening =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope "
    "xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "
    "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "
    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>";
const std::string closing = "</soapenv:Body></soapenv:Envelope>";

std::string http(const std::string& body, const char* status = "200 OK")
{
    return "HTTP/1.1 "s + status +
           "\r\nContent-Type: text/xml; charset=utf-8\r\n"
           "Set-Cookie: vmware_soap_session=\"x\"; Path=/\r\n"
           "Content-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string response(const std::string& method, const std::string& content)
{
    return http(opening + "<" + method + "Response xmlns=\"urn:vim25\">" + content + "</" + method +
                "Response>" + closing);
}

// "<vim25:Login>..." after the body's tag
std::string method_of(const std::string& request)
{
    const std::size_t body = request.find("Body>");
    const std::size_t start = request.find('<', body);
    if (body == std::string::npos || start == std::string::npos)
        return "Unknown";
    std::string method = request.substr(start + 1, request.find_first_of(" >/", start) - start - 1);
    return method.substr(method.find(':') + 1);
}

std::string ordinary(const std::string& method)
{
    if (method == "RetrieveServiceContent")
        return response(method,
                        "<returnval><rootFolder type=\"Folder\">group-d1</rootFolder>"
                        "<propertyCollector type=\"PropertyCollector\">pc</propertyCollector>"
                        "<viewManager type=\"ViewManager\">vm</viewManager>"
                        "<about><name>vc</name><fullName>vCenter</fullName>"
                        "<apiType>VirtualCenter</apiType><apiVersion>8.0.3.0</apiVersion></about>"
                        "<sessionManager type=\"SessionManager\">sm</sessionManager></returnval>");
    if (method == "Login")
        return response(method, "<returnval><key>k</key><userName>u</userName></returnval>");
    if (method == "CurrentTime")
        return response(method, "<returnval>2026-11-22T12:00:00Z</returnval>");
    return {};
}

std::string next_reply(const std::string& method)
{
    if (!wire.logon_is_scripted)
        if (std::string reply = ordinary(method); !reply.empty())
            return reply;
    if (wire.script.empty())
        return {};
    const std::string reply(fuzz::take_until(wire.script, "\n--\n"));
    if (reply.starts_with("HTTP/"))
        return reply;
    if (reply.starts_with("<?xml"))
        return http(reply);
    if (reply.starts_with("<soapenv:Fault"))
        return http(opening + reply + closing, "500 Internal Server Error");
    return response(method, reply);
}

SOAP_SOCKET open_wire(soap*, const char*, const char*, int)
{
    wire.request.clear();
    wire.reply.clear();
    wire.read = 0;
    wire.answered = true;
    return no_descriptor;
}

int send_into(soap*, const char* data, std::size_t size)
{
    if (wire.answered)
        wire.request.clear();
    wire.answered = false;
    wire.request.append(data, size);
    return SOAP_OK;
}

std::size_t receive_from(soap*, char* data, std::size_t size)
{
    if (!wire.answered) {
        wire.reply = next_reply(method_of(wire.request));
        wire.read = 0;
        wire.answered = true;
    }
    const std::size_t part = std::min(size, wire.reply.size() - wire.read);
    std::memcpy(data, wire.reply.data() + wire.read, part);
    wire.read += part;
    return part;
}

int close_wire(soap* context)
{
    context->socket = SOAP_INVALID_SOCKET;
    return SOAP_OK;
}

void advance_to(std::int64_t time)
{
    if (time > now_ns)
        now_ns = time;
}

std::int64_t nanoseconds(const timespec& time)
{
    return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

}  // namespace

namespace fuzz {

void begin_script(std::string_view replies)
{
    wire = {};
    wire.script = replies;
}

void script_the_logon()
{
    wire.logon_is_scripted = true;
}

const std::string& last_request()
{
    return wire.request;
}

}  // namespace fuzz

// What the linker calls in place of the functions of these names.
extern "C" {

soap* __real_soap_new_REQUIRE_lib_v208124(soap_mode in, soap_mode out);
soap* __wrap_soap_new_REQUIRE_lib_v208124(soap_mode in, soap_mode out)
{
    soap* const context = __real_soap_new_REQUIRE_lib_v208124(in, out);
    if (context) {
        context->fopen = open_wire;
        context->fsend = send_into;
        context->frecv = receive_from;
        context->fclose = close_wire;
        context->fpoll = [](soap*) { return SOAP_OK; };
    }
    return context;
}

// readable when it is waited for, quiet when it is only looked at
int __wrap_poll(pollfd*, nfds_t, int timeout)
{
    return timeout == 0 ? 0 : 1;
}

int __wrap_nanosleep(const timespec* time, timespec*)
{
    advance_to(now_ns + nanoseconds(*time));
    return 0;
}

int __wrap_pthread_cond_clockwait(pthread_cond_t*, pthread_mutex_t*, clockid_t,
                                  const timespec* until)
{
    advance_to(nanoseconds(*until));
    return ETIMEDOUT;
}

// std::chrono::steady_clock::now
std::chrono::steady_clock::time_point __wrap__ZNSt6chrono3_V212steady_clock3nowEv()
{
    return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(now_ns += 1'000'000));
}
}
