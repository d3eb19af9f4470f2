# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests that freeze while their snapshot is made and removed, as the probe sees them."""

from harness import ShopTest, mark_of


class FreezeTest(ShopTest):
    def probed(self, stun, keys=""):
        """A shop whose guest freezes for so many milliseconds, probed at its port."""
        shop = self.shop(guests=True, copyMs=50, createMs=50, removeMs=50, stunMs=stun)
        port = shop.vcenter.vm("avocado2")["guestPort"]
        shop.configure(f'[vm.avocado2]\nprobe = "tcp:{port}"\n{keys}')
        return shop

    def mark(self, shop):
        """Of the newest generation."""
        return mark_of(max(shop.vcenter.generation_vms("avocado2"),
                           key=lambda vm: int(mark_of(vm)["seq"])))


class Freezes(FreezeTest):
    def test_a_long_one_is_measured_warned_of_and_told_to_the_next_run(self):
        shop = self.probed(1500, 'max_freeze = "1s"\n')
        result = shop.run("backup", "avocado2")
        self.assertExit(0, result)
        line = result.of_type("backup")[0]
        self.assertGreaterEqual(line["freeze_ms"], 1500)
        self.assertGreaterEqual(line["probes_lost"], 1)
        self.assertTrue(line["froze_too_long"])
        self.assertIn("max_freeze is 1 s", " ".join(line["warnings"]))
        self.assertGreaterEqual(int(self.mark(shop)["freeze-ms"]), 1500)
        result = shop.run("backup", "avocado2", json=False)
        self.assertExit(0, result)
        self.assertIn("avocado2: the last backup froze the guest", result.err)
        self.assertRegex(result.out, r"avocado2: the guest did not answer for up to [1-9]")

    def test_the_removal_is_watched_too(self):
        shop = self.probed(0)
        shop.do("rule", method="RemoveSnapshot_Task", effect="do",
                do={"action": "speed", "stunMs": 1500})
        result = shop.run("backup", "avocado2")
        self.assertExit(0, result)
        line = result.of_type("backup")[0]
        self.assertGreaterEqual(line["freeze_ms"], 1500)
        self.assertFalse(line["froze_too_long"])
        self.assertEqual(line["freeze_ms"], int(self.mark(shop)["freeze-ms"]))

    def test_a_guest_that_cannot_be_probed_is_a_remark(self):
        shop = self.shop(copyMs=50)
        for keys, words in (('probe = "tcp:1"', "VMware Tools tell no address"),
                            ('probe = "icmp"\nprobe_address = "192.0.2.1"',
                             "cannot be probed at '192.0.2.1'")):
            with self.subTest(keys):
                shop.configure(f"[defaults]\n{keys}\n")
                result = shop.backups(1)[0]
                self.assertIn(words, result.err)
                line = result.of_type("backup")[0]
                self.assertEqual([], line["warnings"])
                self.assertIsNone(line["freeze_ms"])
                self.assertNotIn("freeze-ms", self.mark(shop))


class StopsAGroup(FreezeTest):
    def cluster(self, consistent, exit_code):
        """Two nodes whose guests freeze for longer than they may."""
        shop = self.shop(guests=True, copyMs=50, createMs=50, removeMs=50, stunMs=1500)
        nodes = ["avocado2", "avocado20"]
        ports = {vm: shop.vcenter.vm(vm)["guestPort"] for vm in nodes}
        shop.configure("[defaults]\nmax_freeze = \"1s\"\n" +
                       "".join(f'[vm.{vm}]\nprobe = "tcp:{port}"\n' for vm, port in ports.items()) +
                       f'[job.night]\nvms = ["{nodes[0]}", "{nodes[1]}"]\n'
                       f'[group.cluster]\nvms = ["{nodes[0]}", "{nodes[1]}"]\n'
                       f'consistent = {consistent}\non_freeze = "stop_group"\n')
        result = shop.run("backup", "--job", "night")
        self.assertExit(exit_code, result)
        self.assertIn("its group 'cluster'", result.err)
        self.assertIn("the guest of 'avocado2' was frozen for longer than max_freeze", result.err)
        made = shop.vcenter.calls("CreateSnapshot_Task")
        self.assertEqual(1, len(made), "the second node is not frozen after the first")
        return shop

    def test_the_next_node_is_not_frozen_right_after_the_first(self):
        shop = self.cluster("false", 3)
        self.assertEqual(1, len(shop.vcenter.generation_vms("avocado2")))
        self.assertEqual([], shop.vcenter.generation_vms("avocado20"))

    def test_a_consistent_group_is_all_or_nothing_then(self):
        shop = self.cluster("true", 1)
        self.assertEqual([], shop.vcenter.copies())
