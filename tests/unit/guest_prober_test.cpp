// SPDX-License-Identifier: GPL-3.0-or-later
#include "guest_prober.hpp"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>

#include <doctest/doctest.h>

using namespace vmrotate;
using namespace std::chrono_literals;

namespace {

/// A port of the loopback that can fall silent: packets to it are dropped. The kernel takes the
/// connections, so that nobody has to accept them.
class Port {
public:
    Port() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* plain = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(socket_, plain, size) == 0);
        REQUIRE(::listen(socket_, 4096) == 0);
        REQUIRE(::getsockname(socket_, plain, &size) == 0);
        number_ = ntohs(address.sin_port);
    }
    ~Port() { ::close(socket_); }
    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;

    int number() const { return number_; }

    void fall_silent()
    {
        sock_filter nothing{BPF_RET | BPF_K, 0, 0, 0};
        const sock_fprog program{1, &nothing};
        REQUIRE(::setsockopt(socket_, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0);
    }

    void speak()
    {
        const int unused = 0;
        REQUIRE(::setsockopt(socket_, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused) == 0);
    }

private:
    int socket_, number_ = 0;
};

std::unique_ptr<job::Watch> watch(int port, std::string& problem)
{
    cli::GuestProber prober;
    return prober.watch({{config::Probe::Kind::tcp, port}, "127.0.0.1"}, problem);
}

}  // namespace

TEST_CASE("guest prober: a silence is measured, and its probes are lost")
{
    Port port;
    std::string problem;
    const auto guest = watch(port.number(), problem);
    REQUIRE(guest);
    port.fall_silent();
    std::this_thread::sleep_for(1500ms);
    port.speak();
    guest->finish();
    const auto seen = guest->result();
    CHECK(seen.longest >= 1500ms);
    CHECK(seen.lost >= 1);
}

TEST_CASE("guest prober: a guest that answers all the time lost no probe")
{
    Port port;
    std::string problem;
    const auto guest = watch(port.number(), problem);
    REQUIRE(guest);
    guest->finish();
    CHECK(guest->result().lost == 0);
}

TEST_CASE("guest prober: a refused connection is an answer")
{
    int free = 0;
    {
        Port port;
        free = port.number();
    }
    std::string problem;
    CHECK(watch(free, problem));
    CHECK(problem == "");
}

TEST_CASE("guest prober: one that does not answer before is not watched")
{
    Port port;
    port.fall_silent();
    std::string problem;
    CHECK_FALSE(watch(port.number(), problem));
    CHECK(problem == "no answer");
}

TEST_CASE("guest prober: what cannot be an address")
{
    cli::GuestProber prober;
    std::string problem;
    CHECK_FALSE(prober.watch({{config::Probe::Kind::tcp, 22}, "::1::"}, problem));
    CHECK(problem != "");
}

TEST_CASE("guest prober: echoes, where this system lets us send them")
{
    cli::GuestProber prober;
    std::string problem;
    const auto guest = prober.watch({{config::Probe::Kind::icmp, 0}, "127.0.0.1"}, problem);
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_ICMP);
    CHECK((guest != nullptr) == (socket >= 0));
    if (socket >= 0)
        ::close(socket);
    else
        CHECK(problem == "Permission denied");
}

TEST_CASE("guest prober: a watch that nobody ends ends with its owner")
{
    Port port;
    std::string problem;
    auto guest = watch(port.number(), problem);
    REQUIRE(guest);
    port.fall_silent();
    guest.reset();
    CHECK(guest == nullptr);
}
