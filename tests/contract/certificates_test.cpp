// SPDX-License-Identifier: GPL-3.0-or-later
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "server_under_test.hpp"

using namespace vimclient;
using contract::ServerUnderTest;
using Kind = Fault::Kind;

namespace {

struct Outcome {
    bool accepted = false;
    Kind kind = Kind::refused;
    std::string message;
};

Outcome try_connect(const Endpoint& endpoint, const Trust& trust)
{
    try {
        connect(endpoint, trust, {"backup@vsphere.local", "VMware1!"}, ServerUnderTest::patience(),
                "vmrotate/test");
        return {.accepted = true, .message = {}};
    } catch (const Fault& fault) {
        return {.kind = fault.kind(), .message = fault.what()};
    }
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

// accepts connections and answers in plain text, or closes where there is nothing to say
class PlainServer {
public:
    explicit PlainServer(std::string words) : words_(std::move(words))
    {
        socket_ = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        void* const raw = &address;
        REQUIRE(bind(socket_, static_cast<sockaddr*>(raw), size) == 0);
        listen(socket_, 8);
        getsockname(socket_, static_cast<sockaddr*>(raw), &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
    }
    ~PlainServer()
    {
        thread_.request_stop();
        shutdown(socket_, SHUT_RDWR);
        thread_.join();
        close(socket_);
    }
    PlainServer(const PlainServer&) = delete;
    PlainServer& operator=(const PlainServer&) = delete;

    int port() const { return port_; }

private:
    void serve(const std::stop_token& stop)
    {
        while (!stop.stop_requested()) {
            const int peer = accept(socket_, nullptr, nullptr);
            if (peer < 0)
                return;
            const auto sent = send(peer, words_.data(), words_.size(), MSG_NOSIGNAL);
            static_cast<void>(sent);
            close(peer);
        }
    }

    std::string words_;
    int socket_ = -1, port_ = 0;
    std::jthread thread_;
};

}  // namespace

TEST_CASE("who is believed to be the server")
{
    const std::string folder = std::filesystem::temp_directory_path();
    const std::string authority = fmt::format("{}/ca-{}.pem", folder, getpid());
    const std::string other_authority = authority + ".other";
    const auto server = ServerUnderTest::strict({{"writeCert", authority}});
    const Endpoint right = server.endpoint();
    const std::string pin = server.trust().fingerprint;

    const Outcome unknown = try_connect(right, {});
    CHECK(!unknown.accepted);
    CHECK(unknown.kind == Kind::untrusted);
    CHECK(contains(unknown.message, "self-signed certificate"));

    CHECK(try_connect(right, {.ca_file = {}, .fingerprint = pin}).accepted);
    std::string plain;
    for (const char c : pin) {
        if (c != ':')
            plain += static_cast<char>(c >= 'A' ? c - 'A' + 'a' : c);
    }
    CHECK(try_connect(right, {.ca_file = {}, .fingerprint = plain}).accepted);

    std::string wrong = pin;
    wrong[0] = wrong[0] == 'A' ? 'B' : 'A';
    const Outcome changed = try_connect(right, {.ca_file = {}, .fingerprint = wrong});
    CHECK(changed.kind == Kind::untrusted);
    CHECK(contains(changed.message, pin));
    CHECK(contains(changed.message, wrong));

    for (const std::string& bad :
         {std::string("AB"), pin + ":00", plain.substr(1) + "g", pin.substr(1)}) {
        CAPTURE(bad);
        CHECK(try_connect(right, {.ca_file = {}, .fingerprint = bad}).kind == Kind::untrusted);
    }

    CHECK(try_connect(right, {.ca_file = authority, .fingerprint = {}}).accepted);
    Endpoint by_name = right;
    by_name.host = "localhost";
    CHECK(try_connect(by_name, {.ca_file = authority, .fingerprint = {}}).accepted);
    CHECK(server.count("Login") == 4);

    const auto misnamed =
        ServerUnderTest::strict({{"listen", "127.0.0.2:0"}, {"writeCert", other_authority}});
    const Endpoint other = misnamed.endpoint();
    const Outcome elsewhere = try_connect(other, {.ca_file = other_authority, .fingerprint = {}});
    CHECK(elsewhere.kind == Kind::untrusted);
    CHECK(contains(elsewhere.message, "the certificate's name does not match"));
    CHECK(try_connect(right, {.ca_file = "/nonexistent", .fingerprint = {}}).kind ==
          Kind::untrusted);

    const Certificate shown = peer_certificate(right, authority, std::chrono::seconds{5});
    CHECK(shown.trusted);
    CHECK(shown.fingerprint == pin);
    CHECK(contains(shown.subject, "CN="));
    CHECK(!peer_certificate(right, "", std::chrono::seconds{5}).trusted);
    CHECK(!peer_certificate(other, other_authority, std::chrono::seconds{5}).trusted);
    std::filesystem::remove(authority);
    std::filesystem::remove(other_authority);
}

TEST_CASE("what is no TLS server is unreachable, and the message says where")
{
    const PlainServer closing("");
    const PlainServer talking("HTTP/1.1 400 Bad Request\r\n\r\n");
    const std::string pin(64, 'a');
    for (const int port : {closing.port(), talking.port(), 1}) {
        CAPTURE(port);
        const Endpoint endpoint{.host = "127.0.0.1", .port = port};
        const Outcome outcome = try_connect(endpoint, {.ca_file = {}, .fingerprint = pin});
        MESSAGE(outcome.message);
        CHECK(outcome.kind == Kind::unreachable);
        CHECK(contains(outcome.message, fmt::format("127.0.0.1:{}", port)));
        CHECK_THROWS_WITH_AS(peer_certificate(endpoint, "", std::chrono::seconds{5}),
                             doctest::Contains(port == 1 ? "1: Connection refused" : "no TLS"),
                             Fault);
    }
    const Outcome nowhere =
        try_connect({.host = "no-such-host.invalid"}, {.ca_file = {}, .fingerprint = pin});
    MESSAGE(nowhere.message);
    CHECK(nowhere.kind == Kind::unreachable);
    CHECK(contains(nowhere.message, "no-such-host.invalid:443: Name or service not known"));
    CHECK_THROWS_WITH_AS(
        peer_certificate({.host = "no-such-host.invalid"}, "", std::chrono::seconds{5}),
        doctest::Contains("cannot connect to no-such-host.invalid:443: Name or service not known"),
        Fault);
}
