# SPDX-License-Identifier: GPL-3.0-or-later
"""pin, unpin, release and prune: each does its work, changes nothing in a dry run, and refuses."""

from harness import LONG, mark_of, wait_until
from verbs import VerbTest


class Pin(VerbTest):
    def test_a_pinned_generation_outlives_ten_runs_and_goes_once_it_is_unpinned(self):
        shop = self.shop(copyMs=20)
        shop.backups(3)
        pinned = shop.generations("avocado2")[0]
        result = shop.run("pin", pinned, "--reason", "before the upgrade")
        self.assertExit(0, result)
        (line,) = result.of_type("pin")
        self.assertEqual((pinned, "before the upgrade", True, "avocado2"),
                         (line["generation"], line["pinned"], line["changed"], line["vm"]))
        note = shop.vcenter.vm(pinned)["annotation"]
        self.assertEqual("PINNED by vmrotate, it does not expire: before the upgrade",
                         note.splitlines()[0])
        self.assertIn("Backup of 'avocado2' by vmrotate", note)
        shop.backups(10)
        generations = shop.generations("avocado2")
        self.assertEqual(pinned, generations[0])
        self.assertEqual(4, len(generations), "it takes no place among the three")

        self.assertExit(0, shop.run("unpin", pinned))
        vm = shop.vcenter.vm(pinned)
        self.assertNotIn("pinned", mark_of(vm))
        self.assertTrue(vm["annotation"].startswith("Backup of 'avocado2'"), vm["annotation"])
        shop.backups(1)
        self.assertNotIn(pinned, shop.generations("avocado2"))

    def test_one_call_changes_the_pin_and_nothing_else(self):
        shop = self.shop(copyMs=20)
        shop.backups(1)
        (name,) = shop.generations("avocado2")
        before = mark_of(shop.vcenter.vm(name))
        since = shop.vcenter.last_call()
        self.assertExit(0, shop.run("pin", name))
        calls = [call["method"] for call in shop.vcenter.changes(since)]
        self.assertEqual(["ReconfigVM_Task"], calls)
        after = mark_of(shop.vcenter.vm(name))
        self.assertRegex(after.pop("pinned"), r"^by backup@vsphere\.local on \d{4}-\d\d-\d\d$")
        self.assertEqual(before, after)

    def test_so_already(self):
        shop = self.shop(copyMs=20)
        shop.backups(1)
        (name,) = shop.generations("avocado2")
        since = shop.vcenter.last_call()
        self.assertExit(0, shop.run("unpin", name))
        self.assertUnchanged(shop, since)
        shop.run("pin", name, "--reason", "audit")
        since = shop.vcenter.last_call()
        for words in (["pin", name], ["pin", name, "--reason", "audit"]):
            result = shop.run(*words)
            self.assertExit(0, result)
            self.assertFalse(result.summary["changed"], f"\n{result}")
            self.assertEqual("audit", result.of_type("pin")[0]["pinned"])
        self.assertUnchanged(shop, since)
        self.assertExit(0, shop.run("pin", name, "--reason", "another"))
        self.assertEqual("another", mark_of(shop.vcenter.vm(name))["pinned"])

    def test_a_dry_run_changes_nothing(self):
        shop = self.shop(copyMs=20)
        shop.backups(2)
        free, pinned = shop.generations("avocado2")
        shop.run("pin", pinned)
        since = shop.vcenter.last_call()
        for words in (["pin", free], ["unpin", pinned]):
            result = shop.run(*words, "--dry-run")
            self.assertExit(0, result)
            self.assertTrue(result.summary["changed"], "a real run would")
            self.assertTrue(result.summary["dry_run"])
        self.assertUnchanged(shop, since)

    def test_what_is_no_generation_is_refused(self):
        shop = self.shop(copyMs=20)
        shop.backups(1)
        (name,) = shop.generations("avocado2")
        shop.do("copy", vm=name, name="a copy", folder="backup")
        shop.do("add_vm", name="half", folder="backup", power="off", datastore="NFS_durian",
                extraConfig={"vmrotate.state": "complete", "vmrotate.version": "1"})
        for verb in ("pin", "unpin"):
            self.refused(shop, 4, "it carries no mark", verb, "avocado2")
            self.refused(shop, 4, "its mark belongs to another VM", verb, "a copy")
            self.refused(shop, 4, "its mark is damaged", verb, "half")
            self.refused(shop, 1, "no VM has exactly this name", verb, name[:-1])

    def test_several_of_one_name_are_listed_with_their_paths(self):
        shop = self.shop(copyMs=20)
        shop.backups(1)
        (name,) = shop.generations("avocado2")
        shop.do("folder", path="elsewhere")
        shop.do("add_vm", name=name, folder="elsewhere", power="off")
        result = self.refused(shop, 1, "2 VMs have this name", "pin", name)
        self.assertIn(f"/DC/vm/backup/{name}", result.err)
        self.assertIn(f"/DC/vm/elsewhere/{name}", result.err)

    def test_a_reason_that_cannot_be_written_is_refused_before_anything_is_contacted(self):
        shop = self.shop(copyMs=20)
        for reason, word in (("two\nlines", "line break"), ("", "empty"), ("  ", "empty"),
                             ("\x1b[31mred", "control character"), ("x" * 201, "201 characters")):
            with self.subTest(reason=reason):
                since = shop.vcenter.last_call()
                self.assertSays(shop.run("pin", "zz_a", "--reason", reason), 2, word)
                self.assertEqual(since, shop.vcenter.last_call())
        shop.backups(1)
        (name,) = shop.generations("avocado2")
        long = "ü" * 200
        self.assertExit(0, shop.run("pin", name, "--reason", long))
        self.assertEqual(long, mark_of(shop.vcenter.vm(name))["pinned"])

    def test_a_lost_reply_is_looked_after(self):
        for action, sent in (("dropReply", 1), ("drop", 2)):
            with self.row(action, copyMs=20) as shop:
                shop.backups(1)
                (name,) = shop.generations("avocado2")
                since = shop.vcenter.last_call()
                shop.do("rule", rule={"method": "ReconfigVM_Task", "action": action})
                self.assertExit(0, shop.run("pin", name, "--reason", "audit"))
                self.assertEqual(sent, len(shop.vcenter.calls("ReconfigVM_Task", since=since)))
                self.assertEqual("audit", mark_of(shop.vcenter.vm(name))["pinned"])


