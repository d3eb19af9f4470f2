# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run looks from outside: output, two at once, signals."""

import json
import os
import signal
import time

from harness import LONG, ShopTest, wait_until


GIGABYTE = 1 << 30


class Output(ShopTest):
    """What people and programs see."""

    def test_json_is_one_object_a_line_and_the_last_is_the_summary(self):
        shop = self.shop(copyMs=50)
        table = [  # words, exit code, the types of the lines
            (["backup", "avocado2"], 0, ["backup", "summary"]),
            (["backup", "avocado2", "papaya3"], 0, ["backup", "backup", "summary"]),
            (["backup", "nosuch"], 1, ["backup", "summary"]),
            (["backup", "avocado2", "nosuch"], 3, ["backup", "backup", "summary"]),
            (["plan", "avocado2"], 0, ["plan", "summary"]),
            (["plan", "nosuch"], 1, ["error", "summary"]),
            (["list", "papaya3"], 0, ["generation", "summary"]),
            (["list", "nosuch"], 1, ["error", "summary"]),
            (["nonsense"], 2, ["summary"]),
            (["backup", "avocado2", "--vcenter", "127.0.0.1:1"], 12, ["summary"]),
            (["credential", "list"], 0, ["credential", "summary"]),
        ]
        for words, code, types in table:
            with self.subTest(words=words):
                result = shop.run(*words)
                self.assertExit(code, result)
                self.assertEqual([], result.not_json)
                self.assertEqual(types, [line["type"] for line in result.lines])
                self.assertEqual(code, result.summary["exit_code"])
                self.assertEqual(code == 0, result.summary["result"] == "ok")

    def test_a_backup_line_tells_times_and_bytes(self):
        shop = self.shop(copyMs=200)
        (line,) = shop.run("backup", "avocado2").of_type("backup")
        self.assertEqual(50 * GIGABYTE, line["bytes"])
        self.assertGreaterEqual(line["seconds"], line["snapshot_held_seconds"])
        self.assertGreaterEqual(line["snapshot_held_seconds"], 0.2)
        self.assertEqual([], line["warnings"] + line["left_undone"] + line["expired"])

    def test_events_come_while_it_works(self):
        shop = self.shop(copyMs=30000)
        process = shop.start("backup", "avocado2", "papaya3")
        wait_until(lambda: '"type":"progress","vm":"avocado2"' in process.out(),
                   "a share of the copy on stdout", limit=30)
        shop.do("speed", copyMs=50)
        result = process.wait()
        self.assertExit(0, result)
        for vm in ("avocado2", "papaya3"):
            told = [line for line in result.events if line["vm"] == vm]
            self.assertEqual("start", told[0]["type"])
            self.assertLessEqual({line["type"] for line in told}, {"start", "step", "progress"})
            shares = [line["percent"] for line in told if line["type"] == "progress"]
            self.assertEqual(sorted(set(shares)), shares)
            for line in told:
                self.assertRegex(line["at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual([2, 2, 0], [result.summary[key] for key in ("vms", "generations",
                                                                   "failed")])

    def test_nobody_who_does_not_read_holds_a_snapshot(self):
        shop = self.shop(copyMs=50)
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        try:
            while True:
                os.write(writer, b"x" * 512)
        except BlockingIOError:
            pass
        os.set_blocking(writer, True)
        since = shop.vcenter.last_call()
        process = shop.start("backup", "avocado2", "--json", json=False, stdout=writer)
        os.close(writer)
        shop.vcenter.wait_for_call("RemoveSnapshot_Task", since=since)
        wait_until(lambda: not shop.vcenter.snapshots("avocado2"), "the snapshot to be gone")
        self.assertTrue(process.is_running())
        with open(reader, "rb") as pipe:
            lines = pipe.read().lstrip(b"x").splitlines()
        self.assertExit(0, process.wait())
        types = [json.loads(line)["type"] for line in lines]
        self.assertEqual(["start", "step"], types[:2])
        self.assertEqual(["backup", "summary"], types[-2:])

    def test_people_read_the_result_on_stdout_and_progress_on_stderr(self):
        shop = self.shop(copyMs=50)
        result = shop.run("backup", "avocado2", json=False)
        self.assertIn(shop.generations("avocado2")[0], result.out)
        self.assertEqual(1, len(result.out.splitlines()), result.out)
        self.assertIn("avocado2: taking the snapshot", result.err)
        self.assertNotIn("\x1b", result.err + result.out)

    def test_quiet_says_nothing_about_a_good_run(self):
        shop = self.shop(copyMs=50)
        for flag in ("--quiet", "-q"):
            with self.subTest(flag=flag):
                result = shop.run("backup", "avocado2", flag, json=False)
                self.assertExit(0, result)
                self.assertEqual("", result.out)
                self.assertEqual("", result.err)

    def test_quiet_still_tells_what_went_wrong(self):
        result = self.shop().run("backup", "nosuch", "--quiet", json=False)
        self.assertExit(1, result)
        self.assertIn("vmrotate: nosuch: ", result.err)

    def test_nothing_from_a_server_steers_the_terminal(self):
        shop = self.shop(copyMs=50)
        shop.do("add_vm", name="evil\x1b[2J\x07", folder="", datastore="NFS_mango",
                host="esxi-1.example", disks=[{"gb": 1}])
        result = shop.run("backup", "evil\x1b[2J\x07", json=False)
        self.assertNotRegex(result.out + result.err, "[\x00-\x09\x0b-\x1f\x7f]")


