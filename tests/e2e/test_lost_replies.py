# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that are killed, replies that are lost, connections that break."""

import contextlib
import socket
import threading

from harness import LONG, READS, wait_until
from bad import LATER, BadTest, our_snapshots


class Interrupted(BadTest):
    """kill -9, and what the next run makes of what is left."""

    def kill_while_copying(self):
        """A shop with one generation, and the copy that a dead run began and that goes on."""
        shop = self.shop(copyMs=20)
        shop.allow("sessions closed")
        shop.backups(1)
        shop.do("speed", copyMs=LONG)
        process = shop.start("backup", "avocado2", env={"TZ": shop.another_minute()})
        copy = shop.vcenter.wait_for_copy()
        process.kill()
        process.wait()
        return shop, copy

    def test_the_next_run_waits_for_the_copy_and_finishes_it(self):
        shop, copy = self.kill_while_copying()
        process = shop.start("backup", "avocado2", env={"TZ": shop.another_minute()})
        wait_until(lambda: "waiting for a task of a run that was cut short" in process.err(),
                   "its word about the copy")
        shop.do("speed", copyMs=20)
        result = process.wait()
        self.assertExit(0, result)
        self.assertEqual([1, 2, 3], shop.slots("avocado2"))
        self.assertEqual(copy["id"], shop.vcenter.generation_vms("avocado2")[1]["id"])
        healed = " ".join(result.of_type("backup")[0]["healed"])
        self.assertIn("removed the snapshot", healed)
        self.assertIn(f"finished '{copy['name']}'", healed)

    def test_clean_does_the_same_without_a_backup(self):
        shop, copy = self.kill_while_copying()
        shop.do("speed", copyMs=20)
        wait_until(lambda: not shop.vcenter.vm(copy["id"])["copying"], "the end of the copy")
        since = shop.vcenter.last_call()
        for verb in (("clean", "--dry-run"), ("plan",), ("backup", "--dry-run")):
            planned = shop.run(verb[0], "avocado2", *verb[1:])
            self.assertExit(0, planned)
            steps = planned.lines[0]["recovery"]
            self.assertEqual(["remove", "finish"], [step["remedy"] for step in steps])
        self.assertUnchanged(shop, since)
        self.assertIn("unfinished", shop.run("list", "avocado2", json=False).out)

        result = shop.run("clean", "avocado2")
        self.assertExit(0, result)
        self.assertTrue(result.summary["changed"])
        self.assertEqual([1, 2], shop.slots("avocado2"))
        again = shop.run("clean", "avocado2")
        self.assertExit(0, again)
        self.assertFalse(again.summary["changed"])

    def test_another_machine_waits_until_the_grace_is_over(self):
        shop, copy = self.kill_while_copying()
        other = {"STATE_DIRECTORY": shop.state_folder + "-of-another-machine"}
        since = shop.vcenter.last_call()
        for verb in ("backup", "plan", "clean"):  # while it is being copied, and after
            self.assertSays(shop.run(verb, "avocado2", env=other), 11,
                            "vmrotate: avocado2: a run may be at work on it")
            shop.do("speed", copyMs=20)
            wait_until(lambda: not shop.vcenter.vm(copy["id"])["copying"], "the end of the copy")
        self.assertUnchanged(shop, since)
        shop.configure('[defaults]\ngrace = "0"\n')
        self.assertExit(0, shop.run("backup", "avocado2",
                                    env={**other, "TZ": shop.another_minute()}))
        self.assertEqual([1, 2, 3], shop.slots("avocado2"))

    def test_a_run_that_was_killed_before_the_copy(self):
        shop = self.shop(copyMs=20)
        shop.allow("sessions closed")
        shop.do("rule", effect="delay", method="CloneVM_Task", delayMs=5000)
        process = shop.start("backup", "avocado2")
        wait_until(lambda: our_snapshots(shop), "our snapshot")
        process.kill()
        process.wait()
        shop.do("clear_rules")
        self.assertExit(0, shop.run("backup", "avocado2"))
        self.assertEqual([1], shop.slots("avocado2"))


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
                         "backup@vsphere.local", "--no-verify", "--password-stdin",
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
        shop = self.shop(copyMs=LONG)
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
        shop.do("speed", copyMs=20)
        shop.configure("")
        self.assertExit(0, shop.run("backup", "avocado2", env={"TZ": shop.another_minute()}))
        self.assertEqual([], our_snapshots(shop))

    def test_sessions_that_the_server_ends(self):
        shop = self.shop(copyMs=LONG)
        process = shop.start("backup", "avocado2")
        shop.vcenter.wait_for_copy()
        shop.do("end_sessions")
        shop.do("speed", copyMs=20)
        self.assertExit(0, process.wait())
        self.assertEqual(2, len(shop.vcenter.calls("Login")))
        self.assertEqual(1, len(shop.vcenter.calls("CloneVM_Task")))
        for method, nth in (("RetrievePropertiesEx", 1), ("RetrievePropertiesEx", 4),
                            ("CreateContainerView", 1), ("CurrentTime", 1), ("CreateFilter", 1),
                            ("WaitForUpdatesEx", 1), ("CreateSnapshot_Task", 1),
                            ("CloneVM_Task", 1), ("RemoveSnapshot_Task", 1),
                            ("ReconfigVM_Task", 1), ("Destroy_Task", 1)):
            with self.row(f"{method} number {nth}", copyMs=20) as shop:
                shop.backups(1)
                if method in ("CreateContainerView", "CurrentTime"):
                    shop.forget_hints()
                shop.do("rule", effect="endSession", method=method, nth=nth)
                self.assertExit(0, shop.run("backup", "avocado2", "--keep", "1"))
                self.assertEqual(1, len([call for call in shop.vcenter.log()
                                         if call["action"] == "endSession"]))
                self.assertEqual(1, len(shop.generations("avocado2")))

    def test_reads_are_repeated(self):
        for method in ("RetrieveServiceContent", "CreateContainerView", "RetrievePropertiesEx",
                       "CurrentTime", "CreateFilter", "WaitForUpdatesEx", "DestroyView"):
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