class Release(VerbTest):
    def test_a_released_vm_is_never_touched_again(self):
        shop = self.shop(copyMs=20)
        shop.backups(3)
        name = shop.generations("avocado2")[1]
        shop.do("power", vm=name, state="on")
        result = shop.run("release", name)
        self.assertExit(0, result)
        (line,) = result.of_type("release")
        self.assertIn("generation 2 of 'avocado2', set 'default'", line["was"])
        self.assertEqual((2, True, []), (line["good_left"], line["changed"], line["warnings"]))
        vm = shop.vcenter.vm(name)
        self.assertEqual({}, mark_of(vm))
        since = shop.vcenter.last_call()
        shop.do("power", vm=name, state="off")
        shop.backups(5)
        self.assertEqual(3, len(shop.generations("avocado2")))
        touched = [call for call in shop.vcenter.changes(since) if call["this"] == vm["id"]]
        self.assertEqual([], touched)
        now = shop.vcenter.vm(name)
        for field in ("name", "folder", "disks", "annotation", "instanceUuid", "snapshots"):
            self.assertEqual(vm[field], now[field])

    def test_the_last_good_one_is_released_with_a_warning(self):
        shop = self.shop(copyMs=20)
        shop.backups(1)
        result = shop.run("release", shop.generations("avocado2")[0])
        self.assertExit(0, result)
        self.assertIn("no good generation of 'avocado2' is left", result.err)
        self.assertEqual(0, result.of_type("release")[0]["good_left"])
        self.assertEqual(1, len(result.of_type("release")[0]["warnings"]))

    def test_a_copy_of_a_generation_and_a_damaged_mark_are_released_too(self):
        shop = self.shop(copyMs=20)
        shop.backups(1)
        (name,) = shop.generations("avocado2")
        shop.do("copy", vm=name, name="production", folder="backup")
        shop.may_change("production", "extraConfig")
        result = shop.run("release", "production")
        self.assertExit(0, result)
        (line,) = result.of_type("release")
        self.assertIn("a copy of generation 1", line["was"])
        self.assertIsNone(line["good_left"])
        self.assertEqual({}, mark_of(shop.vcenter.vm("production")))
        self.assertEqual([name], shop.generations("avocado2"))
        shop.do("add_vm", name="odd", power="off", extraConfig={"vmrotate.seq": "4"})
        shop.may_change("odd", "extraConfig")
        self.assertExit(0, shop.run("release", "odd"))
        self.assertEqual({}, mark_of(shop.vcenter.vm("odd")))

    def test_a_dry_run_changes_nothing(self):
        shop = self.shop(copyMs=20)
        shop.backups(1)
        since = shop.vcenter.last_call()
        result = shop.run("release", shop.generations("avocado2")[0], "--dry-run")
        self.assertExit(0, result)
        self.assertTrue(result.summary["changed"])
        self.assertUnchanged(shop, since)

    def test_a_vm_without_a_mark_has_nothing_to_release(self):
        shop = self.shop()
        since = shop.vcenter.last_call()
        result = shop.run("release", "avocado2")
        self.assertExit(0, result)
        self.assertFalse(result.summary["changed"])
        self.assertUnchanged(shop, since)

    def test_a_copy_that_may_still_be_made_is_refused(self):
        shop = self.shop(copyMs=20)
        shop.do("speed", copyMs=60000)
        process = shop.start("backup", "avocado2")
        copy = shop.vcenter.wait_for_copy()
        self.refused(shop, 4, "never finished", "release", copy["name"])
        shop.do("speed", copyMs=20)
        self.assertExit(0, process.wait())

    def test_a_vm_that_cannot_be_read_is_refused(self):
        shop = self.shop(copyMs=20)
        shop.backups(1)
        (name,) = shop.generations("avocado2")
        for state in ("disconnected", "inaccessible"):
            with self.subTest(state):
                shop.do("set", vm=name, connection=state)
                self.refused(shop, 4, "its configuration cannot be read", "release", name)


