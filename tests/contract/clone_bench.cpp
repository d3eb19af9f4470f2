// SPDX-License-Identifier: GPL-3.0-or-later
#include "clone_bench.hpp"

#include <utility>

namespace contract {

Bench::Bench(const nlohmann::json& configuration, const vimclient::Patience& patience,
             std::stop_token stop)
    : server(ServerUnderTest::strict(configuration)),
      vsphere(server.login(patience, std::move(stop))),
      scene(set_scene(*vsphere, "avocado2")),
      snapshot(vsphere->create_snapshot(scene.source, {"s", "d"})),
      wish(clone_wish(*vsphere, scene, snapshot, "zz_a-01"))
{
}

nlohmann::json Bench::rule(const std::string& method, const std::string& action,
                           nlohmann::json more) const
{
    more["method"] = method;
    more["action"] = action;
    return server.order({{"action", "rule"}, {"rule", more}});
}

int Bench::hits() const
{
    int hits = 0;
    for (const nlohmann::json& rule : server.rules())
        hits += rule.at("hits").get<int>();
    return hits;
}

}  // namespace contract
