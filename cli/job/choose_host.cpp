// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/choose_host.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"

namespace vmrotate::job {
namespace {

using vimclient::Host;

bool writes_to(const vimclient::Datastore& datastore, const std::string& host_id)
{
    return std::ranges::any_of(datastore.hosts, [&](const vimclient::DatastoreMount& mount) {
        return mount.host_id == host_id && mount.writable;
    });
}

bool has_networks(const Host& host, const vimclient::Vm& source)
{
    return std::ranges::all_of(source.networks, [&](const std::string& network) {
        return std::ranges::count(host.networks, network) > 0;
    });
}

HostChoice own_host(const vimclient::Vm& source, const vimclient::Datastore& datastore,
                    const std::string& reason)
{
    if (!writes_to(datastore, source.host_id))
        throw Error(
            ErrorKind::refused,
            fmt::format("no host that may be used can write to the datastore '{}'", datastore.name),
            "mount it read-write on the hosts, or choose another with --datastore");
    return {{}, {}, {}, reason};
}

HostChoice named_host(const std::string& wanted, const vimclient::Datastore& datastore,
                      const std::vector<Host>& hosts)
{
    const auto host = std::ranges::find(hosts, wanted, &Host::name);
    if (host == hosts.end()) {
        std::vector<std::string> names;
        for (const Host& each : hosts)
            names.push_back(each.name);
        throw Error(ErrorKind::refused,
                    fmt::format("the datastore '{}' is not mounted on a host named '{}'",
                                datastore.name, wanted),
                    fmt::format("it is mounted on: {}", fmt::join(names, ", ")));
    }
    if (!host->usable || !writes_to(datastore, host->id))
        throw Error(ErrorKind::refused,
                    fmt::format("the host '{}' is not connected, is in maintenance mode, or cannot "
                                "write to the datastore '{}'",
                                wanted, datastore.name));
    return {host->id, host->pool_id, host->name, "as configured"};
}

}  // namespace

HostChoice choose_host(const std::string& wanted, const vimclient::Vm& source,
                       const vimclient::Datastore& datastore, const std::vector<Host>& hosts)
{
    if (wanted == "source")
        return own_host(source, datastore, "the source's host, as configured");
    if (wanted != "auto")
        return named_host(wanted, datastore, hosts);

    const auto other = std::ranges::find_if(hosts, [&](const Host& host) {
        return host.id != source.host_id && host.usable && !host.pool_id.empty() &&
               writes_to(datastore, host.id) && has_networks(host, source);
    });
    if (other == hosts.end())
        return own_host(source, datastore, "the source's host: no other one fits");
    return {other->id, other->pool_id, other->name, "another host than the source's"};
}

}  // namespace vmrotate::job