class AtOnce(ShopTest):
    """Two runs on one source."""

    def test_of_two_on_one_machine_one_wins_and_the_other_is_busy(self):
        table = [("one copies already", True), ("both start together", False)]
        for name, copies in table:
            with self.subTest(name):
                shop = self.shop(copyMs=LONG)
                first = shop.start("backup", "avocado2")
                if copies:
                    shop.vcenter.wait_for_call("CloneVM_Task")
                second = shop.start("backup", "avocado2")
                wait_until(lambda: not (first.is_running() and second.is_running()),
                           "the end of one")
                shop.do("speed", copyMs=50)
                results = [first.wait(), second.wait()]
                codes = [result.exit_code for result in results]
                self.assertEqual([0, 11], codes if copies else sorted(codes),
                                 "\n".join(map(str, results)))
                self.assertEqual(1, len(shop.vcenter.calls("CloneVM_Task")))
                self.assertEqual(1, len(shop.vcenter.calls("CreateSnapshot_Task")))
                self.assertEqual([1], shop.slots("avocado2"))

    def test_of_two_on_two_machines_no_more_than_one_copies_at_a_time(self):
        for copies in (True, False):
            with self.subTest(one_copies_already=copies):
                shop = self.shop(copyMs=500)
                other = {"STATE_DIRECTORY": os.path.join(shop.folder, "other-machine")}
                os.mkdir(other["STATE_DIRECTORY"], 0o700)
                first = shop.start("backup", "avocado2")
                if copies:
                    shop.vcenter.wait_for_call("CloneVM_Task")
                second = shop.start("backup", "avocado2", env=other)
                results = [first.wait(), second.wait()]
                codes = sorted(result.exit_code for result in results)
                self.assertIn(codes, ([0, 0], [0, 11]), "\n".join(map(str, results)))
                self.assertEqual(codes.count(0), len(shop.slots("avocado2")))

    def test_different_sources_do_not_wait_for_each_other(self):
        shop = self.shop(copyMs=500)
        runs = [shop.start("backup", name) for name in ("avocado2", "papaya3")]
        for run in runs:
            self.assertExit(0, run.wait())


