# SPDX-License-Identifier: GPL-3.0-or-later
"""adopt: the clones of the script before us, and the set of a source that was made anew."""

import errno
import os
import pty
import select
import signal
import time

from harness import LIMIT, mark_of
from verbs import VerbTest

OTHER_UUID = "50280000-0000-4000-8000-00000000abcd"


class OldClones(VerbTest):
    def test_they_join_in_the_order_of_their_names_and_rotate_with_the_others(self):
        shop = self.shop(copyMs=20)
        names = [self.adoptable(shop, slot, stamp) for slot, stamp in
                 ((1, "202601010241"), (2, "202602010241"), (3, "202603010241"))]
        result = shop.run("adopt", "avocado2", "--yes")
        self.assertExit(0, result)
        (line,) = result.of_type("adopt")
        self.assertEqual(names[::-1], line["adopted"], "the newest first")
        self.assertEqual([(names[2], 3), (names[1], 2), (names[0], 1)], self.seqs(shop))
        for slot, name in enumerate(names, 1):
            vm = shop.vcenter.vm(name)
            mark = mark_of(vm)
            self.assertEqual(("1", "complete", str(slot), "default", vm["instanceUuid"], "no"),
                             (mark["version"], mark["state"], mark["slot"], mark["set"],
                              mark["self"], mark["quiesced"]))
            self.assertEqual(shop.vcenter.vm("avocado2")["instanceUuid"], mark["source"])
            self.assertEqual(f"scsi0:0={40 << 30} scsi0:1={10 << 30}", mark["disks"])
            self.assertEqual(f"2026-0{slot}-01T01:41:00Z", mark["taken"], "02:41 in Vienna")
            self.assertIn("Backup of 'avocado2' by vmrotate", vm["annotation"])
        for number in range(3):
            shop.backups(1)
            self.assertEqual(names[number + 1:], shop.generations("avocado2")[:2 - number])
        self.assertEqual(3, len(shop.generations("avocado2")))
        self.assertEqual([4, 1, 2], shop.slots("avocado2"))

    def test_they_go_below_the_generations_that_are_there(self):
        shop = self.shop(copyMs=20)
        shop.backups(2)
        made = shop.generations("avocado2")
        old = self.adoptable(shop, 7, "202601010241")
        result = shop.run("adopt", "avocado2", "--yes")
        self.assertExit(0, result)
        (line,) = result.of_type("adopt")
        self.assertEqual(([old], made[::-1]), (line["adopted"], line["renumbered"]))
        self.assertEqual([(made[1], 5), (made[0], 4), (old, 3)], self.seqs(shop))
        note = shop.vcenter.vm(made[0])["annotation"]
        self.assertIn("generation 4 of set 'default'", note)
        shop.backups(1)
        self.assertNotIn(old, shop.generations("avocado2"))

    def test_newer_ones_touch_nothing_that_is_there(self):
        shop = self.shop(copyMs=20)
        shop.backups(2)
        (one, two) = shop.generations("avocado2")
        since = shop.vcenter.last_call()
        name = self.adoptable(shop, 9, "203701010000")
        self.assertExit(0, shop.run("adopt", "avocado2", "--yes"))
        self.assertEqual([name], [call["target"] for call in shop.vcenter.changes(since)])
        self.assertEqual([(name, 3), (two, 2), (one, 1)], self.seqs(shop))

    def test_from_other_folders_they_are_moved_first(self):
        shop = self.shop(copyMs=20)
        shop.do("folder", path="old/clones")
        there = self.adoptable(shop, 1, "202601010241", "old/clones")
        root = self.adoptable(shop, 2, "202602010241", "")
        hint = shop.run("adopt", "avocado2", "--dry-run")
        self.assertEqual(["/", "old/clones"], sorted(hint.of_type("adopt")[0]["elsewhere"]))
        result = shop.run("adopt", "avocado2", "--from-folder", "old/clones", "--from-folder", "/",
                          "--yes")
        self.assertExit(0, result)
        self.assertEqual([there, root], shop.generations("avocado2"))
        self.assertEqual(2, len(shop.vcenter.calls("MoveIntoFolder_Task")))
        self.assertSays(shop.run("adopt", "avocado2", "--from-folder", "old/clonse", "--yes"), 2,
                        "cannot find the folder", hint="old/clones")

    def test_a_dry_run_changes_nothing(self):
        shop = self.shop(copyMs=20)
        shop.backups(1)
        shop.do("folder", path="old")
        name = self.old_clone(shop, 1, "202601010241", "old")
        since = shop.vcenter.last_call()
        result = shop.run("adopt", "avocado2", "--from-folder", "old", "--dry-run")
        self.assertExit(0, result)
        self.assertTrue(result.summary["changed"])
        (line,) = result.of_type("adopt")
        self.assertEqual([name], [step["name"] for step in line["steps"] if step["joins"]])
        self.assertEqual(([], []), (line["adopted"], line["renumbered"]))
        self.assertUnchanged(shop, since)
        text = shop.run("adopt", "avocado2", "--from-folder", "old", "--dry-run", json=False)
        self.assertIn("from the folder 'old'", text.out)
        self.assertUnchanged(shop, since)

    def test_what_does_not_fit_is_named_with_the_reason_and_left(self):
        shop = self.shop(copyMs=20)
        on = self.old_clone(shop, 1, "202601010001", power="on")
        sleeping = self.old_clone(shop, 2, "202601010002", power="suspended")
        snapshot = self.old_clone(shop, 3, "202601010003")
        shop.do("snapshot", vm=snapshot, name="before the test", description="")
        mango = self.old_clone(shop, 4, "202601010004", datastore="NFS_mango")
        template = self.old_clone(shop, 5, "202601010005", template=True)
        marked = self.old_clone(shop, 6, "202601010006", extraConfig={"vmrotate.seq": "7"})
        busy = self.old_clone(shop, 8, "202601010008")
        good = self.adoptable(shop, 9, "202601010009")
        self.old_clone(shop, 1, "202601010001", source="avocado20")
        shop.do("add_vm", name="zz_avocado2-01-20260101000", folder="backup", power="off")
        shop.do("task", vm=busy, ms=60000)
        shop.allow("no task running")
        result = shop.run("adopt", "avocado2", "--yes")
        self.assertExit(0, result)
        (line,) = result.of_type("adopt")
        self.assertEqual([good], line["adopted"])
        said = {one["name"]: " ".join(one["reasons"]) for one in line["candidates"]}
        wanted = {on: "not powered off", sleeping: "not powered off", snapshot: "has a snapshot",
                  mango: "wrong datastore", template: "template", marked: "carries a mark",
                  busy: "a task is at work", good: ""}
        self.assertEqual(set(wanted), set(said))
        for name, word in wanted.items():
            self.assertIn(word, said[name], name)
        self.assertEqual([good], shop.generations("avocado2"))
        again = self.refused(shop, 4, "cannot adopt any", "adopt", "avocado2", "--yes")
        self.assertEqual([], again.of_type("adopt")[0]["adopted"])

    def test_disks_that_somebody_else_uses_and_names_that_are_taken(self):
        shop = self.shop(copyMs=20)
        shop.do("folder", path="old")
        self.old_clone(shop, 1, "202601010001", "old")
        self.old_clone(shop, 1, "202601010001", "backup", power="on")
        result = shop.run("adopt", "avocado2", "--from-folder", "old", "--dry-run")
        (line,) = result.of_type("adopt")
        reasons = {one["folder"]: " ".join(one["reasons"]) for one in line["candidates"]}
        self.assertIn("the folder has another VM of this name", reasons["old"])

    def test_nothing_to_adopt_is_no_failure(self):
        shop = self.shop(copyMs=20)
        shop.backups(1)
        since = shop.vcenter.last_call()
        result = shop.run("adopt", "avocado2", "--yes")
        self.assertExit(0, result)
        self.assertFalse(result.summary["changed"])
        self.assertUnchanged(shop, since)

    def test_a_source_that_is_named_like_a_clone_is_not_adopted(self):
        shop = self.shop(copyMs=20)
        name = self.old_clone(shop, 1, "202601010001")
        shop.configure(f'[defaults]\ndatastore = "NFS_durian"\n[job.a]\nvms = ["{name}"]\n')
        self.refused(shop, 4, "itself a VM that is backed up", "adopt", "avocado2", "--yes")

    def test_a_running_backup_is_not_disturbed(self):
        shop = self.shop(copyMs=20)
        self.old_clone(shop, 9, "202601010001")
        shop.do("speed", copyMs=60000)
        process = shop.start("backup", "avocado2")
        shop.vcenter.wait_for_copy()
        since = shop.vcenter.last_call()
        result = shop.run("adopt", "avocado2", "--yes")
        self.assertExit(11, result)
        self.assertEqual([], shop.vcenter.calls("ReconfigVM_Task", since=since))
        shop.do("speed", copyMs=20)
        self.assertExit(0, process.wait())

    def test_lost_replies_are_looked_after(self):
        for method in ("MoveIntoFolder_Task", "ReconfigVM_Task"):
            for action, sent in (("dropReply", 1), ("drop", 2)):
                with self.row(f"{method} {action}", copyMs=20) as shop:
                    shop.do("folder", path="old")
                    name = self.adoptable(shop, 1, "202601010241", "old")
                    since = shop.vcenter.last_call()
                    shop.do("rule", rule={"method": method, "action": action})
                    self.assertExit(0, shop.run("adopt", "avocado2", "--from-folder", "old",
                                                "--yes"))
                    self.assertEqual(sent, len(shop.vcenter.calls(method, since=since)))
                    self.assertEqual([name], shop.generations("avocado2"))

    def test_killed_at_any_step_the_order_is_right_and_the_next_call_ends_it(self):
        table = [("MoveIntoFolder_Task", 1), ("MoveIntoFolder_Task", 2), ("ReconfigVM_Task", 1),
                 ("ReconfigVM_Task", 3), ("ReconfigVM_Task", 4)]
        for method, nth in table:
            for moment in ("executed", "replied"):
                with self.row(f"{method} {nth} {moment}", copyMs=20) as shop:
                    shop.backups(2)
                    made = shop.generations("avocado2")
                    shop.do("folder", path="old")
                    old = [self.adoptable(shop, slot, f"20260{slot}010241", "old")
                           for slot in (7, 8)]
                    words = ("adopt", "avocado2", "--from-folder", "old", "--yes")
                    self.killed_at(shop, method, nth, moment, *words)
                    order = [name for name in old + made if name in shop.generations("avocado2")]
                    self.assertEqual(order, shop.generations("avocado2"))
                    shop.backups(1)
                    newest = shop.generations("avocado2")[-1]
                    self.assertNotIn(newest, made)
                    self.assertTrue(set(made) <= set(shop.generations("avocado2")),
                                    "older ones go first, or none")
                    self.assertIn(shop.run(*words).exit_code, (0,))
                    left = shop.generations("avocado2")
                    self.assertEqual([name for name in old + made + [newest] if name in left],
                                     left)
                    self.assertEqual([newest, *made[::-1]], left[::-1][:3])


