// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "descriptor.hpp"

/// One probe each: a question to a guest that is answered, or not.
namespace vmrotate::cli {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;

    int family() const { return storage.ss_family; }
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// The first address of a name. Throws std::runtime_error.
SocketAddress resolve(const std::string& host, int port);

/// A socket that has asked, and becomes readable or writable (`poll_events`) with the answer.
/// Throws std::system_error where it cannot ask.
credstore::Descriptor ask(const config::Probe& probe, const SocketAddress& address,
                          std::uint16_t number);

/// What to poll for.
short poll_events(const config::Probe& probe);

/// After poll has told of the socket: whether the guest has answered. A message of a router, that
/// it cannot be reached, is no answer.
bool is_answered(const config::Probe& probe, int socket);

}  // namespace vmrotate::cli
