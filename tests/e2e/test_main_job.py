# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job on a good day: backup, plan, list."""

import os
import re
import signal
import unittest

from harness import (Shop, ShopTest, element, element_after, elements, is_generation, mark_in,
                     mark_of, wait_until)

GIGABYTE = 1 << 30

#: Every key of a mark, as cli/rotation/mark.hpp lists them.
MARK_KEYS = {"version", "state", "run", "lock", "set", "seq", "slot", "prefix", "stem", "source",
             "source-name", "taken", "quiesced", "disks", "self", "pinned"}


def methods(calls):
    return [call["method"] for call in calls]


def without_stamp(name):
    """zz_avocado2-02-201909250241 -> zz_avocado2-02"""
    return name.rpartition("-")[0]


class Ring(ShopTest):
    """Generations go round a ring of keep + 1 slots."""

    def test_five_runs_with_keep_3_go_01_02_03_04_01(self):
        table = [  # the run's slot, and the slots that are there after it
            (1, [1]),
            (2, [1, 2]),
            (3, [1, 2, 3]),
            (4, [2, 3, 4]),
            (1, [3, 4, 1]),
        ]
        shop = self.shop(copyMs=50)
        for seq, (slot, slots) in enumerate(table, 1):
            with self.subTest(run=seq):
                result = shop.run("backup", "avocado2")
                self.assertExit(0, result)
                (line,) = result.of_type("backup")
                self.assertEqual((slot, seq), (line["slot"], line["seq"]))
                self.assertRegex(line["generation"], rf"^zz_avocado2-{slot:02}-\d{{12}}$")
                self.assertEqual(slots, shop.slots("avocado2"))
                self.assertEqual(line["generation"], shop.generations("avocado2")[-1])
                self.assertEqual(len(slots), len(shop.vcenter.copies()))

    def test_keep_decides_how_many_stay(self):
        table = [(1, [2, 1, 2, 1]), (2, [1, 2, 3, 1])]
        for keep, slots in table:
            with self.subTest(keep=keep):
                shop = self.shop(copyMs=50)
                made = [result.of_type("backup")[0]["slot"] for result in
                        shop.backups(len(slots) + (keep == 1), "avocado2", "--keep", keep)]
                self.assertEqual(slots, made[keep == 1:])
                self.assertEqual(keep, len(shop.generations("avocado2")))

    def test_plan_and_dry_run_tell_what_then_happens(self):
        shop = self.shop(copyMs=50)
        for run in range(1, 6):
            with self.subTest(run=run):
                (plan,) = shop.run("plan", "avocado2").of_type("plan")
                (dry,) = shop.run("backup", "avocado2", "--dry-run").of_type("plan")
                before = shop.generations("avocado2")
                (done,) = shop.run("backup", "avocado2").of_type("backup")
                self.assertEqual(plan, dry)
                self.assertEqual((plan["slot"], plan["seq"]), (done["slot"], done["seq"]))
                self.assertEqual(without_stamp(plan["name"]), without_stamp(done["generation"]))
                for member in ("datastore", "folder", "host"):
                    self.assertEqual(plan[member], done[member])
                fates = {one["name"]: one["fate"] for one in plan["decisions"]}
                self.assertEqual(sorted(before), sorted(fates))
                expire = sorted(name for name, fate in fates.items() if fate == "expire")
                self.assertEqual(expire, sorted(done["expired"]))
                gone = sorted(set(before) - set(shop.generations("avocado2")))
                self.assertEqual(expire, gone)
                self.assertTrue(all(one["reason"] for one in plan["decisions"]))

    def test_list_shows_what_is_there_newest_first(self):
        shop = self.shop(copyMs=50)
        self.assertEqual([], shop.run("list", "avocado2").of_type("generation"))
        shop.backups(4)
        lines = shop.run("list", "avocado2").of_type("generation")
        self.assertEqual(shop.generations("avocado2")[::-1], [one["name"] for one in lines])
        self.assertEqual([4, 3, 2], [one["seq"] for one in lines])
        self.assertEqual(["good"] * 3, [one["state"] for one in lines])
        people = shop.run("list", "avocado2", json=False)
        for name in shop.generations("avocado2"):
            self.assertIn(name, people.out)

    def test_reading_verbs_send_no_changing_call_and_write_no_lock(self):
        shop = self.shop(copyMs=50)
        shop.backups(4)
        table = [("plan", "avocado2"), ("backup", "avocado2", "--dry-run"),
                 ("backup", "avocado2", "-n", "--keep", "1"), ("list", "avocado2"),
                 ("plan", "avocado2", "papaya3", "nosuch"),
                 ("plan", "avocado2", "--folder", "new", "--create-folder")]
        for words in table:
            with self.subTest(words=words):
                before, since = shop.vcenter.state()["vms"], shop.vcenter.last_call()
                shop.run(*words)
                self.assertEqual([], methods(shop.vcenter.changes(since)))
                self.assertEqual(before, shop.vcenter.state()["vms"])

    def test_a_planned_folder_is_made_only_on_request(self):
        shop = self.shop(copyMs=50)
        refused = shop.run("backup", "avocado2", "--folder", "new/place")
        self.assertNotEqual(0, refused.exit_code)
        self.assertEqual([], shop.vcenter.changes())
        made = shop.run("backup", "avocado2", "--folder", "new/place", "--create-folder")
        self.assertExit(0, made)
        self.assertEqual([1], shop.vcenter.slots("avocado2", "new/place"))

    def test_sets_prefixes_and_sources_have_rings_of_their_own(self):
        shop = self.shop(copyMs=50)
        table = [("avocado2",), ("avocado20",), ("avocado2", "--set", "weekly", "--prefix", "w_"),
                 ("avocado2", "--datastore", "NFS_mango", "--folder", "mango", "--prefix", "m_",
                  "--create-folder")]
        shop.folders.add("mango")
        for words in table:
            with self.subTest(words=words):
                lines = [one.of_type("backup")[0] for one in shop.backups(2, *words)]
                self.assertEqual([(1, 1), (2, 2)], [(one["slot"], one["seq"]) for one in lines])


