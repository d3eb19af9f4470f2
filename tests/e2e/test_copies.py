# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies on several places: a set for each, and the second one made of the first."""

import unittest

from harness import ShopTest, element, is_ours, mark_in, mark_of, wait_until

MANGO = 'copies = ["NFS_mango"]'


class CopiesTest(ShopTest):
    def shop_with(self, copies=MANGO, **config):
        shop = self.shop(**{"copyMs": 50, **config})
        shop.configure(f"[defaults]\n{copies}\n")
        return shop

    def night(self, shop, *words):
        """Another night's run."""
        return shop.run("backup", "avocado2", *words, env={"TZ": shop.another_minute()})

    def set_of(self, shop, name, folder="backup"):
        """The generations of one set, oldest first: their VMs."""
        return [vm for vm in shop.vcenter.generation_vms("avocado2", folder)
                if mark_of(vm)["set"] == name]

    def slots(self, shop, name, folder="backup"):
        return [int(mark_of(vm)["slot"]) for vm in self.set_of(shop, name, folder)]


class TwoRings(CopiesTest):
    def test_both_rotate_and_the_second_is_made_of_the_first(self):
        shop = self.shop_with('copies = [{ datastore = "NFS_mango", keep = 2 }]')
        for seq in range(1, 6):
            result = self.night(shop)
            self.assertExit(0, result)
            (line,) = result.of_type("backup")
            (copy,) = line["copies"]
            self.assertEqual(("NFS_mango", seq), (copy["datastore"], copy["seq"]))
            self.assertRegex(copy["generation"], r"^zz1_avocado2-\d\d-\d{12}$")
        self.assertEqual([3, 4, 1], self.slots(shop, "default"))
        self.assertEqual([1, 2], self.slots(shop, "default-1"))
        firsts = {mark_of(vm)["taken"]: vm["id"] for vm in self.set_of(shop, "default")}
        for vm in self.set_of(shop, "default-1"):
            self.assertEqual(["NFS_mango"], vm["datastores"])
            self.assertIn(mark_of(vm)["taken"], firsts)

    def test_the_snapshot_is_gone_before_the_second_copy_begins(self):
        shop = self.shop_with()
        (line,) = self.night(shop).of_type("backup")
        first, second = shop.vcenter.calls("CloneVM_Task", body=True)
        (removal,) = shop.vcenter.calls("RemoveSnapshot_Task")
        self.assertTrue(first["seq"] < removal["seq"] < second["seq"])
        self.assertEqual(shop.vcenter.vm("avocado2")["id"], first["this"])
        self.assertEqual(shop.vcenter.vm(line["generation"])["id"], second["this"])
        self.assertIsNone(element(second["body"], "snapshot"))
        marks = [mark_in(call["body"]) for call in (first, second)]
        for key in ("source", "source-name", "taken", "quiesced", "disks", "lock"):
            self.assertEqual(marks[0][key], marks[1][key], key)
        self.assertNotEqual(marks[0]["run"], marks[1]["run"])

    def test_the_other_verbs_know_both_sets(self):
        shop = self.shop_with()
        for _ in range(3):
            self.assertExit(0, self.night(shop))
        listed = shop.run("list", "avocado2").of_type("generation")
        self.assertEqual([("default", "NFS_durian")] * 3 + [("default-1", "NFS_mango")] * 3,
                         [(one["set"], one["datastore"]) for one in listed])
        plans = shop.run("backup", "avocado2", "--dry-run").of_type("plan")
        self.assertEqual([("NFS_durian", ""), ("NFS_mango", "NFS_durian")],
                         [(one["datastore"], one["copied_from"]) for one in plans])
        before = shop.vcenter.last_call()
        self.assertExit(0, shop.run("prune", "avocado2", "--keep", "1", "--dry-run"))
        self.assertEqual([], [call for call in shop.vcenter.changes(before)])
        self.assertExit(0, shop.run("prune", "avocado2", "--keep", "1"))
        self.assertEqual(([3], [3]), (self.slots(shop, "default"), self.slots(shop, "default-1")))

    def test_places_that_would_mix_are_refused_before_anything_is_contacted(self):
        table = [
            ('copies = [{ datastore = "NFS_mango", prefix = "zz_" }]', "prefix 'zz_'"),
            ('copies = [{ datastore = "NFS_mango", set = "default" }]', "two datastores"),
            ('copies = [{ folder = "far" }]', "names no datastore"),
            ('copies = "NFS_mango"', "must be a list"),
            ('copies = ["NFS_mango", "NFS_mango"]', "two places of it are on the datastore"),
        ]
        for copies, words in table:
            with self.subTest(copies):
                shop = self.shop_with(copies)
                result = shop.run("backup", "avocado2")
                self.assertExit(2, result)
                self.assertIn(words, result.err)
                self.assertEqual([], shop.vcenter.log())