class Asking(VerbTest):
    def test_without_a_terminal_and_without_yes_nothing_is_contacted(self):
        shop = self.shop()
        since = shop.vcenter.last_call()
        result = shop.start("adopt", "avocado2", wrapper=("setsid", "-w")).wait()
        self.assertExit(2, result)
        self.assertIn("--yes", result.err)
        self.assertEqual(since, shop.vcenter.last_call())

    def answered(self, shop, answer, *words):
        """Runs with a terminal of its own where somebody types this; the exit code."""
        pid, master = pty.fork()
        if pid == 0:
            os.chdir(shop.folder)
            from harness import program
            arguments = shop.arguments(words)
            os.execve(program("VMROTATE"), ["vmrotate", *arguments], shop.environment())
        shown, answered, end = b"", False, time.monotonic() + LIMIT
        while True:
            if not select.select([master], [], [], max(0, end - time.monotonic()))[0]:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                os.close(master)
                self.fail(f"it did not end within {LIMIT:g} s: {shown.decode()}")
            try:
                some = os.read(master, 4096)
            except OSError as error:
                self.assertEqual(errno.EIO, error.errno)
                some = b""
            if not some:
                break
            shown += some
            if b"[y/N]" in shown and not answered:
                os.write(master, answer)
                answered = True
        os.close(master)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()

    def test_a_person_is_asked_once_and_may_say_no(self):
        shop = self.shop(copyMs=20)
        name = self.adoptable(shop, 1, "202601010241")
        since = shop.vcenter.last_call()
        code, shown = self.answered(shop, b"n\n", "adopt", "avocado2")
        self.assertEqual(4, code, shown)
        self.assertIn("nothing was changed", shown)
        self.assertUnchanged(shop, since)
        code, shown = self.answered(shop, b"y\n", "adopt", "avocado2")
        self.assertEqual(0, code, shown)
        self.assertEqual(1, shown.count("[y/N]"))
        self.assertEqual([name], shop.generations("avocado2"))


