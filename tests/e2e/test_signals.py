# SPDX-License-Identifier: GPL-3.0-or-later
"""Signals, terminals that go away, and a ground that does not bear: no snapshot is ever left."""

import os
import signal
import subprocess
import time
import unittest

from bad import BadTest, our_snapshots
from harness import LONG, program, wait_until

SHELL = ("sh", "-c")


class SignalTest(BadTest):
    def at(self, method, words=(), wrapper=(), **config):
        """A shop with three generations, and a run of which this task goes on for long."""
        speed = {"CreateSnapshot_Task": "createMs", "CloneVM_Task": "copyMs",
                 "RemoveSnapshot_Task": "removeMs", "ReconfigVM_Task": "reconfigMs",
                 "Destroy_Task": "destroyMs"}[method]
        shop = self.shop(**{"copyMs": 50, **config})
        shop.backups(3)
        shop.do("speed", **{speed: 20000 if method == "CloneVM_Task" else 1500})
        since = shop.vcenter.last_call()
        process = shop.start("backup", "avocado2", *words, wrapper=wrapper)
        shop.vcenter.wait_for_call(method, since=since)
        return shop, process

    def assertHonest(self, shop, result, code):
        """Nothing is left, and 0 is said only where all was done."""
        self.assertEqual([], our_snapshots(shop), f"\n{result}")
        slots = shop.slots("avocado2")
        self.assertIn(result.exit_code, (0, code), f"\n{result}")
        self.assertIn(slots, ([2, 3, 4],) if result.exit_code == 0 else
                      ([1, 2, 3], [1, 2, 3, 4]), f"\n{result}")
        shop.do("speed", copyMs=50, createMs=10, removeMs=10, reconfigMs=10, destroyMs=10)
        self.assertExit(0, shop.run("backup", "avocado2"))
        self.assertEqual(3, len(shop.slots("avocado2")))


class FirstSignal(SignalTest):
    def test_in_whichever_step_it_comes_the_snapshot_goes(self):
        signals = {signal.SIGTERM: 143, signal.SIGINT: 130, signal.SIGHUP: 129}
        for method in ("CreateSnapshot_Task", "CloneVM_Task", "RemoveSnapshot_Task",
                       "ReconfigVM_Task", "Destroy_Task"):
            for number, code in signals.items():
                with self.subTest(method, signal=number.name):
                    shop, process = self.at(method)
                    process.signal(number)
                    result = process.wait()
                    self.assertHonest(shop, result, code)
                    if method in ("CreateSnapshot_Task", "CloneVM_Task"):
                        self.assertExit(code, result)

    def test_before_anything_was_sent(self):
        shop = self.shop()
        shop.do("rule", effect="delay", method="Login", delayMs=1500)
        process = shop.start("backup", "avocado2")
        shop.vcenter.wait_for_call("RetrieveServiceContent")
        process.signal(signal.SIGTERM)
        self.assertExit(143, process.wait())
        self.assertUnchanged(shop)

    def test_while_the_server_is_stuck_it_still_ends(self):
        """The undo has a time limit of its own: it does not wait as long as a run may."""
        shop, process = self.at("CloneVM_Task")
        shop.do("rule", effect="delay", method="WaitForUpdatesEx", delayMs=4000)
        process.signal(signal.SIGTERM)
        result = process.wait()
        self.assertExit(143, result)
        self.assertHonest(shop, result, 143)

    def test_while_the_server_is_away_it_ends_soon(self):
        """Not only after `retry_for`, 15 minutes: what is left is named, and the next run heals."""
        shop, process = self.at("CloneVM_Task")
        shop.allow("sessions closed")  # nobody is there to log out from
        shop.do("refuse", downMs=3600000)
        process.signal(signal.SIGTERM)
        result = process.wait(150)
        self.assertExit(143, result)
        self.assertLess(result.seconds, 120)
        self.assertIn(our_snapshots(shop)[0], result.err)
        shop.do("refuse", downMs=1)
        shop.do("speed", copyMs=50)
        self.assertExit(0, shop.run("backup", "avocado2", env={"TZ": shop.another_minute()}))
        self.assertEqual([], our_snapshots(shop))

    def test_while_a_read_waits_for_its_answer_it_ends_as_a_signal_demands(self):
        """Somebody asked it to stop: that the server does not answer is not what it ended for."""
        shop = self.shop(copyMs=50)
        stalled = {"method": "RetrievePropertiesEx", "action": "stall", "stallMs": 20000}
        shop.do("rule", rule={"method": "CreateSnapshot_Task", "moment": "replied",
                              "action": "do", "do": {"action": "rule", "rule": stalled}})
        process = shop.start("backup", "avocado2")
        wait_until(lambda: any(call["action"] == "stall" for call in shop.vcenter.log()),
                   "the read that gets no answer")
        process.signal(signal.SIGTERM)
        result = process.wait()
        self.assertExit(143, result)
        self.assertEqual([], our_snapshots(shop), f"\n{result}")