class OnePlaceFails(CopiesTest):
    def test_a_full_place_fails_that_copy_only(self):
        shop = self.shop_with('copies = ["NFS_durian", "NFS_mango", "NFS_fig"]', datastores=[
            {"name": name, "capacityGB": 2000} for name in ("NFS_durian", "NFS_mango", "NFS_fig")],
            vms=[{"name": "avocado2", "datastore": "NFS_durian", "host": "esxi-1.example",
                  "disksGB": [40]}])
        for _ in range(4):
            self.assertExit(0, self.night(shop))
        shop.do("datastore", name="NFS_mango", freeGB=1)
        result = self.night(shop)
        self.assertExit(1, result)
        (line,) = result.of_type("backup")
        self.assertIn("the copy on 'NFS_mango'", result.err)
        mango, fig = line["copies"]
        self.assertEqual("", mango["generation"])
        self.assertNotEqual("", fig["generation"])
        self.assertEqual([3, 4, 1], self.slots(shop, "default"))
        self.assertEqual([2, 3, 4], self.slots(shop, "default-1"))  # nothing expired there
        self.assertEqual([3, 4, 1], self.slots(shop, "default-2"))

    def test_the_next_try_makes_up_for_it_without_another_snapshot(self):
        shop = self.shop_with(MANGO + '\n[job.night]\nvms = ["avocado2"]\nmin_interval = "1h"')
        shop.do("datastore", name="NFS_mango", freeGB=1)
        self.assertExit(1, shop.run("backup", "--job", "night"))
        shop.do("datastore", name="NFS_mango", freeGB=1000)
        since = shop.vcenter.last_call()
        self.assertExit(0, shop.run("backup", "--job", "night"))
        self.assertEqual([], shop.vcenter.calls("CreateSnapshot_Task", since=since))
        self.assertEqual(([1], [1]), (self.slots(shop, "default"), self.slots(shop, "default-1")))
        since = shop.vcenter.last_call()
        self.assertExit(0, shop.run("backup", "--job", "night"))
        self.assertEqual([], shop.vcenter.changes(since))

    def test_a_place_that_is_not_there_fails_alone(self):
        shop = self.shop_with('copies = ["NFS_fig"]')
        result = self.night(shop)
        self.assertExit(1, result)
        self.assertIn("'NFS_fig'", result.err)
        self.assertEqual([1], self.slots(shop, "default"))


class CutShort(CopiesTest):
    def killed(self, **config):
        """A shop whose second copy goes on, and whose run is dead."""
        shop = self.shop_with(**config)
        for _ in range(3):
            self.assertExit(0, self.night(shop))
        shop.do("rule", rule={"method": "RemoveSnapshot_Task", "moment": "replied", "action": "do",
                              "do": {"action": "speed", "copyMs": 60000}})
        since = shop.vcenter.last_call()
        process = shop.start("backup", "avocado2", env={"TZ": shop.another_minute()})
        shop.vcenter.wait_for_call("CloneVM_Task", count=2, since=since)
        process.kill()
        process.wait()
        shop.allow("sessions closed")  # nobody logged out
        return shop

    def test_the_next_run_finishes_it_on_proof(self):
        shop = self.killed()
        shop.do("speed", copyMs=50)
        wait_until(lambda: not any(vm["copying"] for vm in shop.vcenter.state()["vms"]),
                   "the end of the copy")
        result = self.night(shop)
        self.assertExit(0, result)
        (line,) = result.of_type("backup")
        self.assertIn("finished 'zz1_avocado2-04-", str(line["healed"]))
        self.assertEqual([3, 4, 1], self.slots(shop, "default"))
        self.assertEqual([3, 4, 1], self.slots(shop, "default-1"))

    def test_clean_finishes_it_while_it_still_goes_on(self):
        shop = self.killed()
        process = shop.start("clean", "avocado2")
        wait_until(lambda: "waiting for a task" in process.err(), "its wait for the copy")
        shop.do("speed", copyMs=50)
        self.assertExit(0, process.wait())
        self.assertEqual([2, 3, 4], self.slots(shop, "default"))
        self.assertEqual([2, 3, 4], self.slots(shop, "default-1"))

    def test_without_proof_it_is_undone(self):
        shop = self.killed()
        shop.do("restart", copies="half", fullSize=True)
        shop.do("speed", copyMs=50)
        result = self.night(shop)
        self.assertExit(0, result)
        self.assertIn("deleted the unfinished copy 'zz1_avocado2-04-",
                      str(result.of_type("backup")[0]["healed"]))
        self.assertEqual([3, 4, 1], self.slots(shop, "default"))
        self.assertEqual([2, 3, 4], self.slots(shop, "default-1"))

    def test_another_machine_does_not_touch_the_copy_that_goes_on(self):
        shop = self.killed()
        result = shop.run("backup", "avocado2",
                          env={"STATE_DIRECTORY": shop.folder + "/elsewhere",
                               "XDG_STATE_HOME": shop.folder + "/elsewhere"})
        self.assertExit(11, result)
        shop.do("speed", copyMs=50)
        self.assertExit(0, self.night(shop))


if __name__ == "__main__":
    unittest.main()
