# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults of the PowerCLI script that vmrotate replaces; one class for each of them."""

import re
import unittest

from harness import LONG, PASSWORD, READS, ShopTest, is_generation, mark_of, wait_until


def methods(calls):
    return [call["method"] for call in calls]


class TheNameKeyIsAPrefix(ShopTest):
    """`avocado2` also found `avocado20`; then nothing was backed up."""

    def test_a_longer_name_beside_it_does_not_matter(self):
        shop = self.shop(copyMs=50)
        shop.backups(2, "avocado20")
        shop.backups(4, "avocado2")
        self.assertEqual([2, 3, 4], shop.slots("avocado2"))
        self.assertEqual([1, 2], shop.slots("avocado20"))

    def test_a_part_of_a_name_finds_nothing_and_changes_nothing(self):
        shop = self.shop()
        for name in ("avocado", "vocado2", "AVOCADO2", "avocado2 ", "avocado*", ""):
            with self.subTest(name=name):
                result = shop.run("backup", name)
                self.assertIn(result.exit_code, (1, 2), str(result))
        self.assertEqual([], shop.vcenter.changes())

    def test_two_of_one_name_are_an_error_that_says_where_they_are(self):
        shop = self.shop()
        shop.do("folder", path="left/deep")
        shop.do("add_vm", name="avocado2", folder="left/deep", datastore="NFS_mango",
                host="esxi-1.example", disks=[{"gb": 1}])
        result = shop.run("backup", "avocado2")
        self.assertExit(1, result)
        self.assertIn("left/deep", result.err)
        self.assertEqual([], shop.vcenter.changes())


class WithoutAGapItFallsBackToSlot1(ShopTest):
    """Where a deletion failed there was no gap, and slot 1 was taken even if the newest
    backup lay in it."""

    def test_the_slot_after_the_newest_is_taken_whichever_that_is(self):
        table = [(3, 4), (4, 1), (6, 3)]  # runs before; the slot of the next
        for runs, slot in table:
            with self.subTest(runs=runs):
                shop = self.shop(copyMs=50)
                shop.backups(runs)
                oldest = shop.generations("avocado2")[0]
                shop.do("next", method="Destroy_Task", vm=oldest, failAt=0,
                        fault="SystemError", message="in use")
                failed = shop.run("backup", "avocado2")  # all four slots are taken after it
                self.assertExit(1, failed)
                self.assertEqual(4, len(shop.generations("avocado2")))
                newest = shop.generations("avocado2")[-1]
                owed = shop.generations("avocado2")[:2]

                (result,) = shop.backups(1)
                (line,) = result.of_type("backup")
                self.assertEqual(slot % 4 + 1, line["slot"])
                left = shop.generations("avocado2")
                self.assertIn(newest, left)
                self.assertEqual(3, len(left), "the owed deletion was not made up for")
                self.assertEqual(sorted(owed), sorted(line["expired"]))


class ItDeletesBeforeTheNewCloneExists(ShopTest):
    """The clone in the target slot was deleted first, whatever came of the new one."""

    def test_a_deletion_comes_behind_the_commit(self):
        shop = self.shop(copyMs=50)
        shop.backups(4, "avocado2", "--keep", "1")
        changes = methods(shop.vcenter.changes())
        for number, method in enumerate(changes):
            if method == "Destroy_Task":
                self.assertEqual("ReconfigVM_Task", changes[number - 1])
        self.assertEqual(3, changes.count("Destroy_Task"))

    def test_a_clone_that_fails_costs_no_old_one(self):
        table = [("at once", 0, {}), ("half-way", 50, {}), ("near the end", 95, {}),
                 ("and leaves a part", 60, {"keepsPartial": True})]
        for name, percent, more in table:
            with self.subTest(name):
                shop = self.shop(copyMs=50)
                if more:
                    shop.allow("nothing unfinished")
                shop.backups(3)
                before = shop.generations("avocado2")
                shop.do("next", method="CloneVM_Task", vm="avocado2", failAt=percent,
                        fault="NoDiskSpace", message="the datastore is full", **more)
                result = shop.run("backup", "avocado2")
                self.assertExit(1, result)
                self.assertIn("NoDiskSpace", result.err)
                self.assertEqual(before, shop.generations("avocado2"))
                self.assertEqual([], shop.vcenter.calls("Destroy_Task") if not more else [])
                self.assertExit(0, shop.run("backup", "avocado2"))
                self.assertEqual([2, 3, 4] if not more else 3, shop.slots("avocado2")
                                 if not more else len(shop.slots("avocado2")))


