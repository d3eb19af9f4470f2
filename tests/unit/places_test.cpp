// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/places.hpp"

#include <doctest/doctest.h>

#include "fakes/test_run.hpp"

using namespace vmrotate;
using fleet::Places;

namespace {

Places read(World& world)
{
    return Places::read(world.vsphere, {"datacenter-1"}, {"backup", "nowhere"}, world.clock());
}

Places::Ring ring(const std::string& source = "avocado2", const std::string& set = "default",
                  const std::string& folder = "backup")
{
    return {"datacenter-1", folder, source, set};
}

}  // namespace

TEST_CASE("places: the newest complete generation and the oldest unfinished one of each ring")
{
    World world;
    world.add_three();
    world.add_unfinished(4, 0x77);
    const auto places = read(world);
    CHECK(places.newest(ring()) == world.time - std::chrono::days(1));
    CHECK(places.unfinished(ring()) == world.time);
    CHECK_FALSE(places.newest(ring("avocado")).has_value());
    CHECK_FALSE(places.newest(ring("avocado2", "weekly")).has_value());
    CHECK_FALSE(places.newest(ring("avocado2", "default", "nowhere")).has_value());
    CHECK_FALSE(places.unfinished(ring("avocado")).has_value());
}

TEST_CASE("places: a copy of a generation is none, and it is no plain VM either")
{
    World world;
    auto& copy = world.add_generation(1, 1, 0);
    copy.instance_uuid = "another";
    world.vsphere.add_vm("plain", "backup");
    auto& spoilt = world.vsphere.add_vm("spoilt", "backup");
    spoilt.mark["vmrotate.version"] = "9";
    auto& elsewhere = world.vsphere.add_vm("elsewhere");
    elsewhere.mark = copy.mark;
    const auto places = read(world);
    CHECK_FALSE(places.newest(ring()).has_value());
    CHECK(places.holds(copy.ref.id));
    CHECK(places.holds(spoilt.ref.id));
    CHECK_FALSE(places.holds(world.vsphere.vm("plain").ref.id));
    CHECK_FALSE(places.holds(elsewhere.ref.id));  // whoever takes it out of its place wants a VM
}

TEST_CASE("places: one listing for each folder, however many VMs there are")
{
    World world;
    for (int i = 0; i < 50; ++i)
        world.vsphere.add_vm("vm" + std::to_string(i));
    const auto places = read(world);
    CHECK(world.vsphere.reads ==
          "datastores_of datacenter-1\nfolders_of datacenter-1\n"
          "vms_in backup\n");
    CHECK(world.vsphere.changes == "");
    CHECK(places.datastore("datacenter-1", "durian") == world.vsphere.datastore("durian").id);
    CHECK(places.datastore("datacenter-1", "nosuch") == "");
    CHECK(places.datastore("datacenter-2", "durian") == "");
}
