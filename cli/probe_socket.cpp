// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe_socket.hpp"

#include <netdb.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace vmrotate::cli {
namespace {

using credstore::Descriptor;
using Kind = config::Probe::Kind;

[[noreturn]] void fail_to_ask()
{
    throw std::system_error(errno, std::generic_category());
}

Descriptor open_socket(int family, int type, int protocol)
{
    Descriptor socket(::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
    if (!socket)
        fail_to_ask();
    return socket;
}

/// A connection that is reset when it is closed leaves nothing behind, here or there.
Descriptor begin_connection(const SocketAddress& address)
{
    Descriptor socket = open_socket(address.family(), SOCK_STREAM, 0);
    constexpr linger reset{1, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    if (::connect(socket.get(), address.get(), address.size) != 0 && errno != EINPROGRESS &&
        errno != ECONNREFUSED)
        fail_to_ask();
    return socket;
}

/// Type, code, checksum (the kernel's business), id (the same), number.
Descriptor send_echo(const SocketAddress& address, std::uint16_t number)
{
    const bool is_six = address.family() == AF_INET6;
    Descriptor socket =
        open_socket(address.family(), SOCK_DGRAM,
                    is_six ? static_cast<int>(IPPROTO_ICMPV6) : static_cast<int>(IPPROTO_ICMP));
    const std::array<std::uint8_t, 8> packet = {
        static_cast<std::uint8_t>(is_six ? ICMP6_ECHO_REQUEST : ICMP_ECHO),
        0,
        0,
        0,
        0,
        0,
        static_cast<std::uint8_t>(number >> 8),
        static_cast<std::uint8_t>(number & 0xFF)};
    if (::connect(socket.get(), address.get(), address.size) != 0 ||
        ::send(socket.get(), packet.data(), packet.size(), MSG_NOSIGNAL) < 0)
        fail_to_ask();
    return socket;
}

}  // namespace

SocketAddress resolve(const std::string& host, int port)
{
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (error != 0)
        throw std::runtime_error(::gai_strerror(error));
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
    SocketAddress address;
    std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
    address.size = found->ai_addrlen;
    return address;
}

Descriptor ask(const config::Probe& probe, const SocketAddress& address, std::uint16_t number)
{
    return probe.kind == Kind::tcp ? begin_connection(address) : send_echo(address, number);
}

short poll_events(const config::Probe& probe)
{
    return probe.kind == Kind::tcp ? POLLOUT : POLLIN;
}

bool is_answered(const config::Probe& probe, int socket)
{
    if (probe.kind == Kind::icmp) {
        std::array<std::uint8_t, 64> answer{};
        return ::recv(socket, answer.data(), answer.size(), 0) >= 0;
    }
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return false;
    return error == 0 || error == ECONNREFUSED;
}

}  // namespace vmrotate::cli
