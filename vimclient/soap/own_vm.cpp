// SPDX-License-Identifier: GPL-3.0-or-later
#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "soap/values.hpp"
#include "soap/vsphere_soap.hpp"

namespace vimclient::wire {

namespace {

/// In numbers; none where the name does not resolve now.
std::vector<std::string> addresses_of(const std::string& host)
{
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0)
        return {};
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> all(found, &freeaddrinfo);
    std::vector<std::string> texts;
    for (const addrinfo* each = all.get(); each != nullptr; each = each->ai_next) {
        std::array<char, NI_MAXHOST> text{};
        if (getnameinfo(each->ai_addr, each->ai_addrlen, text.data(), text.size(), nullptr, 0,
                        NI_NUMERICHOST) == 0)
            texts.emplace_back(text.data());
    }
    return texts;
}

}  // namespace

std::optional<VmRef> VsphereSoap::own_vm()
{
    const std::string index = session_.services().search_index;
    if (index.empty())
        return std::nullopt;
    for (const std::string& address : addresses_of(session_.endpoint().host)) {
        std::string id;
        session_.read([&](Line& line) {
            Arena arena;
            auto* self = arena.reference("SearchIndex", index);
            vim25__FindByIpResponse reply;
            line.context.call({"FindByIp", address},
                              [&](::soap* s, const char* url, const char* action) {
                                  return soap_call_vim25__FindByIp(s, url, action, self, nullptr,
                                                                   address, true, reply);
                              });
            id = id_of(reply.returnval);
            line.context.release();
        });
        if (id.empty())
            continue;
        for (const Vm& vm : read_vms({{id, {}}}))
            return vm.ref;
    }
    return std::nullopt;
}

}  // namespace vimclient::wire
