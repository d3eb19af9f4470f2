# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies that fail and snapshots that stay: nothing is lost, and the message says why."""

from datetime import datetime, timedelta

from harness import LONG, mark_of
from bad import BadTest, FailureTest, our_snapshots


class FailedCopies(FailureTest):
    def test_a_copy_that_fails_costs_nothing(self):
        faults = [("SystemError", ""), ("NoDiskSpace", "--datastore"), ("HostNotConnected", "host"),
                  ("FileLocked", ""), ("RequestCanceled", "cancelled"), ("Timedout", ""),
                  ("InaccessibleDatastore", ""), ("GenericVmConfigFault", "")]
        shop = self.shop(copyMs=40)
        kept = shop.backups(1)[0].lines[0]["generation"]
        for fault, hint in faults:
            for percent in (60, 99):
                with self.subTest(fault, percent=percent):
                    shop.do("next", method="CloneVM_Task", failAt=percent, fault=fault)
                    result = shop.run("backup", "avocado2", "--keep", "1")
                    self.assertSays(result, 1, "vmrotate: avocado2: cannot make the copy", fault,
                                    hint=hint)
                    self.assertEqual([kept], shop.vcenter.copies())
                    self.assertEqual([], our_snapshots(shop))
        self.assertExit(0, shop.run("backup", "avocado2", "--keep", "1"))
        self.assertEqual(1, len(shop.generations("avocado2")))

    def test_what_a_failed_copy_leaves_behind_is_deleted(self):
        for fault in ("SystemError", "NoDiskSpace", "RequestCanceled"):
            for visible in (True, False):
                with self.row(fault, visibleWhileCopying=visible, copyMs=40) as shop:
                    kept = shop.backups(1)[0].lines[0]["generation"]
                    shop.do("next", method="CloneVM_Task", failAt=70, fault=fault,
                            keepsPartial=True)
                    self.assertSays(shop.run("backup", "avocado2", "--keep", "1"), 1, fault)
                    self.assertEqual([kept], shop.vcenter.copies())
                    self.assertExit(0, shop.run("backup", "avocado2", "--keep", "1"))

    def test_remains_without_a_mark_are_nobodys_and_are_named(self):
        shop = self.shop(copyMs=40, honourExtraConfig=False)
        shop.do("next", method="CloneVM_Task", failAt=70, fault="SystemError", keepsPartial=True)
        result = shop.run("backup", "avocado2")
        self.assertSays(result, 1, "SystemError")
        left = shop.vcenter.copies()
        self.assertEqual(1, len(left))
        self.assertEqual([], shop.vcenter.calls("Destroy_Task"))
        listed = shop.run("list", "avocado2", json=False)
        self.assertExit(0, listed)
        self.assertRegex(listed.out, f"not ours: {left[0]}.*no mark")
        self.assertExit(0, shop.run("backup", "avocado2"))
        self.assertIn(left[0], shop.vcenter.copies())

    def test_the_datastore_fills_up_during_the_copy(self):
        shop = self.shop(copyMs=40)
        kept = shop.backups(2)[1].lines[0]["generation"]
        shop.do("speed", copyMs=LONG)
        process = shop.start("backup", "avocado2", "--keep", "2")
        shop.vcenter.wait_for_copy()
        shop.do("datastore", name="NFS_durian", freeGB=0)
        shop.do("speed", copyMs=40)
        self.assertSays(process.wait(), 1, "full", "NoDiskSpace", hint="--datastore")
        self.assertEqual(2, len(shop.vcenter.copies()))
        self.assertEqual(kept, shop.generations("avocado2")[-1])
        shop.do("datastore", name="NFS_durian", freeGB=1000)
        self.assertExit(0, shop.run("backup", "avocado2", "--keep", "2"))

    def test_a_copy_that_is_not_right_is_refused_and_deleted(self):
        rows = [
            (dict(dropDisk=1), ["missing", "scsi0:1"]),
            (dict(dropDisk=0), ["missing", "scsi0:0"]),
            (dict(wrongDatastore="NFS_mango"), ["wrong datastore", "scsi0:0"]),
        ]
        for honour in (True, False):
            shop = self.shop(copyMs=20, honourExtraConfig=honour)
            kept = shop.backups(1)[0].lines[0]["generation"]
            for order, words in rows:
                with self.subTest(order, honourExtraConfig=honour):
                    shop.do("next", method="CloneVM_Task", **order)
                    result = shop.run("backup", "avocado2", "--keep", "1")
                    self.assertSays(result, 1, "vmrotate: avocado2: ", *words, hint="vCenter")
                    self.assertEqual([kept], shop.vcenter.copies())
                    self.assertGenerations([kept], shop)
            self.assertExit(0, shop.run("backup", "avocado2", "--keep", "1"))

    def test_a_wrong_copy_that_may_not_be_deleted_is_named(self):
        shop = self.shop(copyMs=20)
        kept = shop.backups(1)[0].lines[0]["generation"]
        shop.allow("nothing unfinished")
        shop.do("next", method="CloneVM_Task", dropDisk=1)
        shop.do("deny", methods=["Destroy_Task"])
        result = shop.run("backup", "avocado2", "--keep", "1")
        self.assertSays(result, 1, "missing")
        self.assertGenerations([kept], shop)
        self.assertEqual([], our_snapshots(shop))
        left = set(shop.vcenter.copies()) - {kept}
        self.assertEqual(1, len(left))
        self.assertWarns(result, "VirtualMachine.Inventory.Delete")
        self.assertEveryoneNames(left, result, shop)

    def test_a_server_that_ignores_the_mark_gets_it_written(self):
        shop = self.shop(copyMs=20, honourExtraConfig=False)
        shop.backups(3, "avocado2", "--keep", "2")
        for vm in shop.vcenter.generation_vms("avocado2"):
            mark = mark_of(vm)
            self.assertEqual(("complete", vm["instanceUuid"], "1"),
                             (mark["state"], mark["self"], mark["version"]))
            self.assertIn("Backup of 'avocado2'", vm["annotation"])
        self.assertEqual([2, 3], shop.slots("avocado2"))

    def test_a_name_that_is_taken_by_somebody_else(self):
        """Every name of slot 1 of this minute and the next ones is somebody's."""
        shop = self.shop(copyMs=20)
        self.assertExit(0, shop.run("plan", "avocado2"))
        stamp = shop.results[-1].of_type("plan")[0]["name"].rpartition("-")[2]
        minutes = [datetime.strptime(stamp, "%Y%m%d%H%M") + timedelta(minutes=more)
                   for more in range(3)]
        taken = [f"zz_avocado2-01-{minute:%Y%m%d%H%M}" for minute in minutes]
        for name in taken:
            shop.do("add_vm", name=name, folder="backup", datastore="NFS_durian",
                    host="esxi-1.example", disks=[{"gb": 1}], power="off")
        result = shop.run("backup", "avocado2")
        self.assertExit(0, result)
        self.assertWarns(result, "zz_avocado2-01-", "taken")
        self.assertEqual([2], shop.slots("avocado2"))
        self.assertEqual(set(taken), set(shop.vcenter.copies()) - set(shop.generations("avocado2")))
        self.assertEqual([], our_snapshots(shop))

    def test_the_commit_fails(self):
        """The copy cannot become a generation: it is deleted, or this and the next run name it."""
        for fault in ("SystemError", "InvalidPowerState"):
            with self.row(fault, copyMs=20) as shop:
                shop.allow("nothing unfinished")
                kept = shop.backups(1)[0].lines[0]["generation"]
                shop.do("next", method="ReconfigVM_Task", failAt=50, fault=fault)
                result = shop.run("backup", "avocado2", "--keep", "1")
                self.assertSays(result, 1, "vmrotate: avocado2: cannot commit", fault)
                self.assertGenerations([kept], shop)
                self.assertEqual([], our_snapshots(shop))
                self.assertEveryoneNames(set(shop.vcenter.copies()) - {kept}, result, shop)