class SecondSignal(SignalTest):
    """Many who mean one signal send two; only a person who is impatient sends one later."""

    def test_two_at_once_are_one(self):
        for pair in ((signal.SIGTERM, signal.SIGTERM), (signal.SIGINT, signal.SIGTERM),
                     (signal.SIGTERM, signal.SIGHUP), (signal.SIGHUP, signal.SIGTERM)):
            with self.subTest([number.name for number in pair]):
                shop, process = self.at("CloneVM_Task", removeMs=300)
                shop.do("client", pid=process.pid)
                if pair[1] == signal.SIGTERM:  # the server sends it where the first one was taken
                    shop.do("rule", method="CancelTask", effect="term")
                process.signal(pair[0])
                shop.vcenter.wait_for_call("CancelTask")
                if pair[1] != signal.SIGTERM:
                    process.signal(pair[1])
                result = process.wait()
                for rule in shop.vcenter.rules():
                    self.assertEqual((1, None), (rule["hits"], rule.get("error")))
                self.assertExit(128 + pair[0], result)
                self.assertHonest(shop, result, 128 + pair[0])

    def test_the_command_timeout_sends_two(self):
        shop, process = self.at("CloneVM_Task", wrapper=("timeout", "60"))
        process.signal(signal.SIGTERM)
        process.wait()
        wait_until(lambda: shop.vcenter.state()["sessions"] == 0, "its end")
        self.assertEqual([], our_snapshots(shop))
        self.assertEqual([1, 2, 3], shop.slots("avocado2"))

    def test_a_hangup_is_never_the_second(self):
        shop, process = self.at("CloneVM_Task", removeMs=2500)
        process.signal(signal.SIGINT)
        time.sleep(1.2)
        process.signal(signal.SIGHUP)
        result = process.wait()
        self.assertExit(130, result)
        self.assertHonest(shop, result, 130)

    def test_other_signals_do_nothing(self):
        shop = self.shop(copyMs=LONG)
        process = shop.start("backup", "avocado2")
        shop.vcenter.wait_for_copy()
        for number in (signal.SIGUSR2, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGWINCH,
                       signal.SIGCHLD, signal.SIGCONT):
            process.signal(number)
        shop.do("speed", copyMs=50)
        self.assertExit(0, process.wait())

    def test_nohup_keeps_the_hangup_away(self):
        shop = self.shop(copyMs=LONG)
        process = shop.start("backup", "avocado2", wrapper=("nohup",))
        shop.vcenter.wait_for_copy()
        process.signal(signal.SIGHUP)
        shop.do("speed", copyMs=50)
        self.assertExit(0, process.wait())
        self.assertEqual([1], shop.slots("avocado2"))


