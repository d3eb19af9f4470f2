// SPDX-License-Identifier: GPL-3.0-or-later
#include "connect.hpp"

#include <utility>

#include "soap/vsphere_soap.hpp"

namespace vimclient {

std::unique_ptr<Vsphere> connect(const Endpoint& endpoint, const Trust& trust, const Logon& logon,
                                 const Patience& patience, const std::string& user_agent,
                                 std::stop_token stop)
{
    return std::make_unique<wire::VsphereSoap>(endpoint, trust, logon, patience, user_agent,
                                               std::move(stop));
}

}  // namespace vimclient
