# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job: the ring, the requests that it sends, and the names that it meets."""

import re

from harness import Shop, ShopTest, element, element_after, elements, mark_in, mark_of


GIGABYTE = 1 << 30

#: Every key of a mark, as cli/rotation/mark.hpp lists them.
MARK_KEYS = {"version", "state", "run", "lock", "set", "seq", "slot", "prefix", "stem", "source",
             "source-name", "taken", "quiesced", "disks", "freeze-ms", "probes-lost", "self",
             "pinned"}


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
        cls.here = Shop({"copyMs": 80})
        cls.addClassCleanup(cls.here.close)
        cls.here.backups(3)
        cls.here.do("speed", removeMs=3000)
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
        between = [call["method"] for call in self.here.vcenter.log(since=clone["seq"])
                   if call["seq"] < remove["seq"]]
        self.assertEqual({"CreateFilter", "WaitForUpdatesEx"}, set(between))
        self.assertLess(remove["ms"] - clone["ms"], 5000)
        (removal,) = [task for task in self.here.vcenter.state()["tasks"]
                      if task["id"] == remove["task"]]
        self.assertLess(self.only("ReconfigVM_Task")["ms"], removal["endMs"],
                        "it waited for the removal")

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


class Names(ShopTest):
    def test_the_stamp_is_local_time_and_the_mark_is_utc(self):
        shop = self.shop(copyMs=50)
        (line,) = shop.run("backup", "avocado2", env={"TZ": "Pacific/Auckland"}).of_type("backup")
        taken = mark_of(shop.vcenter.vm(line["generation"]))["taken"]
        utc = re.sub(r"\D", "", taken)[:12]
        self.assertNotEqual(utc, line["generation"].rpartition("-")[2])