class Interrupted(ShopTest):
    """Signals, and a reader that goes away."""

    def copying(self, **speeds):
        """A shop with three generations, and a run that would make the first expire."""
        shop = self.shop(copyMs=50)
        shop.backups(3)
        shop.do("speed", copyMs=20000, **speeds)
        before = shop.vcenter.copies()
        process = shop.start("backup", "avocado2")
        shop.vcenter.wait_for_copy("avocado2")
        return shop, before, process

    def test_a_signal_in_mid_copy_cancels_the_copy_and_leaves_nothing(self):
        table = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
        for number, code in table:
            with self.subTest(number.name):
                shop, before, process = self.copying()
                signalled = time.monotonic()
                process.signal(number)
                result = process.wait()
                self.assertExit(code, result)
                self.assertLess(time.monotonic() - signalled, 15)
                self.assertEqual(1, len(shop.vcenter.calls("CancelTask")))
                self.assertEqual([], shop.vcenter.snapshots("avocado2"))
                self.assertEqual(before, shop.vcenter.copies())
                self.assertEqual("interrupted", result.summary["result"])
                shop.do("speed", copyMs=50)
                self.assertExit(0, shop.run("backup", "avocado2"))
                self.assertEqual([2, 3, 4], shop.slots("avocado2"))

    def test_the_vms_behind_an_interrupted_one_are_not_begun(self):
        shop = self.shop(copyMs=20000)
        shop.configure("[defaults]\nconcurrency = 1\n")
        process = shop.start("backup", "avocado2", "papaya3")
        shop.vcenter.wait_for_copy()  # of whichever was prepared first
        process.signal(signal.SIGTERM)
        self.assertExit(143, process.wait(10))
        self.assertEqual(1, len(shop.vcenter.calls("CreateSnapshot_Task")))

    def test_a_second_signal_leaves_at_once(self):
        table = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
        for number, code in table:
            with self.subTest(number.name):
                shop, before, process = self.copying(removeMs=6000)
                shop.allow("sessions closed", "no snapshot left", "no task running",
                           "nothing unfinished", "exit codes told")  # it had no time
                process.signal(number)
                shop.vcenter.wait_for_call("CancelTask")
                time.sleep(1.1)  # before that, it would count as the first once more
                process.signal(number)
                wait_until(lambda: not process.is_running(), "its end", 2.0)
                self.assertEqual(code, process.wait().exit_code)
                self.assertTrue(set(before) <= set(shop.vcenter.copies()))

    def test_a_reader_that_goes_away_does_no_harm(self):
        for json in (True, False):
            with self.subTest(json=json):
                shop = self.shop(copyMs=50)
                reader, writer = os.pipe()
                os.close(reader)
                process = shop.start("backup", "avocado2", "papaya3", stdout=writer, json=json)
                os.close(writer)
                process.wait()
                self.assertEqual([1], shop.slots("avocado2"))
                self.assertEqual([1], shop.slots("papaya3"))

    def test_a_pipe_to_head_does_no_harm(self):
        shop = self.shop(copyMs=100)
        process = shop.start("backup", "avocado2", "papaya3", "avocado20",
                             wrapper=["sh", "-c", '"$@" | head -1', "sh"])
        result = process.wait()
        self.assertEqual(1, len(result.out.splitlines()))
        wait_until(lambda: len(shop.vcenter.calls("Logout")) == 1, "its end")
        for name in ("avocado2", "papaya3", "avocado20"):
            self.assertEqual([1], shop.slots(name))

    def test_closed_streams_do_no_harm(self):
        for closing in (">&-", "2>&-", "<&-", ">&- 2>&- <&-"):
            with self.subTest(closing):
                shop = self.shop(copyMs=50)
                if "2>" in closing:
                    shop.allow("exit codes told")
                process = shop.start("backup", "avocado2", "papaya3",
                                     wrapper=["sh", "-c", f'exec "$@" {closing}', "sh"])
                self.assertExit(0, process.wait())
                self.assertEqual([1], shop.slots("avocado2"))
                for folder, _, files in os.walk(os.path.join(shop.state_folder, "locks")):
                    for file in files:
                        with open(os.path.join(folder, file), encoding="ascii") as lock:
                            self.assertRegex(lock.read(), r"^[0-9a-f]{32} \d+\n$")
