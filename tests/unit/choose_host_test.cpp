// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/choose_host.hpp"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "fakes/test_run.hpp"

using namespace vmrotate;
using vimclient::Host;

namespace {

/// The source runs on esx1 (host-1); durian is mounted on all three.
struct Sight {
    vimclient::Vm source;
    vimclient::Datastore datastore;
    std::vector<Host> hosts{{"host-1", "esx1", "resgroup-1", true, {"network-1", "network-2"}},
                            {"host-2", "esx2", "resgroup-2", true, {"network-1", "network-2"}},
                            {"host-3", "esx3", "resgroup-3", true, {"network-1", "network-2"}}};

    Sight()
    {
        source.host_id = "host-1";
        source.networks = {"network-1", "network-2"};
        datastore.name = "durian";
        datastore.hosts = {{"host-1", true}, {"host-2", true}, {"host-3", true}};
    }
};

struct Case {
    std::string name, wanted;
    std::function<void(Sight&)> change;
    std::string chosen;  ///< "esx2 host-2 resgroup-2", or " " for the source's own
    std::string told;
};

const std::vector<Case> cases = {
    {"auto: another host than the source's", "auto", [](Sight&) {}, "esx2 host-2 resgroup-2", ""},
    {"auto: not one in maintenance", "auto", [](Sight& s) { s.hosts[1].usable = false; },
     "esx3 host-3 resgroup-3", ""},
    {"auto: not one without the datastore", "auto",
     [](Sight& s) { s.datastore.hosts.erase(s.datastore.hosts.begin() + 1); },
     "esx3 host-3 resgroup-3", ""},
    {"auto: not one that mounts it read-only", "auto",
     [](Sight& s) { s.datastore.hosts[1].writable = false; }, "esx3 host-3 resgroup-3", ""},
    {"auto: not one without a network of the source", "auto",
     [](Sight& s) { s.hosts[1].networks = {"network-1"}; }, "esx3 host-3 resgroup-3", ""},
    {"auto: not one without a resource pool", "auto", [](Sight& s) { s.hosts[1].pool_id.clear(); },
     "esx3 host-3 resgroup-3", ""},
    {"auto: the source's where no other one fits", "auto",
     [](Sight& s) {
         s.hosts[1].usable = false;
         s.hosts[2].networks.clear();
     },
     "  ", ""},
    {"auto: nowhere to write", "auto",
     [](Sight& s) {
         for (auto& mount : s.datastore.hosts)
             mount.writable = false;
     },
     "", "refused: no host that may be used can write to the datastore 'durian'"},
    {"source: its host, whatever others there are", "source", [](Sight&) {}, "  ", ""},
    {"source: it must write to the datastore", "source",
     [](Sight& s) { s.datastore.hosts[0].writable = false; }, "",
     "refused: no host that may be used can write to the datastore 'durian'"},
    {"a name: that host", "esx3", [](Sight&) {}, "esx3 host-3 resgroup-3", ""},
    {"a name: the source's may be named too", "esx1", [](Sight&) {}, "esx1 host-1 resgroup-1", ""},
    {"a name that is none", "esx9", [](Sight&) {}, "",
     "refused: the datastore 'durian' is not mounted on a host named 'esx9'"},
    {"a name: in maintenance", "esx3", [](Sight& s) { s.hosts[2].usable = false; }, "",
     "refused: the host 'esx3' is not connected, is in maintenance mode, or cannot write to the "
     "datastore 'durian'"},
    {"a name: mounted read-only", "esx3", [](Sight& s) { s.datastore.hosts[2].writable = false; },
     "",
     "refused: the host 'esx3' is not connected, is in maintenance mode, or cannot write to the "
     "datastore 'durian'"},
};

}  // namespace

TEST_CASE("choose_host: which host makes the copy")
{
    for (const Case& c : cases) {
        INFO("case: ", c.name);
        Sight sight;
        c.change(sight);
        std::string chosen;
        CHECK(told([&] {
                  const auto host =
                      job::choose_host(c.wanted, sight.source, sight.datastore, sight.hosts);
                  chosen = host.name + " " + host.host_id + " " + host.pool_id;
                  CHECK(host.reason != "");
              }) == c.told);
        CHECK(chosen == c.chosen);
    }
}
