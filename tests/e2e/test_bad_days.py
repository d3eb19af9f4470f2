# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong once a backup has begun: copies, snapshots, replies, servers, rights, clocks.

Whatever happens: no good generation is lost, nothing half-made counts, our snapshot is gone or
named, and the next run without a fault ends well.
"""

import contextlib
import socket
import threading
import unittest

from harness import READS, is_ours, mark_of, wait_until
from test_bad_input import LATER, BadTest


def our_snapshots(shop, source="avocado2"):
    return [one["name"] for one in shop.vcenter.vm(source)["snapshots"] if is_ours(one)]


class FailureTest(BadTest):
    def assertEveryoneNames(self, left, result, shop):
        """What is left of a copy is named by the run that left it, and by the next one."""
        again = shop.run("backup", "avocado2", "--keep", "1", env=LATER)
        self.assertExit(11 if left else 0, again)
        for name in left:
            self.assertIn(f"'{name}'", result.err)
            self.assertIn(f"'{name}'", again.err)


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
        shop.do("speed", copyMs=1000)
        process = shop.start("backup", "avocado2", "--keep", "2")
        shop.vcenter.wait_for_copy()
        shop.do("datastore", name="NFS_durian", freeGB=0)
        self.assertSays(process.wait(), 1, "full", "NoDiskSpace", hint="--datastore")
        self.assertEqual(2, len(shop.vcenter.copies()))
        self.assertEqual(kept, shop.generations("avocado2")[-1])
        shop.do("datastore", name="NFS_durian", freeGB=1000)
        shop.do("speed", copyMs=40)
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
        taken = [f"zz_avocado2-01-{int(stamp) + more}" for more in range(3)]
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
        self.assertSays(result, 1, "vmrotate: avocado2: ", "brought to rest",
                        "ApplicationQuiesceFault", hint="prefer")
        self.assertEqual([], shop.vcenter.calls("CloneVM_Task"))
        shop.do("set", vm="avocado2", tools=True)
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
                self.assertSays(shop.run("backup", "avocado2"), 11, f"'{name}'",
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
        shop = self.shop(copyMs=300)
        shop.do("snapshot", vm="avocado2", name="before the update", description="Jane")
        shop.do("snapshot", vm="avocado2", name="vmrotate", description="vmrotate of last week")
        shop.backups(1)
        process = shop.start("backup", "avocado2")
        shop.vcenter.wait_for_copy()
        shop.do("snapshot", vm="avocado2", name="during the copy", description="")
        self.assertExit(0, process.wait())
        self.assertEqual(["before the update", "vmrotate", "during the copy"],
                         shop.vcenter.snapshots("avocado2"))

    def test_somebody_removes_our_snapshot_during_the_copy(self):
        shop = self.shop(copyMs=300)
        process = shop.start("backup", "avocado2")
        shop.vcenter.wait_for_copy()
        shop.do("remove_snapshot", vm="avocado2", snapshot=our_snapshots(shop)[0])
        self.assertExit(0, process.wait())
        self.assertEqual(1, len(shop.generations("avocado2")))


class Interrupted(BadTest):
    def test_a_run_that_was_killed_is_named_by_the_next_one(self):
        shop = self.shop(copyMs=400)
        shop.allow("sessions closed")
        shop.backups(1)
        process = shop.start("backup", "avocado2")
        copy = shop.vcenter.wait_for_copy()
        process.kill()
        process.wait()
        snapshot = our_snapshots(shop)[0]
        since = shop.vcenter.last_call()
        for _ in range(2):  # while it is being copied, and after
            for verb in ("backup", "plan"):
                self.assertSays(shop.run(verb, "avocado2"), 11, "vmrotate: avocado2: ",
                                f"'{snapshot}'", hint="vSphere Client")
            wait_until(lambda: not shop.vcenter.vm(copy["id"])["copying"], "the end of the copy")
        self.assertUnchanged(shop, since)
        self.assertIn("unfinished", shop.run("list", "avocado2", json=False).out)

        shop.do("remove_snapshot", vm="avocado2", snapshot=snapshot)
        self.assertSays(shop.run("backup", "avocado2"), 11, f"'{copy['name']}'",
                        hint="vSphere Client")
        self.assertUnchanged(shop, since)
        shop.do("destroy", vm=copy["id"])
        self.assertExit(0, shop.run("backup", "avocado2"))
        self.assertEqual([1, 2], shop.slots("avocado2"))
        self.assertLessEqual(shop.vcenter.state()["sessions"], 1)

    def test_a_run_that_was_killed_before_the_copy(self):
        shop = self.shop(copyMs=20)
        shop.allow("sessions closed")
        shop.do("rule", effect="delay", method="CloneVM_Task", delayMs=5000)
        process = shop.start("backup", "avocado2")
        wait_until(lambda: our_snapshots(shop), "our snapshot")
        process.kill()
        process.wait()
        shop.do("clear_rules")
        snapshot = our_snapshots(shop)[0]
        self.assertSays(shop.run("backup", "avocado2"), 11, f"'{snapshot}'")
        shop.do("remove_snapshot", vm="avocado2", snapshot=snapshot)
        self.assertExit(0, shop.run("backup", "papaya3"))


class LostReplies(BadTest):
    """A change whose reply was lost is looked after by reading, never blindly repeated."""

    METHODS = ("CreateSnapshot_Task", "CloneVM_Task", "RemoveSnapshot_Task", "ReconfigVM_Task",
               "Destroy_Task")

    def lose(self, shop, method, effect, *words, nth=1):
        """A backup with `keep = 1` that loses a reply; it returns its result and calls."""
        shop.backups(1)
        shop.do("rule", effect=effect, method=method, nth=nth)
        since = shop.vcenter.last_call()
        result = shop.run("backup", "avocado2", "--keep", "1", *words)
        calls = shop.vcenter.log(since=since)
        hit = [call for call in calls if call["action"] == effect]
        self.assertEqual([method], [call["method"] for call in hit], "the fault was not hit")
        later = [call for call in calls if call["seq"] > hit[0]["seq"]]
        again = [call for call in later if call["method"] == method and
                 call["this"] == hit[0]["this"]]
        if again:  # not before it was read
            between = [call["method"] for call in later if call["seq"] < again[0]["seq"]]
            self.assertIn("RetrievePropertiesEx", between)
        if later:
            self.assertIn(later[0]["method"], READS)
        return result, again

    def test_the_change_was_done(self):
        slow = dict(createMs=200, removeMs=200, reconfigMs=200, destroyMs=200, copyMs=200)
        for speeds in (dict(copyMs=20), slow):
            for method in self.METHODS:
                for effect in ("dropReply", "truncate")[:1 if speeds is slow else 2]:
                    what = f"{effect} of {method}, {'slow' if speeds is slow else 'fast'}"
                    with self.row(what, **speeds) as shop:
                        result, again = self.lose(shop, method, effect)
                        self.assertExit(0, result)
                        self.assertEqual(1, len(shop.generations("avocado2")), f"\n{result}")
                        if method in ("CreateSnapshot_Task", "CloneVM_Task"):
                            self.assertEqual([], again)

    def test_the_change_was_not_done(self):
        """Then the run may fail, but the next one does not, and nothing is lost."""
        for method in self.METHODS:
            with self.row(method, copyMs=20) as shop:
                result, _ = self.lose(shop, method, "drop")
                if result.exit_code != 0:
                    self.assertIn(result.exit_code, (1, 10), f"\n{result}")
                    self.assertEqual(1, len(self.complaints(result)), f"\n{result}")
                    self.assertGreaterEqual(len(shop.generations("avocado2")), 1)
                    self.assertEqual([], our_snapshots(shop))
                    self.assertExit(0, shop.run("backup", "avocado2", "--keep", "1", env=LATER))
                self.assertEqual(1, len(shop.generations("avocado2")))

    def test_the_mark_that_a_server_had_ignored(self):
        for nth, milliseconds in ((1, 0), (2, 0), (1, 300), (2, 300)):
            with self.row(f"ReconfigVM_Task number {nth}, {milliseconds} ms", copyMs=20,
                          reconfigMs=milliseconds, honourExtraConfig=False) as shop:
                result, _ = self.lose(shop, "ReconfigVM_Task", "dropReply", nth=nth)
                self.assertExit(0, result)
                self.assertEqual(1, len(shop.generations("avocado2")))

    def test_what_comes_before_the_snapshot(self):
        rows = [("ConsolidateVMDisks_Task", ()),
                ("CreateFolder", ("--folder", "new", "--create-folder"))]
        for method, words in rows:
            with self.row(method, copyMs=20) as shop:
                shop.folders.add("new")
                shop.do("set", vm="avocado2", consolidationNeeded=True)
                shop.do("rule", effect="dropReply", method=method)
                result = shop.run("backup", "avocado2", *words)
                self.assertIn(result.exit_code, (0, 1, 10), f"\n{result}")
                self.assertEqual(1, len(shop.vcenter.calls(method)))
                self.assertExit(0, shop.run("backup", "avocado2", *words))


class Relay(threading.Thread):
    """A wire to the vCenter that can be cut, and mended."""

    def __init__(self, server):
        super().__init__(daemon=True)
        host, _, port = server.rpartition(":")
        self.target = (host, int(port))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.server = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.whole, self.ends = True, []
        self.start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                if not self.whole:
                    near.close()
                    continue
                far = socket.create_connection(self.target)
                self.ends += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self.pump, args=pair, daemon=True).start()

    @staticmethod
    def pump(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self):
        self.whole = False
        for end in self.ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self):
        self.whole = True

    def close(self):
        self.cut()
        self.listener.close()
        for end in self.ends:
            end.close()


class Connections(BadTest):
    def relay(self, shop, retry_for):
        shop.configure(f'[vcenter]\nretry_for = "{retry_for}"\n')
        relay = Relay(shop.vcenter.server)
        self.addCleanup(relay.close)
        added = shop.run("credential", "add", "--vcenter", relay.server, "--user",
                         "backup@vsphere.local", "--offline", "--password-stdin",
                         stdin=shop.password + "\n")
        self.assertExit(0, added)
        return relay

    def test_an_outage_during_the_copy_is_waited_out(self):
        shop = self.shop(copyMs=1500)
        relay = self.relay(shop, "30s")
        process = shop.start("backup", "avocado2", "--vcenter", relay.server)
        shop.vcenter.wait_for_copy()
        relay.cut()
        wait_until(lambda: not any(vm["copying"] for vm in shop.vcenter.vms_in()), "the copy")
        relay.mend()
        self.assertExit(0, process.wait())
        self.assertEqual(1, len(shop.vcenter.calls("CloneVM_Task")))

    def test_a_server_that_stays_away_ends_the_run(self):
        shop = self.shop(copyMs=500)
        shop.allow("no snapshot left", "nothing unfinished", "sessions closed")
        relay = self.relay(shop, "1s")
        process = shop.start("backup", "avocado2", "--vcenter", relay.server)
        shop.vcenter.wait_for_copy()
        relay.cut()
        result = process.wait()
        self.assertExit(10, result)
        self.assertIn(our_snapshots(shop)[0], result.err)
        self.assertLess(result.seconds, 20)
        relay.mend()
        self.assertSays(shop.run("backup", "avocado2"), 11, our_snapshots(shop)[0])

    def test_sessions_that_the_server_ends(self):
        shop = self.shop(copyMs=400)
        process = shop.start("backup", "avocado2")
        shop.vcenter.wait_for_copy()
        shop.do("end_sessions")
        self.assertExit(0, process.wait())
        self.assertEqual(2, len(shop.vcenter.calls("Login")))
        self.assertEqual(1, len(shop.vcenter.calls("CloneVM_Task")))
        for method, nth in (("RetrievePropertiesEx", 1), ("RetrievePropertiesEx", 5),
                            ("CreateContainerView", 1), ("CurrentTime", 1), ("CreateFilter", 1),
                            ("WaitForUpdatesEx", 1), ("CreateSnapshot_Task", 1),
                            ("CloneVM_Task", 1), ("RemoveSnapshot_Task", 1),
                            ("ReconfigVM_Task", 1), ("Destroy_Task", 1)):
            with self.row(f"{method} number {nth}", copyMs=20) as shop:
                shop.backups(1)
                shop.do("rule", effect="endSession", method=method, nth=nth)
                self.assertExit(0, shop.run("backup", "avocado2", "--keep", "1"))
                self.assertEqual(1, len([call for call in shop.vcenter.log()
                                         if call["action"] == "endSession"]))
                self.assertEqual(1, len(shop.generations("avocado2")))

    def test_reads_are_repeated(self):
        for method in ("RetrieveServiceContent", "CreateContainerView", "RetrievePropertiesEx",
                       "CurrentTime", "CreateFilter", "WaitForUpdatesEx", "DestroyPropertyFilter",
                       "DestroyView"):
            with self.row(method, copyMs=20) as shop:
                shop.do("rule", effect="status", method=method)
                self.assertExit(0, shop.run("backup", "avocado2"))
                self.assertEqual(1, len([call for call in shop.vcenter.log()
                                         if call["action"] == "status"]))

    def test_answers_that_are_none(self):
        for effect in ("drop", "dropReply", "truncate", "html", "garbage"):
            with self.row(effect, copyMs=20) as shop:
                for nth in (1, 4, 7):
                    shop.do("rule", effect=effect, method="RetrievePropertiesEx", nth=nth)
                shop.do("rule", effect=effect, method="WaitForUpdatesEx", nth=2)
                self.assertExit(0, shop.run("backup", "avocado2"))
                self.assertGreaterEqual(len([call for call in shop.vcenter.log()
                                             if call["action"] == effect]), 3)


class Rights(FailureTest):
    def test_a_privilege_that_is_missing_is_named(self):
        rows = [
            ("CreateSnapshot_Task", 13, "VirtualMachine.State.CreateSnapshot", 1),
            ("CloneVM_Task", 13, "VirtualMachine.Provisioning.Clone", 1),
            ("Destroy_Task", 1, "VirtualMachine.Inventory.Delete", 2),
        ]
        for method, code, privilege, left in rows:
            with self.row(method, copyMs=20) as shop:
                shop.backups(1)
                shop.do("deny", methods=[method])
                result = shop.run("backup", "avocado2", "--keep", "1")
                self.assertSays(result, code, "vmrotate: avocado2: cannot", privilege,
                                "NoPermission")
                if code == 13:
                    self.assertIn("privilege", "".join(self.hints(result)))
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
        shop.do("task", vm="avocado2", ms=1200)
        result = shop.run("backup", "avocado2")
        self.assertExit(0, result)
        self.assertGreater(result.seconds, 0.8)
        self.assertIn("waiting for the task 'VirtualMachine.migrate'", result.err)

    def test_a_task_that_takes_too_long(self):
        shop = self.shop(copyMs=20)
        shop.allow("no task running")
        shop.configure('[defaults]\ntask_wait = "1s"\n')
        shop.do("task", vm="avocado2", ms=60000)
        result = shop.run("backup", "avocado2")
        self.assertSays(result, 11, "vmrotate: avocado2: ", "VirtualMachine.migrate", "1 s",
                        hint="task_wait")
        self.assertLess(result.seconds, 6)
        self.assertUnchanged(shop)

    def test_a_task_that_begins_behind_our_back(self):
        rows = [("CreateSnapshot_Task", "task"), ("CreateSnapshot_Task", "call"),
                ("CloneVM_Task", "task"), ("RemoveSnapshot_Task", "task"),
                ("RemoveSnapshot_Task", "call")]
        for method, busy in rows:
            with self.row(f"{method} as {busy}", copyMs=20, busyAsFault=busy) as shop:
                shop.backups(1)
                since = shop.vcenter.last_call()
                shop.do("rule", effect="delay", method=method, delayMs=300)
                process = shop.start("backup", "avocado2", "--keep", "1")
                shop.vcenter.wait_for_call(method, since=since)
                shop.do("task", vm="avocado2", ms=700)
                self.assertExit(0, process.wait())
                self.assertEqual(1, len(shop.generations("avocado2")))

    def test_a_task_that_begins_behind_our_back_and_takes_too_long(self):
        shop = self.shop(copyMs=20)
        shop.allow("no task running")
        shop.configure('[defaults]\ntask_wait = "1s"\n')
        shop.do("rule", effect="delay", method="CreateSnapshot_Task", delayMs=300)
        process = shop.start("backup", "avocado2")
        shop.vcenter.wait_for_call("CreateSnapshot_Task")
        shop.do("task", vm="avocado2", ms=9000)
        result = process.wait()
        self.assertSays(result, 11, "vmrotate: avocado2: ")
        self.assertLess(result.seconds, 7)

    def test_two_runs_at_once(self):
        shop = self.shop(copyMs=600)
        first = shop.start("backup", "avocado2")
        shop.vcenter.wait_for_copy()
        since = shop.vcenter.last_call()
        self.assertSays(shop.run("backup", "avocado2"), 11, "vmrotate: avocado2: ")
        self.assertEqual([], [call["method"] for call in shop.vcenter.changes(since)
                              if call["method"] in ("CreateSnapshot_Task", "CloneVM_Task")])
        self.assertExit(0, first.wait())
        self.assertEqual([1], shop.slots("avocado2"))


if __name__ == "__main__":
    unittest.main()