class FormerSource(VerbTest):
    def orphaned(self, shop, runs=3):
        """Backs avocado2 up, deletes it and makes it anew; its former identity."""
        shop.backups(runs)
        uuid = shop.vcenter.vm("avocado2")["instanceUuid"]
        shop.do("destroy", vm="avocado2")
        shop.do("add_vm", name="avocado2", folder="", datastore="NFS_mango",
                disks=[{"gb": 40}, {"gb": 10}],
                instanceUuid="50000000-2222-4333-8444-555555555555")
        return uuid

    def test_the_recreated_source_takes_its_set_over_and_rotates_it(self):
        shop = self.shop(copyMs=20)
        uuid = self.orphaned(shop)
        names = shop.generations("avocado2")
        shown = shop.run("list", "avocado2")
        self.assertEqual(names, sorted(one["name"] for one in shown.of_type("stranger")))
        for one in shown.of_type("stranger"):
            self.assertIn(uuid, one["reason"])
            self.assertIn("adopt --from-uuid", one["reason"])

        result = shop.run("adopt", "avocado2", "--from-uuid", uuid, "--yes")
        self.assertExit(0, result)
        self.assertEqual(names[::-1], result.of_type("adopt")[0]["adopted"])
        self.assertEqual([(names[2], 3), (names[1], 2), (names[0], 1)], self.seqs(shop))
        listed = [one["name"] for one in shop.run("list", "avocado2").of_type("generation")]
        self.assertEqual(names[::-1], listed)
        shop.backups(1)
        self.assertEqual(names[1:], shop.generations("avocado2")[:2])
        self.refused(shop, 4, "no generation", "adopt", "avocado2", "--from-uuid", uuid, "--yes")

    def test_below_the_generations_that_the_new_source_has(self):
        shop = self.shop(copyMs=20)
        uuid = self.orphaned(shop, 2)
        old = shop.generations("avocado2")
        shop.backups(1)
        (new,) = set(shop.generations("avocado2")) - set(old)
        self.assertExit(0, shop.run("adopt", "avocado2", "--from-uuid", uuid, "--yes"))
        self.assertEqual([new, *old[::-1]], [name for name, _ in self.seqs(shop)])

    def test_a_dry_run_changes_nothing(self):
        shop = self.shop(copyMs=20)
        uuid = self.orphaned(shop)
        since = shop.vcenter.last_call()
        result = shop.run("adopt", "avocado2", "--from-uuid", uuid, "--dry-run")
        self.assertExit(0, result)
        self.assertTrue(result.summary["changed"])
        self.assertUnchanged(shop, since)

    def test_refused_while_the_former_source_exists_or_may_exist(self):
        shop = self.shop(copyMs=20)
        shop.backups(1)
        uuid = shop.vcenter.vm("avocado2")["instanceUuid"]
        self.refused(shop, 4, "the VM's own", "adopt", "avocado2", "--from-uuid", uuid, "--yes")
        shop.do("rename", vm="avocado2", name="something else")
        shop.do("add_vm", name="avocado2", folder="", datastore="NFS_mango", disks=[{"gb": 40}])
        result = self.refused(shop, 4, "still exists", "adopt", "avocado2", "--from-uuid", uuid,
                              "--yes")
        self.assertIn("'something else'", result.err)
        shop.do("destroy", vm="something else")
        shop.do("set", vm="papaya3", instanceUuid="", connection="inaccessible")
        self.refused(shop, 4, "'papaya3' cannot be read", "adopt", "avocado2", "--from-uuid", uuid,
                     "--yes")
        result = self.refused(shop, 4, "no generation", "adopt", "avocado2", "--from-uuid",
                              OTHER_UUID, "--yes")
        self.assertIn(uuid, result.err, "the hint names the one that is there")

    def test_killed_at_any_step_and_again(self):
        for nth in (1, 2, 3):
            with self.row(nth, copyMs=20) as shop:
                uuid = self.orphaned(shop)
                names = shop.generations("avocado2")
                words = ("adopt", "avocado2", "--from-uuid", uuid, "--yes")
                self.killed_at(shop, "ReconfigVM_Task", nth, "replied", *words)
                again = shop.run(*words)
                self.assertIn(again.exit_code, (0,) if nth < 3 else (4,), f"\n{again}")
                self.assertEqual(names[::-1], [name for name, _ in self.seqs(shop)])
                new = shop.vcenter.vm("avocado2")["instanceUuid"]
                self.assertEqual({new}, {mark_of(vm)["source"] for vm in
                                         shop.vcenter.generation_vms("avocado2")})