class Snapshots(BadTest):
    def test_a_snapshot_that_cannot_be_made(self):
        shop = self.shop(copyMs=20)
        shop.backups(1)
        since = shop.vcenter.last_call()
        for fault, words in (("SystemError", "SystemError"), ("FileLocked", "FileLocked"),
                             ("TooManySnapshotLevels", "too many snapshots"),
                             ("NoDiskSpace", "full")):
            with self.subTest(fault):
                shop.do("next", method="CreateSnapshot_Task", failAt=50, fault=fault)
                self.assertSays(shop.run("backup", "avocado2", "--keep", "1"), 1,
                                "cannot take the snapshot", words, fault)
        self.assertEqual([], shop.vcenter.calls("CloneVM_Task", "Destroy_Task", since=since))

    def quiesced(self, shop):
        return [mark_of(vm)["quiesced"] for vm in shop.vcenter.generation_vms("avocado2")]

    def test_a_guest_that_must_rest_and_cannot(self):
        shop = self.shop(copyMs=20)
        shop.configure('[defaults]\nquiesce = "require"\n')
        shop.do("set", vm="avocado2", tools=False)
        result = shop.run("backup", "avocado2")
        self.assertSays(result, 4, "vmrotate: avocado2: ", "VMware Tools do not run",
                        hint="prefer")
        self.assertEqual([], shop.vcenter.calls("CreateSnapshot_Task"))
        shop.do("set", vm="avocado2", tools=True)
        shop.do("next", method="CreateSnapshot_Task", failAt=50, fault="ApplicationQuiesceFault")
        result = shop.run("backup", "avocado2")
        self.assertSays(result, 1, "vmrotate: avocado2: ", "brought to rest",
                        "ApplicationQuiesceFault", hint="prefer")
        shop.do("next", method="CreateSnapshot_Task", ignoreQuiesce=True)
        result = shop.run("backup", "avocado2")
        self.assertSays(result, 1, "vmrotate: avocado2: ", "not quiesced", hint="prefer")
        self.assertEqual([], shop.vcenter.calls("CloneVM_Task"))
        self.assertExit(0, shop.run("backup", "avocado2"))
        self.assertEqual(["yes"], self.quiesced(shop))

    def test_a_guest_that_should_rest_and_cannot(self):
        with self.row("no tools", copyMs=20) as shop:
            shop.configure('[defaults]\nquiesce = "prefer"\n')
            shop.do("set", vm="avocado2", tools=False)
            result = shop.run("backup", "avocado2")
            self.assertExit(0, result)
            self.assertEqual(["no"], self.quiesced(shop))
            self.assertWarns(result, "avocado2", "rest")
        for fault in ("ApplicationQuiesceFault", "FilesystemQuiesceFault"):
            with self.row(fault, copyMs=20) as shop:
                shop.configure('[defaults]\nquiesce = "prefer"\n')
                shop.do("next", method="CreateSnapshot_Task", failAt=50, fault=fault)
                result = shop.run("backup", "avocado2")
                self.assertExit(0, result)
                self.assertWarns(result, "avocado2", "rest", fault)
                self.assertEqual(["no"], self.quiesced(shop))
                self.assertExit(0, shop.run("backup", "avocado2"))
                self.assertEqual(["no", "yes"], self.quiesced(shop))

    def test_a_removal_that_fails_once_is_done_again(self):
        for what, order in (("says success", dict(leavesSnapshot=True)),
                            ("fails", dict(failAt=50, fault="SystemError")),
                            ("file locked", dict(failAt=99, fault="FileLocked")),
                            ("needs consolidation", dict(leavesConsolidation=True))):
            with self.row(what, copyMs=20) as shop:
                shop.backups(1)
                shop.do("next", method="RemoveSnapshot_Task", **order)
                result = shop.run("backup", "avocado2", "--keep", "1")
                self.assertExit(0, result)
                self.assertEqual([], shop.vcenter.snapshots("avocado2"))
                self.assertFalse(shop.vcenter.vm("avocado2")["consolidationNeeded"])
                self.assertEqual(1, len(shop.generations("avocado2")))

    def test_a_snapshot_that_stays_is_a_failure_that_keeps_the_generation(self):
        for what, order, word in (
                ("says success", dict(leavesSnapshot=True), "still there"),
                ("fails", dict(failAt=50, fault="SystemError"), "SystemError")):
            with self.row(what, copyMs=20) as shop:
                shop.allow("no snapshot left")
                for _ in range(9):
                    shop.do("next", method="RemoveSnapshot_Task", **order)
                result = shop.run("backup", "avocado2")
                self.assertExit(1, result)
                name = our_snapshots(shop)[0]
                self.assertSays(result, 1, "vmrotate: avocado2: cannot remove the snapshot",
                                f"'{name}'", word, hint="vSphere Client")
                self.assertEqual(1, len(shop.generations("avocado2")))
                self.assertTrue(result.summary["changed"], result)
                self.assertLess(len(shop.vcenter.calls("RemoveSnapshot_Task")), 6)
                self.assertSays(shop.run("backup", "avocado2"), 1, f"'{name}'",
                                hint="vSphere Client")

    def test_a_removal_that_may_not_be_begun_keeps_the_generation(self):
        """A removal that fails never undoes a good copy, in whichever way it fails."""
        for what, effect in (("NoPermission", None), ("InvalidPowerState", "fault"),
                             ("NotSupported", "fault")):
            with self.row(what, copyMs=20) as shop:
                shop.allow("no snapshot left")
                if effect:
                    shop.do("rule", effect=effect, fault=what, method="RemoveSnapshot_Task",
                            count=-1)
                else:
                    shop.do("deny", methods=["RemoveSnapshot_Task"])
                result = shop.run("backup", "avocado2")
                self.assertIn(result.exit_code, (1, 13), f"\n{result}")
                self.assertIn(f"'{our_snapshots(shop)[0]}'", result.err)
                self.assertIn(what, result.err)
                self.assertEqual(1, len(shop.generations("avocado2")), f"\n{result}")

    def test_disks_that_need_consolidation_after_it_and_must_not_get_it(self):
        shop = self.shop(copyMs=20)
        shop.configure('[defaults]\nconsolidate = "never"\n')
        shop.do("next", method="RemoveSnapshot_Task", leavesConsolidation=True)
        self.assertSays(shop.run("backup", "avocado2"), 1, "consolidation")
        self.assertEqual(1, len(shop.generations("avocado2")))
        self.assertEqual([], shop.vcenter.calls("ConsolidateVMDisks_Task"))

    def test_foreign_snapshots_stay(self):
        shop = self.shop(copyMs=20)
        shop.do("snapshot", vm="avocado2", name="before the update", description="Jane")
        shop.do("snapshot", vm="avocado2", name="vmrotate", description="vmrotate of last week")
        shop.backups(1)
        shop.do("speed", copyMs=LONG)
        process = shop.start("backup", "avocado2")
        shop.vcenter.wait_for_copy()
        shop.do("snapshot", vm="avocado2", name="during the copy", description="")
        shop.do("speed", copyMs=20)
        self.assertExit(0, process.wait())
        self.assertEqual(["before the update", "vmrotate", "during the copy"],
                         shop.vcenter.snapshots("avocado2"))

    def test_somebody_removes_our_snapshot_during_the_copy(self):
        shop = self.shop(copyMs=LONG)
        process = shop.start("backup", "avocado2")
        shop.vcenter.wait_for_copy()
        shop.do("remove_snapshot", vm="avocado2", snapshot=our_snapshots(shop)[0])
        shop.do("speed", copyMs=20)
        self.assertExit(0, process.wait())
        self.assertEqual(1, len(shop.generations("avocado2")))
