// SPDX-License-Identifier: GPL-3.0-or-later
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "connect.hpp"

using namespace vimclient;
using namespace std::chrono_literals;

namespace {

struct Answer {
    std::string bytes;
    bool close = false;  // after the bytes
    bool reset = false;  // without a farewell
    std::chrono::milliseconds stall{0};
};

struct Request {
    std::string method, headers, body;
    int number = 0;  // of this method, from 1
};

using Script = std::function<Answer(const Request&)>;

std::string http(const std::string& body, const std::string& status = "200 OK",
                 const std::string& headers = "")
{
    return fmt::format(
        "HTTP/1.1 {}\r\nContent-Type: text/xml; charset=utf-8\r\n{}Content-Length: {}\r\n\r\n{}",
        status, headers, body.size(), body);
}

std::string envelope(const std::string& body)
{
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope "
           "xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "
           "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "
           "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>" +
           body + "</soapenv:Body></soapenv:Envelope>";
}

Answer reply(const std::string& method, const std::string& content, const std::string& headers = "")
{
    const std::string body =
        fmt::format("<{0}Response xmlns=\"urn:vim25\">{1}</{0}Response>", method, content);
    return {http(envelope(body), "200 OK", headers)};
}

Answer fault(const std::string& type, const std::string& text, const std::string& inside = "")
{
    const std::string body = fmt::format(
        "<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>{1}</faultstring>"
        "<detail><{0}Fault xmlns=\"urn:vim25\" xsi:type=\"{0}\">{2}</{0}Fault></detail>"
        "</soapenv:Fault>",
        type, text, inside);
    return {http(envelope(body), "500 Internal Server Error")};
}

constexpr const char* cookie = "vmware_soap_session=\"5294a1b4-abc/=+ x\"";

// logs everybody in; the rest is an empty answer
Answer ordinary(const Request& request)
{
    if (request.method == "RetrieveServiceContent")
        return reply(request.method,
                     "<returnval><rootFolder type=\"Folder\">group-d1</rootFolder>"
                     "<propertyCollector type=\"PropertyCollector\">pc</propertyCollector>"
                     "<viewManager type=\"ViewManager\">vm</viewManager>"
                     "<about><name>vc</name><fullName>VMware vCenter Server 8.0.3</fullName>"
                     "<apiType>VirtualCenter</apiType><apiVersion>8.0.3.0</apiVersion>"
                     "<instanceUuid>u-1</instanceUuid></about>"
                     "<sessionManager type=\"SessionManager\">sm</sessionManager>"
                     "<tenantManager type=\"TenantManager\">tm</tenantManager></returnval>");
    if (request.method == "Login")
        return reply(request.method, "<returnval><key>k</key><userName>u</userName></returnval>",
                     fmt::format("Set-Cookie: {}; Path=/; HttpOnly; Secure;\r\n", cookie));
    if (request.method == "CurrentTime")
        return reply(request.method, "<returnval>2026-11-22T12:00:00Z</returnval>");
    return reply(request.method, "");
}

class ScriptedServer {
public:
    explicit ScriptedServer(Script script) : script_(std::move(script))
    {
        std::signal(SIGPIPE, SIG_IGN);
        make_certificate();
        socket_ = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        void* const raw = &address;
        bind(socket_, static_cast<sockaddr*>(raw), size);
        listen(socket_, 16);
        getsockname(socket_, static_cast<sockaddr*>(raw), &size);
        endpoint.host = "127.0.0.1";
        endpoint.port = ntohs(address.sin_port);
        acceptor_ = std::jthread([this] { accept_all(); });
    }
    ~ScriptedServer()
    {
        over_ = true;
        shutdown(socket_, SHUT_RDWR);
        acceptor_.join();
        peers_.clear();
        close(socket_);
        SSL_CTX_free(context_);
    }
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    std::unique_ptr<Vsphere> login(std::chrono::seconds answer_within = 5s) const
    {
        static const std::string password = "p<&>\"ß";
        return connect(endpoint, {.ca_file = {}, .fingerprint = fingerprint}, {"user", password},
                       {.connect = 5s, .reply = answer_within, .retry_for = 3s}, "vmrotate/7 run");
    }