class Requests(ShopTest):
    """What one backup asks of vCenter."""

    @classmethod
    def setUpClass(cls):
        cls.here = Shop({"copyMs": 80, "removeMs": 400})
        cls.addClassCleanup(cls.here.close)
        cls.here.backups(3)
        cls.since = cls.here.vcenter.last_call()
        (cls.done,) = cls.here.backups(1)[0].of_type("backup")
        cls.changes = cls.here.vcenter.changes(cls.since)
        cls.source = cls.here.vcenter.vm("avocado2")
        cls.made = cls.here.vcenter.vm(cls.done["generation"])

    def test_the_oracle_finds_nothing(self):
        self.assertEqual([], self.here.oracle.violations())

    def only(self, method):
        (call,) = [call for call in self.changes if call["method"] == method]
        return call

    def test_the_calls_that_change_come_in_this_order(self):
        self.assertEqual(["CreateSnapshot_Task", "CloneVM_Task", "RemoveSnapshot_Task",
                          "ReconfigVM_Task", "Destroy_Task"], methods(self.changes))

    def test_the_snapshot_is_without_memory_and_says_whose_it_is(self):
        body = self.only("CreateSnapshot_Task")["body"]
        run = mark_of(self.made)["run"]
        self.assertEqual("vmrotate " + run, element(body, "name"))
        self.assertRegex(element(body, "description"), f"^vmrotate 1 run={run} set=default ")
        self.assertEqual("false", element(body, "memory"))
        self.assertEqual("false", element(body, "quiesce"))

    def test_the_clone_is_a_full_thin_copy_of_the_snapshot_under_its_final_name(self):
        call = self.only("CloneVM_Task")
        body = call["body"]
        snapshot = self.only("RemoveSnapshot_Task")["this"]
        self.assertEqual(self.source["id"], call["this"])
        self.assertEqual(snapshot, element(body, "snapshot"))
        self.assertEqual(self.made["folderId"], element(body, "folder"))
        self.assertEqual(self.made["name"], element_after(body, "name"))
        self.assertEqual("sparse", element(body, "transform"))
        self.assertEqual({"moveAllDiskBackingsAndDisallowSharing"},
                         set(elements(body, "diskMoveType")))
        self.assertEqual(["2000", "2001"], elements(body, "diskId"))
        self.assertEqual(["true", "true"], elements(body, "thinProvisioned"))
        self.assertEqual("false", element(body, "powerOn"))
        self.assertEqual("false", element(body, "template"))

    def test_the_mark_is_in_the_call_that_makes_the_clone(self):
        mark = mark_in(self.only("CloneVM_Task")["body"])
        self.assertEqual(MARK_KEYS, set(mark))
        self.assertEqual("copying", mark["state"])
        self.assertEqual("", mark["self"])
        self.assertEqual("", mark["pinned"])
        self.assertEqual("avocado2", mark["source-name"])
        self.assertEqual(self.source["instanceUuid"], mark["source"])
        self.assertEqual(f"scsi0:0={40 * GIGABYTE} scsi0:1={10 * GIGABYTE}", mark["disks"])

    def test_the_commit_is_one_reconfiguration_of_the_clone(self):
        call = self.only("ReconfigVM_Task")
        mark, born = mark_in(call["body"]), mark_in(self.only("CloneVM_Task")["body"])
        self.assertEqual(self.made["id"], call["this"])
        self.assertEqual(MARK_KEYS, set(mark))
        self.assertEqual("complete", mark["state"])
        self.assertEqual(self.made["instanceUuid"], mark["self"])
        self.assertEqual({**born, "state": "complete", "self": mark["self"]}, mark)

    def test_the_snapshot_goes_the_moment_the_copy_ends_and_the_commit_does_not_wait(self):
        clone, remove = self.only("CloneVM_Task"), self.only("RemoveSnapshot_Task")
        commit = self.only("ReconfigVM_Task")
        self.assertLess(remove["ms"] - clone["ms"], 80 + 300)
        self.assertLess(commit["ms"] - remove["ms"], 300, "it waited for a removal of 400 ms")

    def test_the_oldest_is_deleted_last_and_by_reference(self):
        oldest = self.here.vcenter.history[-2]  # before this run
        (gone,) = [vm for vm in oldest["state"]["vms"] if mark_of(vm).get("seq") == "1"]
        self.assertEqual(gone["id"], self.only("Destroy_Task")["this"])
        self.assertEqual([gone["name"]], self.done["expired"])

    def test_the_copy_goes_to_another_host_than_the_sources(self):
        self.assertNotEqual(self.source["host"], self.made["host"])
        self.assertEqual(self.made["host"], self.done["host"])

    def test_the_copy_is_off_whole_and_on_the_datastore(self):
        self.assertEqual("off", self.made["power"])
        self.assertEqual(["NFS_durian"], self.made["datastores"])
        for disk, source in zip(self.made["disks"], self.source["disks"]):
            self.assertEqual(source["capacity"], disk["capacity"])
            self.assertEqual(disk["capacity"], disk["copied"])
            self.assertTrue(disk["thin"])
            self.assertEqual("", disk["parent"])
            self.assertTrue(disk["file"].startswith("[NFS_durian] "))

    def test_it_logs_in_once_and_out_at_the_end(self):
        calls = methods(self.here.vcenter.log(since=self.since))
        self.assertEqual((1, 1), (calls.count("Login"), calls.count("Logout")))
        self.assertEqual("Logout", calls[-1])


