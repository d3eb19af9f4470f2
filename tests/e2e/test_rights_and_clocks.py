# SPDX-License-Identifier: GPL-3.0-or-later
"""Missing privileges, odd clocks, VMs that are busy."""

from bad import LATER, BadTest, FailureTest, our_snapshots
from harness import LONG, wait_until


class Rights(FailureTest):
    def test_a_privilege_that_is_missing_is_named(self):
        rows = [
            ("CreateSnapshot_Task", "VirtualMachine.State.CreateSnapshot", 1),
            ("CloneVM_Task", "VirtualMachine.Provisioning.Clone", 1),
            ("Destroy_Task", "VirtualMachine.Inventory.Delete", 2),
        ]
        for method, privilege, left in rows:
            with self.row(method, copyMs=20) as shop:
                shop.backups(1)
                shop.do("deny", methods=[method])
                result = shop.run("backup", "avocado2", "--keep", "1")
                self.assertSays(result, 13, "vmrotate: avocado2: cannot", privilege,
                                "NoPermission", hint="privilege")
                self.assertEqual(left, len(shop.generations("avocado2")))
                self.assertEqual([], our_snapshots(shop))
                shop.do("deny", methods=[])
                self.assertExit(0, shop.run("backup", "avocado2", "--keep", "1", env=LATER))

    def test_before_the_snapshot(self):
        rows = [("ConsolidateVMDisks_Task", "VirtualMachine.State.RemoveSnapshot"),
                ("CreateFolder", "Folder.Create")]
        for method, privilege in rows:
            with self.row(method, copyMs=20) as shop:
                shop.do("set", vm="avocado2", consolidationNeeded=method != "CreateFolder")
                shop.do("deny", methods=[method])
                self.assertSays(shop.run("backup", "avocado2", "--folder", "a/b",
                                         "--create-folder"), 13, privilege, hint="privilege")
                self.assertEqual([], shop.vcenter.calls("CreateSnapshot_Task"))

    def test_a_copy_that_may_not_be_committed(self):
        shop = self.shop(copyMs=20)
        kept = shop.backups(1)[0].lines[0]["generation"]
        shop.do("deny", methods=["ReconfigVM_Task"])
        result = shop.run("backup", "avocado2", "--keep", "1")
        self.assertSays(result, 13, "VirtualMachine.Config.AdvancedConfig", hint="privilege")
        self.assertGenerations([kept], shop)
        self.assertEqual([], our_snapshots(shop))
        shop.allow("nothing unfinished")
        shop.do("deny", methods=[])
        self.assertEveryoneNames(set(shop.vcenter.copies()) - {kept}, result, shop)


class Clocks(BadTest):
    def test_an_odd_clock_deletes_nothing(self):
        for hours in (-2, 2):
            with self.row(f"{hours} hours", copyMs=20) as shop:
                shop.backups(1)
                shop.do("clock", offsetSeconds=hours * 3600)
                result = shop.run("backup", "avocado2", "--keep", "1")
                self.assertExit(1, result)  # the retention that was asked for is not met
                self.assertEqual(2, len(shop.generations("avocado2")))
                self.assertIn("clock", result.err)
                self.assertEqual([], shop.vcenter.calls("Destroy_Task"))
                shop.do("clock", offsetSeconds=0)
                self.assertExit(0, shop.run("backup", "avocado2", "--keep", "1", env=LATER))

    def test_an_odd_clock_is_told_even_where_nothing_is_due(self):
        shop = self.shop(copyMs=20)
        shop.do("clock", offsetSeconds=7200)
        result = shop.run("backup", "avocado2")
        self.assertExit(0, result)
        self.assertWarns(result, "clock")

    def test_a_clock_that_is_a_little_off_does_not_matter(self):
        shop = self.shop(copyMs=20)
        shop.backups(1)
        shop.do("clock", offsetSeconds=1800)
        self.assertExit(0, shop.run("backup", "avocado2", "--keep", "1"))
        self.assertEqual(1, len(shop.generations("avocado2")))


class BusyVms(BadTest):
    def test_a_task_on_the_vm_is_waited_for(self):
        shop = self.shop(copyMs=20)
        shop.do("task", vm="avocado2", ms=LONG)
        process = shop.start("backup", "avocado2")
        wait_until(lambda: "waiting for the task 'VirtualMachine.migrate'" in process.err(),
                   "its word about the task")
        shop.do("end_tasks")
        self.assertExit(0, process.wait())

    def test_a_task_that_takes_too_long(self):
        shop = self.shop(copyMs=20)
        shop.allow("no task running")
        shop.configure('[defaults]\ntask_wait = "1s"\n')
        shop.do("task", vm="avocado2", ms=LONG)
        result = shop.run("backup", "avocado2")
        self.assertSays(result, 11, "vmrotate: avocado2: ", "VirtualMachine.migrate", "1 s",
                        hint="task_wait")
        self.assertLess(result.seconds, 6)
        self.assertUnchanged(shop)

    def begin_behind_our_back(self, shop, method, milliseconds):
        """Somebody's task holds the VM the moment before such a call is carried out."""
        if method == "CloneVM_Task":
            shop.allow("one clone at a time")
        shop.do("rule", effect="do", method=method,
                do={"action": "task", "vm": "avocado2", "ms": milliseconds})

    def assertBegun(self, shop):
        self.assertEqual([(1, None)], [(rule["hits"], rule.get("error"))
                                       for rule in shop.vcenter.rules()])

    def test_a_task_that_begins_behind_our_back(self):
        rows = [("CreateSnapshot_Task", "task"), ("CreateSnapshot_Task", "call"),
                ("CloneVM_Task", "task"), ("RemoveSnapshot_Task", "task"),
                ("RemoveSnapshot_Task", "call")]
        for method, busy in rows:
            with self.row(f"{method} as {busy}", copyMs=20, busyAsFault=busy) as shop:
                shop.backups(1)
                self.begin_behind_our_back(shop, method, 700)
                self.assertExit(0, shop.run("backup", "avocado2", "--keep", "1"))
                self.assertBegun(shop)
                self.assertEqual(1, len(shop.generations("avocado2")))

    def test_a_task_that_begins_behind_our_back_and_takes_too_long(self):
        shop = self.shop(copyMs=20)
        shop.allow("no task running")
        shop.configure('[defaults]\ntask_wait = "1s"\n')
        self.begin_behind_our_back(shop, "CreateSnapshot_Task", LONG)
        result = shop.run("backup", "avocado2")
        self.assertSays(result, 11, "vmrotate: avocado2: ")
        self.assertBegun(shop)
        self.assertLess(result.seconds, 30)

    def test_two_runs_at_once(self):
        shop = self.shop(copyMs=LONG)
        first = shop.start("backup", "avocado2")
        shop.vcenter.wait_for_copy()
        since = shop.vcenter.last_call()
        self.assertSays(shop.run("backup", "avocado2"), 11, "vmrotate: avocado2: ")
        self.assertEqual([], [call["method"] for call in shop.vcenter.changes(since)
                              if call["method"] in ("CreateSnapshot_Task", "CloneVM_Task")])
        shop.do("speed", copyMs=50)
        self.assertExit(0, first.wait())
        self.assertEqual([1], shop.slots("avocado2"))