    int count(const std::string& method)
    {
        const std::lock_guard lock(mutex_);
        return counts_[method];
    }
    std::string last_headers()
    {
        const std::lock_guard lock(mutex_);
        return headers_;
    }

    Endpoint endpoint;
    std::string fingerprint;

private:
    void make_certificate()
    {
        context_ = SSL_CTX_new(TLS_server_method());
        EVP_PKEY* const key = EVP_EC_gen("P-256");
        X509* const certificate = X509_new();
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
        X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
        X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
        X509_set_pubkey(certificate, key);
        X509_sign(certificate, key, EVP_sha256());
        SSL_CTX_use_certificate(context_, certificate);
        SSL_CTX_use_PrivateKey(context_, key);
        std::array<unsigned char, 32> digest{};
        X509_digest(certificate, EVP_sha256(), digest.data(), nullptr);
        fingerprint = fmt::format("{:02x}", fmt::join(digest, ""));
        X509_free(certificate);
        EVP_PKEY_free(key);
    }

    void accept_all()
    {
        while (!over_) {
            const int peer = accept(socket_, nullptr, nullptr);
            if (peer >= 0)
                peers_.emplace_back([this, peer] { serve(peer); });
        }
    }

    void serve(int peer)
    {
        const timeval limit{0, 200'000};
        setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        SSL* const ssl = SSL_new(context_);
        SSL_set_fd(ssl, peer);
        for (bool open = SSL_accept(ssl) == 1; open;) {
            Request request;
            open = read_request(ssl, request);
            if (!open)
                break;
            const Answer answer = script_(request);
            std::this_thread::sleep_for(answer.stall);
            if (!answer.bytes.empty())
                SSL_write(ssl, answer.bytes.data(), static_cast<int>(answer.bytes.size()));
            open = !answer.close && !answer.reset;
            if (answer.reset) {
                // a reset takes an answer with it that has not been read yet
                std::this_thread::sleep_for(answer.bytes.empty() ? 0ms : 150ms);
                const linger hard{1, 0};
                setsockopt(peer, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
            }
        }
        SSL_free(ssl);
        close(peer);
    }

    bool read_request(SSL* ssl, Request& request)
    {
        std::string data;
        std::size_t end = std::string::npos, length = 0;
        while (end == std::string::npos || data.size() < end + 4 + length) {
            std::array<char, 16384> part{};
            const int size = SSL_read(ssl, part.data(), static_cast<int>(part.size()));
            if (size <= 0) {
                if (over_ || SSL_get_error(ssl, size) != SSL_ERROR_WANT_READ)
                    return false;
                continue;
            }
            data.append(part.data(), static_cast<std::size_t>(size));
            end = data.find("\r\n\r\n");
            const std::size_t field = data.find("Content-Length: ");
            if (end != std::string::npos && field < end)
                length = std::stoul(data.substr(field + 16));
        }
        request.headers = data.substr(0, end);
        request.body = data.substr(end + 4);
        const std::size_t body = request.body.find("Body>");
        const std::size_t start = request.body.find('<', body) + 1;
        request.method =
            request.body.substr(start, request.body.find_first_of(" >", start) - start);
        const std::lock_guard lock(mutex_);
        request.number = ++counts_[request.method];
        headers_ = request.headers;
        return true;
    }

    Script script_;
    SSL_CTX* context_ = nullptr;
    int socket_ = -1;
    std::atomic<bool> over_{false};
    std::mutex mutex_;
    std::map<std::string, int> counts_;
    std::string headers_;
    std::vector<std::jthread> peers_;
    std::jthread acceptor_;
};

// the given content is the answer to RetrievePropertiesEx
Script reading(const std::string& content)
{
    return [content](const Request& request) {
        return request.method == "RetrievePropertiesEx" ? reply(request.method, content)
                                                        : ordinary(request);
    };
}

std::string vm_object(const std::string& properties)
{
    return "<returnval><objects><obj type=\"VirtualMachine\">vm-1</obj>" + properties +
           "</objects></returnval>";
}

std::string property(const std::string& name, const std::string& type, const std::string& value)
{
    return fmt::format("<propSet><name>{}</name><val xsi:type=\"{}\">{}</val></propSet>", name,
                       type, value);
}

const std::string readable = property("name", "xsd:string", "a") +
                             property("config.instanceUuid", "xsd:string", "u") +
                             property("config.files.vmPathName", "xsd:string", "[d] a/a.vmx");

Fault::Kind kind_of_read(const Script& script, std::string* message = nullptr)
{
    ScriptedServer server(script);
    const auto vsphere = server.login(2s);
    try {
        vsphere->read_vms({{"vm-1", "a"}});
    } catch (const Fault& problem) {
        if (message)
            *message = problem.what();
        return problem.kind();
    }
    FAIL_CHECK("no fault");
    return Fault::Kind::refused;
}

}  // namespace

TEST_CASE("replies: the session's cookie comes back byte for byte, with the run's user agent")
{
    ScriptedServer server(ordinary);
    const auto vsphere = server.login();
    CHECK(vsphere->server().api_version == "8.0.3.0");
    vsphere->now();
    const std::string headers = server.last_headers() + "\r\n";
    CHECK(headers.find(fmt::format("\r\nCookie: {}\r\n", cookie)) != std::string::npos);
    CHECK(headers.find("\r\nUser-Agent: vmrotate/7 run\r\n") != std::string::npos);
    CHECK(headers.find("SOAPAction: \"urn:vim25/8.0.3.0\"") != std::string::npos);
    vsphere->logout();
    CHECK(server.count("Logout") == 1);
}

TEST_CASE("replies: types, enumerators and fields of the future are no error")
{
    ScriptedServer server(reading(vm_object(
        readable + property("runtime.powerState", "VirtualMachinePowerState", "hibernated") +
        property("runtime.connectionState", "BrandNewState", "connected") +
        property("config.managedBy", "BrandNewOwner", "<a><b c=\"d\">e</b></a>") +
        property(
            "config.extraConfig", "ArrayOfOptionValue",
            "<OptionValue xsi:type=\"NewOptionValue\"><key>vmrotate.run</key><value "
            "xsi:type=\"xsd:string\">x</value><new/></OptionValue>"
            "<OptionValue><key>vmrotate.odd</key><value xsi:type=\"New\">x</value></OptionValue>"
            "<OptionValue><key>other</key></OptionValue>") +
        property("config.hardware.device", "ArrayOfVirtualDevice",
                 "<VirtualDevice xsi:type=\"QuantumController\"><key>7</key></VirtualDevice>"
                 "<VirtualDevice xsi:type=\"VirtualDisk\"><key>2000</key>"
                 "<backing xsi:type=\"HolographicBackingInfo\"><fileName>f</fileName></backing>"
                 "<controllerKey>7</controllerKey><unitNumber>3</unitNumber>"
                 "<capacityInKB>2048</capacityInKB><mood>good</mood></VirtualDevice>"
                 "<VirtualDevice xsi:type=\"VirtualDisk\"><key>junk</key>"
                 "<capacityInKB>junk</capacityInKB></VirtualDevice>") +
        property("network", "ArrayOfManagedObjectReference",
                 "<ManagedObjectReference type=\"Network\" serverGuid=\"g\">network-1"
                 "</ManagedObjectReference>") +
        "<unheardOf><x/></unheardOf>")));
    const Vm vm = server.login()->read_vms({{"vm-1", "a"}}).at(0);
    CHECK(vm.readable);
    CHECK(vm.power == Power::on);
    CHECK(vm.connection.empty());
    CHECK(vm.managed_by.empty());
    CHECK(vm.mark == Mark{{"vmrotate.run", "x"}, {"vmrotate.odd", ""}});
    REQUIRE(vm.disks.size() == 2);
    CHECK(vm.disks[1].address == "ctl7:3");
    CHECK(vm.disks[1].bytes == 2048 * 1024);
    CHECK(vm.disks[1].backing == Backing::other);
    CHECK(vm.networks == std::vector<std::string>{"network-1"});
}

TEST_CASE("replies: an unset configuration is not told, a property that cannot be read is a fault")
{
    ScriptedServer server(reading(vm_object(property("name", "xsd:string", "a"))));
    CHECK(!server.login()->read_vms({{"vm-1", "a"}}).at(0).readable);

    const std::string missing =
        "<missingSet><path>config.extraConfig</path><fault><fault xsi:type=\"NoPermission\">"
        "<object type=\"VirtualMachine\">vm-1</object><privilegeId>System.Read</privilegeId>"
        "</fault><localizedMessage>denied</localizedMessage></fault></missingSet>";
    std::string message;
    CHECK(kind_of_read(reading(vm_object(readable + missing)), &message) == Fault::Kind::privilege);
    CHECK(message ==
          "cannot read 'config.extraConfig' of 'vm-1': denied (the privilege "
          "System.Read on vm-1 is missing)");
}

TEST_CASE("replies: nothing at all when nothing matches")
{
    ScriptedServer server(reading(""));
    CHECK(server.login()->read_vms({{"vm-1", "a"}}).empty());
}

TEST_CASE("replies: faults, known and unknown, with and without words")
{
    const auto script = [](const Answer& answer) -> Script {
        return [answer](const Request& request) {
            return request.method == "RetrievePropertiesEx" ? answer : ordinary(request);
        };
    };
    std::string message;
    CHECK(kind_of_read(script(fault("BrandNewFault", "how odd", "<x><y/></x>")), &message) ==
          Fault::Kind::refused);
    CHECK(message == "how odd");
    CHECK(kind_of_read(script(fault("NoDiskSpace", "")), &message) == Fault::Kind::no_space);
    CHECK(message == "the server says NoDiskSpace");
    CHECK(kind_of_read(script({http(envelope("<soapenv:Fault><faultcode>ServerFaultCode</faultcode>"
                                             "<faultstring>bare</faultstring></soapenv:Fault>"),
                                    "500 Internal Server Error")}),
                       &message) == Fault::Kind::refused);
    CHECK(message == "bare");
    CHECK(kind_of_read(
              script({http(envelope("<soapenv:Fault><faultcode>soapenv:Client</faultcode>"
                                    "<faultstring>in a 200</faultstring></soapenv:Fault>"))}),
              &message) == Fault::Kind::refused);
    CHECK(message == "in a 200");
}

TEST_CASE("replies: what is no answer is unreachable, and says why")
{
    const std::string deep = [] {
        std::string tree;
        for (int i = 0; i < 200; ++i)
            tree += "<childSnapshotList>";
        return tree;
    }();
    const std::string flood(17 << 20, 'x');
    struct Row {
        const char* name;
        Answer answer;
    };
    const Row rows[] = {
        {"html", {http("<html><body>Welcome</body></html>")}},
        {"garbage", {"\x01\x02 what\r\n\r\n", true}},
        {"no xml", {http("hello")}},
        {"empty", {http("")}},
        {"503", {http("<html/>", "503 Service Unavailable")}},
        {"redirect", {http("", "302 Found", "Location: https://elsewhere/\r\n")}},
        {"cut",
         {"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 5000\r\n\r\n<soap", true}},
        {"closed", {"", true}},
        {"reset", {"", false, true}},
        {"silent", {"", true, false, 2600ms}},
        {"deep",
         reply("RetrievePropertiesEx", vm_object(property("snapshot", "VirtualMachineSnapshotInfo",
                                                          "<rootSnapshotList>" + deep)))},
        {"long", reply("RetrievePropertiesEx", vm_object(property("name", "xsd:string", flood)))},
        {"another method", reply("CurrentTime", "<returnval>x</returnval>")},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        std::string message;
        const auto kind = kind_of_read(
            [&](const Request& request) {
                return request.method == "RetrievePropertiesEx" ? row.answer : ordinary(request);
            },
            &message);
        CHECK(kind == Fault::Kind::unreachable);
        CHECK(message.find("127.0.0.1:") != std::string::npos);
        CHECK(message.find("RetrievePropertiesEx") != std::string::npos);
        MESSAGE(row.name << ": " << message);
    }
}

TEST_CASE("replies: missing parts are noticed, and the call is named")
{
    std::string message;
    const auto drop = [](const std::string& method) -> Script {
        return [method](const Request& request) {
            return request.method == method ? reply(method, "") : ordinary(request);
        };
    };
    for (const std::string method : {"RetrieveServiceContent", "Login"}) {
        CAPTURE(method);
        ScriptedServer server(drop(method));
        CHECK_THROWS_WITH_AS(server.login(), ("incomplete reply to " + method).c_str(), Fault);
    }
    ScriptedServer server(drop("CurrentTime"));
    CHECK_THROWS_WITH_AS(server.login()->now(), "incomplete reply to CurrentTime", Fault);
    CHECK(kind_of_read(reading("<returnval><objects></objects></returnval>"), &message) ==
          Fault::Kind::unreachable);
    CHECK(message == "incomplete reply to RetrievePropertiesEx");

    ScriptedServer silent(ordinary);  // a task without its reference may have been started
    const auto vsphere = silent.login();
    CHECK_THROWS_AS(vsphere->create_snapshot({"vm-1", "a"}, {"s", "d"}), OutcomeUnknown);
    CHECK(silent.count("CreateSnapshot_Task") == 1);
}

TEST_CASE("replies: a dead connection is used anew for a read, and costs a change nothing")
{
    for (const bool reset : {false, true}) {
        CAPTURE(reset);
        ScriptedServer server([reset](const Request& request) {
            Answer answer = ordinary(request);
            if (request.method == "CurrentTime" && request.number <= 3) {  // answered, then dropped
                answer.close = true;
                answer.reset = reset;
            }
            return answer;
        });
        const auto vsphere = server.login();
        for (int i = 0; i < 3; ++i)
            CHECK_NOTHROW(vsphere->now());
        std::this_thread::sleep_for(400ms);
        // found dead before anything is sent; the script's own empty reply is what is unknown
        CHECK_THROWS_WITH_AS(vsphere->consolidate({"vm-1", "a"}),
                             doctest::Contains("incomplete reply"), OutcomeUnknown);
        CHECK(server.count("CurrentTime") == 4);
        CHECK(server.count("ConsolidateVMDisks_Task") == 1);
    }
}

TEST_CASE("replies: a change whose connection breaks is unknown, a read is repeated")
{
    ScriptedServer server([](const Request& request) -> Answer {
        if (request.method == "ConsolidateVMDisks_Task")
            return {"", false, true};
        if (request.method == "CurrentTime" && request.number == 1)
            return {"", false, true};
        return ordinary(request);
    });
    const auto vsphere = server.login();
    CHECK_NOTHROW(vsphere->now());
    CHECK(server.count("CurrentTime") == 2);
    CHECK_THROWS_WITH_AS(vsphere->consolidate({"vm-1", "a"}),
                         doctest::Contains("ConsolidateVMDisks_Task of 'vm-1'"), OutcomeUnknown);
    CHECK(server.count("ConsolidateVMDisks_Task") == 1);
}

TEST_CASE("replies: control bytes in names are kept")
{
    ScriptedServer server(reading(vm_object(
        readable + property("config.annotation", "xsd:string", "a&#9;b&#10;c\x7f&#1;d"))));
    const Vm vm = server.login()->read_vms({{"vm-1", "a"}}).at(0);
    CHECK(vm.annotation.find("a\tb\nc\x7f") == 0);
    CHECK(vm.annotation.ends_with("d"));
}
