# SPDX-License-Identifier: GPL-3.0-or-later
"""The VM of the vCenter that is asked: last, alone, and through the pauses that its own snapshot
makes."""

import unittest

from harness import ShopTest, is_ours

JOB = '[job.night]\nvms = ["vcenter", "avocado2", "avocado20"]\n'


class OwnVcenter(ShopTest):
    def own_shop(self, how, **config):
        """A shop whose vCenter runs in the VM 'vcenter'; `how` it may be known: key or address."""
        shop = self.shop(**{"copyMs": 50, **config})
        shop.configure(JOB + ('[vm.vcenter]\nself = true\n' if how == "self" else ""))
        if how == "address":
            shop.do("set", vm="vcenter", address="127.0.0.1")
        return shop

    def pauses(self, shop, effect, **fields):
        """The server does that while its own snapshot is made, and while it is removed."""
        for method in ("CreateSnapshot_Task", "RemoveSnapshot_Task"):
            shop.do("rule", rule={"method": method, "target": "vcenter", "moment": "replied",
                                  "action": "do", "do": {"action": effect, **fields}})

    def order_of_copies(self, shop):
        return [call["target"] for call in shop.vcenter.calls("CloneVM_Task")]

    def test_it_comes_last_and_alone(self):
        for how in ("self", "address"):
            with self.subTest(how):
                shop = self.own_shop(how)
                self.assertExit(0, shop.run("backup", "--job", "night"))
                snapshot = [call for call in shop.vcenter.calls("CreateSnapshot_Task")
                            if call["target"] == "vcenter"][0]["seq"]
                others = [call["seq"] for call in shop.vcenter.log()
                          if call["target"] != "vcenter" and call["method"] in
                          ("CreateSnapshot_Task", "CloneVM_Task", "RemoveSnapshot_Task")]
                self.assertGreater(snapshot, max(others))

    def assertDone(self, shop, result):
        self.assertExit(0, result)
        self.assertEqual(1, len(shop.generations("vcenter")))
        for vm in shop.vcenter.state()["vms"]:
            self.assertEqual([], [one for one in vm["snapshots"] if is_ours(one)], vm["name"])

    def test_it_survives_that_the_server_answers_nothing_for_a_while(self):
        shop = self.own_shop("self")
        self.pauses(shop, "freeze", ms=3000)
        self.assertDone(shop, shop.run("backup", "--job", "night", limit=90))

    def test_it_survives_that_all_connections_are_dropped(self):
        shop = self.own_shop("address")
        self.pauses(shop, "refuse", downMs=1500)
        shop.allow("sessions closed")
        self.assertDone(shop, shop.run("backup", "--job", "night", limit=90))


if __name__ == "__main__":
    unittest.main()