class Sources(ShopTest):
    """Which VMs can be backed up, and what they are called."""

    def test_any_vm_whatever_its_name_and_power(self):
        table = [("papaya3", "off"), ("support private", "on"), ("日本語 VM", "on"),
                 ("web/100%", "on"), ("vcenter", "on")]
        shop = self.shop(copyMs=50)
        for name, power in table:
            with self.subTest(vm=name):
                self.assertEqual(power, shop.vcenter.vm(name)["power"])
                for slot in (1, 2):
                    result = shop.run("backup", name, "--keep", "1")
                    self.assertExit(0, result)
                    (line,) = result.of_type("backup")
                    self.assertEqual(f"zz_{name}-{slot:02}", without_stamp(line["generation"]))
                    self.assertEqual(name, line["vm"])
                self.assertEqual([2], shop.slots(name))
                (listed,) = shop.run("list", name).of_type("generation")
                self.assertEqual(line["generation"], listed["name"])
                self.assertNotEqual(shop.vcenter.vm(name)["host"],
                                    shop.vcenter.vm(line["generation"])["host"])

    def test_a_source_that_was_itself_restored_hands_no_old_mark_on(self):
        shop = self.shop(copyMs=50)
        old = {f"vmrotate.{key}": "old" for key in MARK_KEYS}
        shop.do("set", vm="avocado2", extraConfig={**old, "vmrotate.pinned": "by somebody",
                                                   "vmrotate.version": "1"})
        shop.backups(4, "avocado2", "--keep", "2")
        for vm in shop.vcenter.vms_in():
            self.assertTrue(is_generation(vm), vm["name"])
            self.assertNotIn("old", mark_of(vm).values())
            self.assertNotIn("pinned", mark_of(vm))
        self.assertEqual([3, 1], [slot % 4 for slot in shop.slots("avocado2")])

    def test_the_job_works_on_each_kind_of_vcenter(self):
        table = [dict(visibleWhileCopying=False), dict(honourExtraConfig=False),
                 dict(inherit=False), dict(busyAsFault="call"), dict(pageSize=1),
                 dict(honourExtraConfig=False, visibleWhileCopying=False, inherit=False)]
        for switches in table:
            with self.subTest(**switches):
                shop = self.shop(copyMs=50, **switches)
                shop.backups(3, "avocado2", "--keep", "1")
                self.assertEqual([1], shop.slots("avocado2"))

    def test_several_vms_in_one_command(self):
        shop = self.shop(copyMs=50)
        result = shop.run("backup", "avocado2", "papaya3", "web/100%")
        self.assertExit(0, result)
        self.assertEqual(["avocado2", "papaya3", "web/100%"],
                         [line["vm"] for line in result.of_type("backup")])
        self.assertEqual((3, 3, 0), tuple(result.summary[key] for key in
                                          ("vms", "generations", "failed")))
        self.assertEqual(1, len(shop.vcenter.calls("Login")))

    def test_one_unknown_vm_does_not_stop_the_others(self):
        table = [(["avocado2", "nosuch", "papaya3"], 3), (["nosuch", "avocado2"], 3),
                 (["nosuch", "neither"], 1), (["nosuch"], 1)]
        shop = self.shop(copyMs=50)
        for names, code in table:
            with self.subTest(names=names):
                result = shop.run("backup", *names)
                self.assertExit(code, result)
                for line in result.of_type("backup"):
                    good = not line["vm"].startswith("n")
                    self.assertEqual(good, line["exit_code"] == 0, line)
                self.assertIn("nosuch", result.err)
        self.assertEqual([1, 2], shop.slots("avocado2"))
        self.assertEqual([1], shop.slots("papaya3"))

    def test_the_configuration_file_says_it_all(self):
        shop = self.shop(copyMs=50)
        shop.folders.update({"nightly", "nightly/off"})
        shop.configure(f"""
            [vcenter]
            server = "{shop.vcenter.server}"
            ca_file = "{shop.vcenter.ca_file}"
            store = "{shop.store}"
            [defaults]
            datastore = "NFS_durian"
            create_folder = true
            [job.nightly]
            vms = ["avocado2", "papaya3"]
            folder = "nightly"
            keep = 1
            [job.other]
            vms = ["avocado20"]
            [vm."papaya3"]
            folder = "nightly/off"
            prefix = "off_"
            """)
        shop.keep = 1
        for _ in range(2):
            result = shop.run("backup", "--job", "nightly", defaults=False)
            self.assertExit(0, result)
        self.assertEqual([2], shop.vcenter.slots("avocado2", "nightly"))
        self.assertEqual([2], shop.vcenter.slots("papaya3", "nightly/off"))
        self.assertTrue(shop.vcenter.generations("papaya3", "nightly/off")[0]
                        .startswith("off_papaya3-02-"))
        listed = shop.run("list", "--job", "nightly", defaults=False).of_type("generation")
        self.assertEqual({"avocado2", "papaya3"}, {line["vm"] for line in listed})
        everything = shop.run("backup", defaults=False)  # no VM, no job: all jobs
        self.assertExit(0, everything)
        self.assertEqual(["avocado2", "avocado20", "papaya3"],
                         sorted(line["vm"] for line in everything.of_type("backup")))

    def test_wrong_command_lines_and_files_contact_nobody(self):
        table = [
            (["backup"], "", "", 2),
            (["backpu", "avocado2"], "", "did you mean 'backup'", 2),
            (["backup", "avocado2", "--keep", "0"], "", "", 2),
            (["backup", "avocado2", "--keep", "99"], "", "", 2),
            (["backup", "avocado2"], "[defaults]\nkepe = 3\n", "keep", 2),
            (["backup", "avocado2", "--job", "nosuch"], "", "nosuch", 2),
            (["backup", "--job", "a"], '[job.a]\nvms = ["x"]\nkeep = 2\n'
                                       '[job.b]\nvms = ["x"]\nkeep = 3\n', "x", 2),
        ]
        shop = self.shop()
        for words, file, told, code in table:
            with self.subTest(words=words, file=file):
                shop.configure(file)
                result = shop.run(*words)
                self.assertExit(code, result)
                self.assertIn(told, result.err)
        self.assertEqual([], shop.vcenter.log())


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
            (["list", "nosuch"], 1, ["summary"]),
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
                shop = self.shop(copyMs=700)
                first = shop.start("backup", "avocado2")
                if copies:
                    shop.vcenter.wait_for_call("CloneVM_Task")
                second = shop.start("backup", "avocado2")
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
                process.signal(number)
                result = process.wait(10)
                self.assertExit(code, result)
                self.assertLess(result.seconds, 8)
                self.assertEqual(1, len(shop.vcenter.calls("CancelTask")))
                self.assertEqual([], shop.vcenter.snapshots("avocado2"))
                self.assertEqual(before, shop.vcenter.copies())
                self.assertEqual("interrupted", result.summary["result"])
                shop.do("speed", copyMs=50)
                self.assertExit(0, shop.run("backup", "avocado2"))
                self.assertEqual([2, 3, 4], shop.slots("avocado2"))

    def test_the_vms_behind_an_interrupted_one_are_not_begun(self):
        shop = self.shop(copyMs=20000)
        process = shop.start("backup", "avocado2", "papaya3")
        shop.vcenter.wait_for_copy("avocado2")
        process.signal(signal.SIGTERM)
        self.assertExit(143, process.wait(10))
        self.assertEqual(1, len(shop.vcenter.calls("CreateSnapshot_Task")))

    def test_a_second_signal_leaves_at_once(self):
        table = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
        for number, code in table:
            with self.subTest(number.name):
                shop, before, process = self.copying(removeMs=3000)
                shop.allow("sessions closed", "no snapshot left", "no task running",
                           "nothing unfinished", "exit codes told")  # it had no time
                process.signal(number)
                shop.vcenter.wait_for_call("CancelTask")
                process.signal(number)
                wait_until(lambda: not process.is_running(), "its end", 1.0)
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
                for folder, _, files in os.walk(shop.state_folder):
                    for file in files:
                        with open(os.path.join(folder, file), encoding="ascii") as lock:
                            self.assertRegex(lock.read(), r"^[0-9a-f]{32} \d+\n$")


class Names(ShopTest):
    def test_the_stamp_is_local_time_and_the_mark_is_utc(self):
        shop = self.shop(copyMs=50)
        (line,) = shop.run("backup", "avocado2", env={"TZ": "Pacific/Auckland"}).of_type("backup")
        taken = mark_of(shop.vcenter.vm(line["generation"]))["taken"]
        utc = re.sub(r"\D", "", taken)[:12]
        self.assertNotEqual(utc, line["generation"].rpartition("-")[2])


if __name__ == "__main__":
    unittest.main()