class TheSnapshotStaysWhenTheCloneFails(ShopTest):
    """It grew until the datastore was full."""

    def test_it_is_gone_whatever_happens_to_the_clone(self):
        table = [
            ("full", dict(failAt=0, fault="NoDiskSpace")),
            ("full half-way", dict(failAt=50, fault="NoDiskSpace")),
            ("host lost", dict(failAt=30, fault="HostNotConnected")),
            ("not allowed", dict(failAt=0, fault="NoPermission")),
            ("file trouble", dict(failAt=99, fault="FileFault")),
            ("unheard of", dict(failAt=10, fault="SystemError")),
        ]
        for name, orders in table:
            with self.subTest(name):
                shop = self.shop(copyMs=50)
                shop.do("next", method="CloneVM_Task", vm="avocado2", message="no luck", **orders)
                result = shop.run("backup", "avocado2")
                self.assertIn(result.exit_code, (1, 13), str(result))
                self.assertEqual([], shop.vcenter.snapshots("avocado2"))
                self.assertEqual([], shop.vcenter.copies())

    def test_a_snapshot_that_cannot_be_removed_is_told_and_costs_no_good_copy(self):
        shop = self.shop(copyMs=50)
        shop.allow("no snapshot left", "success is true")
        shop.do("next", method="RemoveSnapshot_Task", vm="avocado2", failAt=0, fault="FileFault",
                message="locked")
        result = shop.run("backup", "avocado2")
        if shop.vcenter.snapshots("avocado2"):
            self.assertExit(1, result)
            self.assertIn("snapshot", result.err)
        else:  # it tried again
            self.assertExit(0, result)
        self.assertEqual([1], shop.slots("avocado2"))


class ForeignSnapshotsGo(ShopTest):
    """It took CurrentSnapshot and removed by name: somebody else's "Clone Snapshot" went."""

    def test_somebody_elses_snapshots_stay(self):
        table = ["Clone Snapshot", "vmrotate", "vmrotate 0123456789abcdef0123456789abcdef",
                 "before the update"]
        for name in table:
            with self.subTest(name):
                shop = self.shop(copyMs=50)
                shop.do("snapshot", vm="avocado2", name=name, description="ours, not yours")
                shop.run("backup", "avocado2")
                self.assertEqual([name], shop.vcenter.snapshots("avocado2"))

    def test_one_taken_on_top_of_ours_while_it_copies_stays_and_ours_goes(self):
        shop = self.shop(copyMs=LONG)
        process = shop.start("backup", "avocado2")
        shop.vcenter.wait_for_copy("avocado2")
        shop.do("snapshot", vm="avocado2", name="Clone Snapshot", description="by hand")
        shop.do("speed", copyMs=50)
        self.assertExit(0, process.wait())
        self.assertEqual(["Clone Snapshot"], shop.vcenter.snapshots("avocado2"))
        (clone,) = shop.vcenter.calls("CloneVM_Task", body=True)
        (gone,) = shop.vcenter.calls("RemoveSnapshot_Task")
        self.assertIn(gone["this"], clone["body"])