class Prune(VerbTest):
    def test_from_keep_5_to_2_at_once(self):
        shop = self.shop(copyMs=20)
        shop.backups(5, "avocado2", "--keep", 5)
        before = shop.generations("avocado2")
        result = shop.run("prune", "avocado2", "--keep", 2)
        self.assertExit(0, result)
        (line,) = result.of_type("prune")
        self.assertEqual(before[:3], line["expired"], "the oldest first, without a brake")
        self.assertTrue(result.summary["changed"])
        self.assertEqual(before[3:], shop.generations("avocado2"))
        again = shop.run("prune", "avocado2", "--keep", 2)
        self.assertExit(0, again)
        self.assertFalse(again.summary["changed"])

    def test_a_dry_run_tells_what_then_happens_and_changes_nothing(self):
        shop = self.shop(copyMs=20)
        shop.backups(4, "avocado2", "--keep", 5)
        since = shop.vcenter.last_call()
        result = shop.run("prune", "avocado2", "--keep", 1, "--dry-run")
        self.assertExit(0, result)
        self.assertUnchanged(shop, since)
        (line,) = result.of_type("prune")
        told = [one["name"] for one in line["decisions"] if one["fate"] == "expire"]
        real = shop.run("prune", "avocado2", "--keep", 1)
        self.assertEqual(told[::-1], real.of_type("prune")[0]["expired"])
        text = shop.run("prune", "avocado2", "--keep", 1, "--dry-run", json=False)
        self.assertIn("1 of 1", text.out)

    def test_pinned_ones_stay_and_one_in_use_holds_all(self):
        shop = self.shop(copyMs=20)
        shop.backups(5, "avocado2", "--keep", 5)
        names = shop.generations("avocado2")
        shop.run("pin", names[0])
        shop.do("power", vm=names[2], state="on")
        since = shop.vcenter.last_call()
        held = shop.run("prune", "avocado2", "--keep", 1)
        self.assertExit(0, held)
        self.assertIn("is powered on", held.err)
        self.assertUnchanged(shop, since)
        shop.do("power", vm=names[2], state="off")
        self.assertExit(0, shop.run("prune", "avocado2", "--keep", 1))
        self.assertEqual([names[0], names[4]], shop.generations("avocado2"))

    def test_a_running_backup_is_not_disturbed(self):
        shop = self.shop(copyMs=20)
        shop.backups(3)
        shop.do("speed", copyMs=60000)
        process = shop.start("backup", "avocado2")
        shop.vcenter.wait_for_copy()
        since = shop.vcenter.last_call()
        result = shop.run("prune", "avocado2", "--keep", 1)
        self.assertExit(11, result)
        elsewhere = {"STATE_DIRECTORY": shop.vcenter.folder}
        self.assertExit(11, shop.run("prune", "avocado2", "--keep", 1, env=elsewhere))
        deleted = shop.vcenter.calls("Destroy_Task", since=since)
        self.assertEqual([], deleted)
        shop.do("speed", copyMs=20)
        self.assertExit(0, process.wait())

    def test_another_guard_says_no(self):
        shop = self.shop(copyMs=20)
        shop.backups(3)
        since = shop.vcenter.last_call()
        shop.do("clock", offsetSeconds=7200)
        result = shop.run("prune", "avocado2", "--keep", 1)
        self.assertExit(4, result)
        self.assertIn("clocks", result.err)
        self.assertEqual([], shop.vcenter.calls("Destroy_Task", since=since))
        self.assertEqual(2, len(result.of_type("prune")[0]["left_undone"]))

    def test_the_last_one_is_never_deleted(self):
        shop = self.shop(copyMs=20)
        shop.backups(1)
        since = shop.vcenter.last_call()
        self.assertExit(0, shop.run("prune", "avocado2", "--keep", 1))
        self.assertUnchanged(shop, since)

    def test_several_vms_and_one_that_fails(self):
        shop = self.shop(copyMs=20)
        for vm in ("avocado2", "papaya3"):
            shop.backups(2, vm)
        result = shop.run("prune", "avocado2", "nothing", "papaya3", "--keep", 1)
        self.assertExit(3, result)
        self.assertEqual(1, len(shop.generations("avocado2")))
        self.assertEqual(1, len(shop.generations("papaya3")))

    def test_killed_at_a_deletion_it_goes_on_with_the_next_call(self):
        for moment in ("before", "executed", "replied"):
            with self.row(moment, copyMs=20) as shop:
                shop.backups(5, "avocado2", "--keep", 5)
                names = shop.generations("avocado2")
                self.killed_at(shop, "Destroy_Task", 2, moment,
                               "prune", "avocado2", "--keep", 2)
                wait_until(lambda: not [task for task in shop.vcenter.state()["tasks"]
                                        if task["state"] == "running"], "the deletion's end")
                self.assertEqual(names[3:], shop.generations("avocado2")[-2:])
                self.assertExit(0, shop.run("prune", "avocado2", "--keep", 2))
                self.assertEqual(names[3:], shop.generations("avocado2"))

    def test_what_a_dead_run_left_is_healed_first(self):
        shop = self.shop(copyMs=20)
        shop.backups(3)
        shop.do("speed", copyMs=LONG)
        process = shop.start("backup", "avocado2")
        shop.vcenter.wait_for_copy()
        process.kill()
        process.wait()
        shop.do("speed", copyMs=20)
        shop.do("end_sessions")
        result = shop.run("prune", "avocado2", "--keep", 1)
        self.assertExit(0, result)
        (line,) = result.of_type("prune")
        self.assertTrue(line["healed"], f"\n{result}")
        self.assertEqual(1, len(shop.generations("avocado2")))