class Terminals(SignalTest):
    """A run on a terminal of its own that goes away, or that nobody reads."""

    ON = 'exec "$@" <$0 >$0 2>&1'

    def on_terminal(self, *before):
        """A run that copies, the other end of its terminal, and its shop."""
        shop = self.shop(copyMs=LONG)
        shop.allow("exit codes told")  # on the terminal, and that goes
        master, slave = os.openpty()
        name = os.ttyname(slave)
        process = shop.start("backup", "avocado2",
                             wrapper=("setsid", *before, *SHELL, self.ON, name))
        shop.vcenter.wait_for_copy()
        os.close(slave)
        return shop, process, master

    def test_one_that_is_closed_ends_the_run_cleanly(self):
        shop, process, master = self.on_terminal()
        os.close(master)
        self.assertExit(129, process.wait())
        self.assertEqual([], our_snapshots(shop))
        self.assertEqual([], shop.vcenter.copies())

    def test_one_that_is_closed_below_nohup_is_not_missed(self):
        shop, process, master = self.on_terminal(*SHELL, "trap '' HUP; exec \"$@\"", "sh")
        os.close(master)
        shop.do("speed", copyMs=300)
        self.assertExit(0, process.wait())
        self.assertEqual([1], shop.slots("avocado2"))

    def test_one_that_was_halted_does_not_hold_the_snapshot(self):
        """As by Ctrl-S: nothing more is taken from the program."""
        shop, process, master = self.on_terminal()
        os.write(master, b"\x13")
        shop.do("speed", copyMs=300)
        wait_until(lambda: shop.slots("avocado2"), "the generation", 30)
        wait_until(lambda: not our_snapshots(shop), "the end of the snapshot", 30)
        os.write(master, b"\x11")
        self.assertExit(0, process.wait())
        os.close(master)

    def test_a_full_pipe_does_not_hold_the_snapshot(self):
        for stream, signalled in (("2>&1 >/dev/null", False), ("", True)):
            with self.subTest(stream):
                shop = self.shop(copyMs=300)
                shop.allow("exit codes told")
                if signalled:
                    shop.configure("[defaults]\nconcurrency = 1\n")
                    shop.do("rule", method="CloneVM_Task", nth=2, effect="do",
                            do={"action": "speed", "copyMs": 60000})
                reader, writer = os.pipe()
                os.set_blocking(writer, False)
                try:
                    while True:
                        os.write(writer, b"x" * 4096)
                except BlockingIOError:
                    os.set_blocking(writer, True)
                process = shop.start("backup", "avocado2", "papaya3", stdout=writer,
                                     wrapper=(*SHELL, f'exec "$@" {stream}', "sh"))
                if signalled:  # it waits to tell of the first one; the other is copied for long
                    wait_until(lambda: shop.slots("avocado2") + shop.slots("papaya3"),
                               "the first generation")
                    process.signal(signal.SIGTERM)
                result = process.wait()
                self.assertExit(143 if signalled else 0, result)
                self.assertEqual([], our_snapshots(shop) + our_snapshots(shop, "papaya3"))
                self.assertEqual([1] if signalled else [1, 1],
                                 shop.slots("avocado2") + shop.slots("papaya3"))
                os.close(writer)
                os.close(reader)


class Ground(BadTest):
    """Full disks, folders that cannot be written, accounts without a home."""

    def test_a_disk_full_of_logs_costs_no_backup(self):
        for redirection, lost in ((">/dev/full", True), ("2>/dev/full", False),
                                  (">/dev/full 2>&1", False)):
            with self.row(redirection, copyMs=50) as shop:
                if not lost:
                    shop.allow("exit codes told")
                process = shop.start("backup", "avocado2", "papaya3",
                                     wrapper=(*SHELL, f'exec "$@" {redirection}', "sh"))
                result = process.wait()
                self.assertExit(0, result)
                self.assertEqual([1], shop.slots("papaya3"))
                self.assertEqual(lost, "cannot write the output: No space left" in result.err)

    def test_a_result_that_cannot_be_written_is_none(self):
        shop = self.shop(copyMs=50)
        shop.backups(1)
        for words in (("list", "avocado2"), ("plan", "avocado2"), ("--version",), ("--help",),
                      ("backup", "avocado2", "--dry-run"), ("credential", "list")):
            with self.subTest(words):
                process = shop.start(*words, defaults=words[0][0] != "-", json=False,
                                     wrapper=(*SHELL, 'exec "$@" >/dev/full', "sh"))
                self.assertSays(process.wait(), 1, "cannot write the output: No space left")

    def test_a_file_that_may_not_grow_costs_no_backup(self):
        shop = self.shop(copyMs=50)
        shop.allow("exit codes told")
        full = os.path.join(shop.folder, "log")
        with open(full, "wb") as file:
            file.write(b"x" * 4096)
        process = shop.start(
            "backup", "avocado2", "papaya3",
            wrapper=(*SHELL, f'ulimit -f 8; exec "$@" >>{full} 2>&1 ', "sh"))
        self.assertExit(0, process.wait())
        self.assertEqual([1], shop.slots("papaya3"))

    def refused(self, shop, wrapper, *words, env=None):
        """Nothing was sent, and one sentence says why, with exit code 1."""
        since = shop.vcenter.last_call()
        result = shop.start("backup", "avocado2", wrapper=wrapper, env=env).wait()
        self.assertSays(result, 1, "the lock file", *words)
        self.assertUnchanged(shop, since)
        self.assertExit(0, shop.run("backup", "avocado2"))

    def test_a_state_folder_that_cannot_be_made(self):
        shop = self.shop(copyMs=50)
        for path, why in ((shop.config_file, "Not a directory"),
                          ("/proc/vmrotate", "No such file")):
            with self.subTest(path):
                self.refused(shop, (), why, env={"STATE_DIRECTORY": path})

    def test_a_lock_file_that_may_not_grow(self):
        shop = self.shop(copyMs=50)
        shop.allow("exit codes told")
        since = shop.vcenter.last_call()
        limited = '{ (ulimit -f 0; exec "$@"); echo "exit $?"; } 2>&1 | cat'
        result = shop.start("backup", "avocado2", wrapper=(*SHELL, limited, "sh")).wait()
        self.assertIn("cannot write the lock file", result.out)
        self.assertIn("exit 1\n", result.out)
        self.assertUnchanged(shop, since)
        self.assertExit(0, shop.run("backup", "avocado2"))

    @unittest.skipIf(subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode,
                     "no right to mount")
    def test_a_state_folder_on_a_full_or_read_only_disk(self):
        shop = self.shop(copyMs=50)
        full = 'head -c 4096 /dev/zero >"$STATE_DIRECTORY/x"; '
        for options, first, why in (("size=4k", full, "No space left"),
                                    ("nr_inodes=2", "", "No space left"),
                                    ("ro", "", "Read-only file system")):
            with self.subTest(options):
                mounted = f'mount -t tmpfs -o {options} none "$STATE_DIRECTORY" && {first}'
                self.refused(shop, ("unshare", "-m", *SHELL, mounted + ' exec "$@"', "sh"), why)

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_a_state_folder_that_may_not_be_written(self):
        shop = self.shop(copyMs=50)
        os.chmod(shop.state_folder, 0o500)
        try:
            result = shop.run("backup", "avocado2")
        finally:
            os.chmod(shop.state_folder, 0o700)
        self.assertSays(result, 1, "the lock file", "Permission denied")
        self.assertUnchanged(shop)