class AnythingNamedLikeABackupIsDeleted(ShopTest):
    """Whoever had made `zz_<key>-NN*`, and whether it was running or not."""

    def full(self):
        shop = self.shop(copyMs=50)
        shop.backups(3)
        return shop

    def test_what_carries_no_mark_is_left_alone_and_counts_as_nothing(self):
        shop = self.shop(copyMs=50)
        names = ["zz_avocado2-01-201909240241", "zz_avocado2-02-201909250241",
                 "zz_avocado2-03", "zz_avocado2-04-my-own"]
        for name in names:
            shop.do("add_vm", name=name, folder="backup", datastore="NFS_durian",
                    host="esxi-1.example", disks=[{"gb": 40}])
        shop.backups(5)
        self.assertEqual(3, len(shop.generations("avocado2")))
        self.assertTrue(set(names) <= set(shop.vcenter.copies()))

    def test_a_copy_of_a_generation_is_somebody_elses(self):
        shop = self.full()
        oldest = shop.generations("avocado2")[0]
        copy = oldest[:-4] + "2359"  # named like a generation, and with the whole mark of one
        shop.do("copy", vm=oldest, name=copy, folder="backup")
        shop.backups(4)
        self.assertIn(copy, shop.vcenter.copies())
        self.assertEqual(3, len(shop.generations("avocado2")))

    def test_one_that_is_renamed_or_moved_is_left_alone(self):
        table = [("renamed", "rename", {"name": "the good one"}),
                 ("moved", "move", {"folder": "kept"})]
        for name, action, fields in table:
            with self.subTest(name):
                shop = self.full()
                shop.do("folder", path="kept")
                moref = shop.vcenter.generation_vms("avocado2")[0]["id"]
                shop.do(action, vm=moref, **fields)
                for _ in range(3):
                    shop.run("backup", "avocado2")
                self.assertTrue(is_generation(shop.vcenter.vm(moref)))

    def test_while_one_is_in_use_nothing_expires(self):
        for power in ("on", "suspended"):
            for which in (0, 2):
                with self.subTest(power=power, which=which):
                    shop = self.full()
                    before = shop.generations("avocado2")
                    shop.do("power", vm=before[which], state=power)
                    self.assertExit(0, shop.run("backup", "avocado2"))
                    (later,) = shop.backups(1)
                    self.assertTrue(set(before) <= set(shop.generations("avocado2")))
                    self.assertEqual(5, len(shop.generations("avocado2")))
                    self.assertTrue(later.of_type("backup")[0]["warnings"], str(later))
                    shop.do("power", vm=before[which], state="off")

    def test_a_pinned_one_stays(self):
        shop = self.full()
        oldest = shop.generations("avocado2")[0]
        shop.do("set", vm=oldest, extraConfig={"vmrotate.pinned": "for the auditor"})
        shop.backups(4)
        self.assertIn(oldest, shop.generations("avocado2"))


class AnUnfinishedCloneCounts(ShopTest):
    """A clone short of disks, or never finished, pushed a good one out."""

    def test_a_clone_that_is_not_whole_is_no_generation(self):
        table = [("a disk is missing", dict(dropDisk=1)), ("the first too", dict(dropDisk=0)),
                 ("a disk is elsewhere", dict(wrongDatastore="NFS_mango"))]
        for name, orders in table:
            with self.subTest(name):
                shop = self.shop(copyMs=50)
                shop.allow("nothing unfinished")
                shop.backups(3)
                before = shop.generations("avocado2")
                shop.do("next", method="CloneVM_Task", vm="avocado2", **orders)
                result = shop.run("backup", "avocado2")
                self.assertExit(1, result)
                self.assertEqual(before, shop.generations("avocado2"))
                self.assertEqual([], shop.vcenter.snapshots("avocado2"))
                self.assertExit(0, shop.run("backup", "avocado2"))
                self.assertEqual(before[1:], shop.generations("avocado2")[:2])
                self.assertEqual(3, len(shop.generations("avocado2")))

    def test_what_a_dead_run_left_is_no_generation(self):
        shop = self.shop(copyMs=50)
        shop.allow("nothing unfinished")
        shop.backups(3)
        before = shop.generations("avocado2")
        model = mark_of(shop.vcenter.vm(before[-1]))
        left = {**model, "state": "copying", "self": "", "seq": "4", "slot": "4",
                "run": "f" * 32, "taken": "2019-09-25T00:41:07Z"}
        shop.do("add_vm", name="zz_avocado2-04-201909250241", folder="backup",
                datastore="NFS_durian", host="esxi-1.example", disks=[{"gb": 40}, {"gb": 10}], power="off",
                extraConfig={f"vmrotate.{key}": value for key, value in left.items() if value})
        listed = shop.run("list", "avocado2")
        self.assertEqual(3, len(listed.of_type("generation")))
        self.assertEqual(1, len(listed.of_type("unfinished")))
        result = shop.run("backup", "avocado2")
        self.assertExit(0, result)
        self.assertNotIn("zz_avocado2-04-201909250241", shop.vcenter.copies())
        self.assertEqual(before[1:], shop.generations("avocado2")[:2])
        self.assertEqual(3, len(shop.generations("avocado2")))


