# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups: every snapshot is there before any copy begins, and one that fails fails all of them."""

import signal
import unittest

from harness import ShopTest, is_ours, wait_until

THREE = ["avocado2", "avocado20", "support private"]


class GroupTest(ShopTest):
    def group(self, keys="", job="", vms=None, **config):
        """A shop with a job that is one group of three."""
        shop = self.shop(**{"copyMs": 100, **config})
        names = ", ".join(f'"{name}"' for name in vms or THREE)
        shop.configure(f"[defaults]\nper_source_datastore = 4\n{job}\n[job.night]\n"
                       f"vms = [{names}]\n[group.shop]\nvms = [{names}]\n{keys}\n")
        return shop

    def run_all(self, shop):
        return shop.run("backup", "--job", "night", env={"TZ": shop.another_minute()})

    def assertNothingLeft(self, shop):
        """No generation, no snapshot of ours, nothing half-made."""
        self.assertEqual([], shop.vcenter.copies())
        for vm in shop.vcenter.state()["vms"]:
            self.assertEqual([], [one for one in vm["snapshots"] if is_ours(one)], vm["name"])


class Together(GroupTest):
    def test_every_snapshot_is_made_before_any_copy_begins(self):
        shop = self.group()
        result = self.run_all(shop)
        self.assertExit(0, result)
        made = [call["seq"] for call in shop.vcenter.calls("CreateSnapshot_Task")]
        copied = [call["seq"] for call in shop.vcenter.calls("CloneVM_Task")]
        self.assertEqual((3, 3), (len(made), len(copied)))
        self.assertLess(max(made), min(copied))
        lines = result.of_type("backup")
        self.assertEqual({"shop"}, {line["group"] for line in lines})
        (spread,) = {line["group_spread_ms"] for line in lines}
        self.assertGreaterEqual(spread, 0)

    def test_a_plan_names_the_group_and_refuses_what_a_backup_refuses(self):
        shop = self.group()
        for words in (("plan", "--job", "night"), ("backup", "--dry-run")):
            plans = shop.run(*words).of_type("plan")
            self.assertEqual([("shop", THREE, "together")] * 3,
                             [(one["group"], one["group_vms"], one["group_snapshots"])
                              for one in plans])
        text = shop.run("plan", "--job", "night", json=False).out
        self.assertIn("in the group 'shop' with 'avocado20' and 'support private': all snapshots "
                      "are taken together", text)
        (alone,) = shop.run("plan", "avocado2").of_type("plan")
        self.assertNotIn("group", alone)
        self.assertExit(2, shop.run("plan", "avocado2", "avocado20"))
        self.assertEqual([], shop.vcenter.changes(0))

    def test_a_larger_group_than_the_limits_is_refused_unless_it_may_wait(self):
        for limit in ("concurrency = 2", "per_target_datastore = 2"):
            with self.subTest(limit):
                shop = self.group(job=limit)
                result = self.run_all(shop)
                self.assertExit(2, result)
                self.assertIn("group_waits", result.err)
                self.assertEqual([], shop.vcenter.log())
        shop = self.group("group_waits = true", job="concurrency = 2")
        self.assertExit(0, self.run_all(shop))
        made = [call["seq"] for call in shop.vcenter.calls("CreateSnapshot_Task")]
        self.assertLess(max(made), shop.vcenter.calls("CloneVM_Task")[0]["seq"])

    def test_a_limit_that_is_known_only_at_the_server_refuses_it_before_anything_is_changed(self):
        shop = self.group(job="per_host = 1")
        result = self.run_all(shop)
        self.assertNotEqual(0, result.exit_code)
        self.assertIn("group_waits", result.err)
        self.assertEqual([], [call["method"] for call in shop.vcenter.changes()])


class OneFails(GroupTest):
    def test_a_snapshot_that_fails_removes_the_others_and_fails_the_group(self):
        shop = self.group()
        shop.do("next", method="CreateSnapshot_Task", vm="avocado20", failAt=50,
                fault="SystemError")
        result = self.run_all(shop)
        self.assertExit(1, result)
        self.assertIn("its group 'shop' is given up: 'avocado20'", result.err)
        self.assertEqual([], shop.vcenter.calls("CloneVM_Task"))
        self.assertNothingLeft(shop)
        self.assertExit(0, self.run_all(shop))

    def test_one_that_cannot_begin_costs_no_snapshot(self):
        shop = self.group()
        shop.do("set", vm="avocado20", connection="disconnected")
        result = self.run_all(shop)
        self.assertExit(1, result)
        self.assertEqual([], [call["method"] for call in shop.vcenter.changes()])
        shop.do("set", vm="avocado20", connection="connected")

    def test_best_effort_goes_on_without_it(self):
        shop = self.group('policy = "best-effort"')
        shop.do("next", method="CreateSnapshot_Task", vm="avocado20", failAt=50,
                fault="SystemError")
        self.assertExit(3, self.run_all(shop))
        self.assertEqual(2, len(shop.vcenter.copies()))


class Stopped(GroupTest):
    def test_a_signal_between_the_snapshots_leaves_nothing(self):
        shop = self.group(createMs=10)
        shop.do("next", method="CreateSnapshot_Task", vm="avocado20", end="runningForEver")
        process = shop.start("backup", "--job", "night")
        shop.vcenter.wait_for_call("CreateSnapshot_Task", count=3)
        wait_until(lambda: ("CreateSnapshot_Task", "avocado20", "running") in [
            (task["method"], task["target"], task["state"])
            for task in shop.vcenter.state()["tasks"]], "the snapshot that takes for ever")
        shop.allow("no task running")
        process.signal(signal.SIGTERM)
        shop.do("end_tasks")
        result = process.wait()
        self.assertExit(143, result)
        self.assertEqual([], shop.vcenter.calls("CloneVM_Task"))
        self.assertNothingLeft(shop)


if __name__ == "__main__":
    unittest.main()
