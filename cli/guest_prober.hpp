// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>

#include "job/probe.hpp"

namespace vmrotate::cli {

/// Probes by the network of this machine: TCP connections to a port, of which nothing is sent and
/// which are reset at once, or ICMP echoes by an unprivileged datagram socket. A refused
/// connection is an answer too: the guest has sent it. A thread for each watch.
class GuestProber final : public job::Prober {
public:
    std::unique_ptr<job::Watch> watch(const job::ProbeTarget& target,
                                      std::string& problem) override;
};

}  // namespace vmrotate::cli