class TwoRunsFightOverTheSlots(ShopTest):
    def test_one_of_three_runs_at_once_makes_a_generation_and_nothing_is_lost(self):
        shop = self.shop(copyMs=50)
        shop.backups(3)
        shop.do("speed", copyMs=LONG)
        before = shop.generations("avocado2")
        runs = [shop.start("backup", "avocado2") for _ in range(3)]
        wait_until(lambda: sum(run.is_running() for run in runs) <= 1, "the end of two")
        shop.do("speed", copyMs=50)
        results = [run.wait() for run in runs]
        self.assertEqual([0, 11, 11], sorted(result.exit_code for result in results))
        for result in results:
            if result.exit_code == 11:
                self.assertIn("avocado2", result.err)
        self.assertEqual(before[1:], shop.generations("avocado2")[:2])
        self.assertEqual([2, 3, 4], shop.slots("avocado2"))


class ItReadsTheWholeInventoryFiveTimes(ShopTest):
    WHOLE = {"config", "summary", "runtime", "guest", "capability", "config.hardware", "layoutEx",
             "layout", "storage", "info", "environmentBrowser", ""}

    @staticmethod
    def paths(call):
        return re.findall(r"<(?:\w+:)?pathSet>([^<]*)</", call["body"])

    def reads_of_a_backup(self, bulk):
        shop = self.shop(copyMs=50, bulk=bulk, keep_history=False)
        shop.backups(1)
        since = shop.vcenter.last_call()
        shop.backups(1)
        return [call for call in shop.vcenter.log(True, since)
                if call["method"].endswith("RetrievePropertiesEx") and
                not call["method"].startswith("Cancel")]

    def test_only_single_properties_are_asked_for(self):
        for call in self.reads_of_a_backup(0):
            self.assertNotRegex(call["body"], r"<(\w+:)?all>(true|1)<")
            self.assertEqual(set(), self.WHOLE & set(self.paths(call)), call["body"])

    def test_a_hundred_times_the_vms_cost_their_names_and_nothing_else(self):
        few, many = self.reads_of_a_backup(0), self.reads_of_a_backup(700)
        pages = 700 // 100
        self.assertLessEqual(len(few), 16)
        self.assertLessEqual(len(many), len(few) + pages)
        lists = [call for call in many if "ContainerView" in call["body"]]
        self.assertLessEqual(len(lists), 1)
        for call in lists:
            self.assertEqual(["name"], self.paths(call))


class MovesAndPasswordsSitInCode(ShopTest):
    def test_the_copy_is_born_in_its_folder(self):
        shop = self.shop(copyMs=50)
        shop.backups(1)
        self.assertEqual([], shop.vcenter.calls("MoveIntoFolder_Task"))
        self.assertEqual(1, len(shop.vcenter.copies()))

    def test_the_password_is_in_no_argument_environment_or_file(self):
        shop = self.shop(copyMs=LONG)  # the oracle reads all output, requests and files
        process = shop.start("backup", "avocado2")
        shop.vcenter.wait_for_copy()
        for name in ("cmdline", "environ", "comm", "maps"):
            try:
                with open(f"/proc/{process.pid}/{name}", "rb") as file:
                    self.assertNotIn(PASSWORD.encode(), file.read())
            except PermissionError:
                pass  # nobody else may look: as good
        shop.do("speed", copyMs=50)
        self.assertExit(0, process.wait())

    def test_no_core_file_and_no_debugger(self):
        shop = self.shop(copyMs=LONG)
        process = shop.start("backup", "avocado2")
        shop.vcenter.wait_for_copy()
        with open(f"/proc/{process.pid}/limits", encoding="ascii") as file:
            (core,) = [line for line in file if line.startswith("Max core file size")]
        self.assertEqual(["0", "0"], core.split()[4:6])
        shop.do("speed", copyMs=50)
        self.assertExit(0, process.wait())

    def test_the_log_of_the_server_has_no_unknown_call(self):
        shop = self.shop(copyMs=50)
        shop.backups(2, "avocado2", "--keep", "1")
        told = {call["method"] for call in shop.vcenter.log() if call["method"] not in READS}
        self.assertEqual({"CreateSnapshot_Task", "CloneVM_Task", "RemoveSnapshot_Task",
                          "ReconfigVM_Task", "Destroy_Task", "LogUserEvent"}, told)


if __name__ == "__main__":
    unittest.main()