NOBODY = 54321  # an account that no system has
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")


def may_become_nobody():
    found = subprocess.run([*AS_NOBODY, "test", "-x", program("VMROTATE")], capture_output=True)
    return found.returncode == 0


class NoHome(BadTest):
    NOWHERE = {"HOME": "", "XDG_CONFIG_HOME": "", "XDG_STATE_HOME": "", "STATE_DIRECTORY": ""}

    def setUp(self):
        if not may_become_nobody():
            self.skipTest("another account cannot be taken, or cannot reach the program")

    def nobodys_shop(self):
        shop = self.shop(copyMs=50)
        os.chmod(shop.vcenter.folder, 0o755)
        os.chmod(shop.vcenter.ca_file, 0o644)
        for folder, folders, files in os.walk(shop.folder):
            for path in (folder, *(os.path.join(folder, one) for one in (*folders, *files))):
                os.chown(path, NOBODY, NOBODY)
        return shop

    def test_what_is_missing_is_told_and_nothing_is_sent(self):
        shop = self.nobodys_shop()
        rows = [(self.NOWHERE, "STATE_DIRECTORY"), ({**self.NOWHERE, "HOME": "here"}, "HOME")]
        for variables, remedy in rows:
            with self.subTest(variables):
                result = shop.start("backup", "avocado2", wrapper=AS_NOBODY, env=variables).wait()
                self.assertSays(result, 2, "cannot tell where the lock files belong", hint=remedy)
        result = shop.start("backup", "avocado2", "--vcenter", shop.vcenter.server, "--ca-file",
                            shop.vcenter.ca_file, "--datastore", "NFS_durian", defaults=False,
                            wrapper=AS_NOBODY, env=self.NOWHERE).wait()
        self.assertSays(result, 2, "cannot tell where the credentials are", hint="--store")
        self.assertUnchanged(shop)

    def test_each_way_to_tell_it_is_enough(self):
        shop = self.nobodys_shop()
        for variable, value in (("STATE_DIRECTORY", shop.state_folder), ("HOME", shop.folder),
                                ("STATE_DIRECTORY", f"{shop.folder}/one:{shop.folder}/two"),
                                ("XDG_STATE_HOME", os.path.join(shop.folder, "state"))):
            with self.subTest(variable):
                result = shop.start("backup", "avocado2", wrapper=AS_NOBODY,
                                    env={**self.NOWHERE, variable: value,
                                         "TZ": shop.another_minute()}).wait()
                self.assertExit(0, result)
        self.assertTrue(os.path.isdir(os.path.join(shop.folder, "one", "locks")))
