# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles of examples/role are enough for all that vmrotate does, and for nothing else."""

import re
import shlex
import signal

from bad import LATER, our_snapshots
from harness import PASSWORD, USER, mark_of
from readme import ROOT, readme_block, readme_text
from role import SCRIPT, WHERE, RoleTest, lines_of_the_file
from verbs import VerbTest

#: What an older script has left, in its own folder.
OLD_CLONE = {"name": "zz_avocado2-01-202601010241", "folder": "old", "datastore": "NFS_durian",
             "power": "off", "disks": [{"gb": 40}, {"gb": 10}]}


def add_old_clone(shop):
    shop.do("folder", path="old")
    shop.do("add_vm", **OLD_CLONE)
    shop.may_change(OLD_CLONE["name"], "extraConfig", "annotation", "folder")
    return OLD_CLONE["name"]


class TheFile(RoleTest):
    def test_names_each_privilege_of_a_role_once(self):
        pairs = [(role, privilege) for role, privilege, _ in lines_of_the_file()]
        self.assertEqual(len(set(pairs)), len(pairs))
        self.assertEqual(["source", "folder", "datastore", "pool", "network", "adopt"],
                         list(dict.fromkeys(role for role, _ in pairs)))

    def test_deletion_is_for_the_backup_folder_only(self):
        self.assertEqual(["folder"], [role for role, privilege, _ in lines_of_the_file()
                                      if "Delete" in privilege])

    def test_nothing_in_it_starts_stops_or_reverts_a_vm(self):
        for _, privilege, _ in lines_of_the_file():
            self.assertNotRegex(privilege, r"\.Interact\.|Revert|Unregister")


class TheScript(RoleTest):
    def test_makes_exactly_the_roles_of_the_file(self):
        shop = self.with_roles()
        for role in WHERE:
            wanted = {privilege for one, privilege, _ in lines_of_the_file() if one == role}
            has = set(self.govc(shop, "role.ls", f"vmrotate-{role}").split())
            self.assertEqual(wanted, {one for one in has if not one.startswith("System.")}, role)

    def test_run_again_it_repairs_a_role_and_changes_nothing_else(self):
        shop = self.with_roles()
        before = self.govc(shop, "permissions.ls", "-a", WHERE["folder"])
        self.take(shop, "folder", "VirtualMachine.Inventory.Delete")
        self.script(shop)
        self.assertIn("VirtualMachine.Inventory.Delete",
                      self.govc(shop, "role.ls", "vmrotate-folder"))
        self.assertEqual(before, self.govc(shop, "permissions.ls", "-a", WHERE["folder"]))

    def test_the_readme_calls_it_as_the_tests_do(self):
        words = shlex.split(readme_block("create-roles.sh").replace("\\\n", ""))
        self.assertEqual(SCRIPT, f"{ROOT}/{words[0]}")
        wanted = {f"--{role}": path for role, path in WHERE.items()}
        self.assertEqual({"--principal": USER, **wanted}, dict(zip(words[1::2], words[2::2])))

    def test_the_readme_names_every_privilege_of_the_file(self):
        _, _, section = readme_text().partition("## The account and its privileges\n")
        told, _, _ = section.partition("\n## ")
        for _, privilege, _ in lines_of_the_file():
            short = re.sub(r".*\.", ".", privilege)
            self.assertTrue(privilege in told or f"`{short}`" in told, privilege)

    def test_print_changes_nothing_and_says_what_it_would_do(self):
        shop = self.with_roles()
        since = shop.vcenter.last_call()
        printed = self.script(shop, "--print")
        self.assertIn("govc role.create vmrotate-datastore Datastore.AllocateSpace", printed)
        self.assertEqual([], shop.vcenter.calls(since=since))

    def test_refuses_what_it_does_not_know_before_anything_is_sent(self):
        shop = self.with_roles()
        rows = [(["--fodler", "x"], "--fodler"), (["--folder"], "wants a value"),
                (["--principal", USER], "--source is missing"), ([], "--principal is missing")]
        since = shop.vcenter.last_call()
        for words, told in rows:
            with self.subTest(words):
                done = self.tool(shop, SCRIPT, *words)
                self.assertEqual(2, done.returncode)
                self.assertIn(told, done.stderr)
        self.assertEqual([], shop.vcenter.calls(since=since))


class Enough(RoleTest):
    """Each verb does its whole work with the roles alone."""

    def test_without_any_permission_the_logon_is_refused(self):
        shop = self.shop(admin="administrator@vsphere.local", adminPassword="Adm1n!-canary-55e0")
        result = shop.run("backup", "avocado2")
        self.assertSays(result, 13, "System.View", "NoPermission", hint="privilege")

    def test_for_first_and_later_backups_with_expiry_of_vms_that_run_or_not(self):
        shop = self.with_roles()
        for vm in ("avocado2", "papaya3"):
            first, second, third = shop.backups(3, vm, "--keep", "2")
            self.assertEqual([0, 0, 1], [len(one.lines[0]["expired"])
                                         for one in (first, second, third)])
            for result in (first, second, third):
                self.assertEqual([], self.warnings(result))

    def test_to_look(self):
        shop = self.with_roles()
        shop.backups(1)
        for words in (["plan"], ["list"], ["backup", "--dry-run"], ["clean", "--dry-run"]):
            result = shop.run(words[0], "avocado2", *words[1:])
            self.assertExit(0, result)
            self.assertEqual([], self.warnings(result), words)

    def test_to_pin_unpin_prune_and_release(self):
        shop = self.with_roles()
        names = [one.lines[0]["generation"] for one in shop.backups(3)]
        self.assertExit(0, shop.run("pin", names[0], "--reason", "before the upgrade"))
        self.assertExit(0, shop.run("unpin", names[0]))
        self.assertExit(0, shop.run("prune", "avocado2", "--keep", "1"))
        self.assertGenerations(names[2:], shop)
        shop.may_change(names[2], "extraConfig", "annotation")
        self.assertExit(0, shop.run("release", names[2]))
        mark = mark_of(shop.vcenter.vm(names[2]))
        self.assertFalse(mark.get("self") or mark.get("state"), mark)

    def test_with_cards_disconnected_and_in_a_folder_made_inside_the_backup_folder(self):
        shop = self.with_roles()
        shop.configure('[defaults]\nnics = "disconnected"\n')
        shop.folders.add("backup/weekly")
        self.assertExit(0, shop.run("backup", "avocado2", "--folder", "backup/weekly",
                                    "--create-folder"))
        self.assertEqual(1, len(shop.vcenter.generations("avocado2", "backup/weekly")))

    def test_for_disks_that_need_consolidation(self):
        shop = self.with_roles()
        shop.do("set", vm="avocado2", consolidationNeeded=True)
        self.assertExit(0, shop.run("backup", "avocado2"))
        self.assertEqual(1, len(shop.vcenter.calls("ConsolidateVMDisks_Task")))

    def test_to_adopt_an_older_scripts_clones(self):
        shop = self.with_roles()
        name = add_old_clone(shop)
        self.script(shop, adopt="/DC/vm/old")
        self.assertExit(0, shop.run("adopt", "avocado2", "--from-folder", "old", "--yes"))
        self.assertGenerations([name], shop)

    def test_to_end_a_copy_on_ctrl_c(self):
        shop = self.with_roles()
        shop.do("speed", copyMs=20000)
        process = shop.start("backup", "avocado2")
        shop.vcenter.wait_for_copy()
        process.signal(signal.SIGINT)
        self.assertExit(130, process.wait())
        self.assertEqual(([], []), (our_snapshots(shop), shop.vcenter.copies()))


class AfterAKill(RoleTest, VerbTest):
    def test_the_roles_are_enough_to_clean(self):
        rows = [("CloneVM_Task", "replied"), ("ReconfigVM_Task", "before")]
        for method, moment in rows:
            with self.subTest(method):
                shop = self.with_roles()
                self.killed_at(shop, method, 1, moment, "backup", "avocado2")
                shop.do("end_tasks")
                self.assertExit(0, shop.run("clean", "avocado2"))
                self.assertEqual([], our_snapshots(shop))
                self.assertExit(0, shop.run("backup", "avocado2", env=LATER))


class NothingElse(RoleTest):
    """What the roles must not allow, tried with the account's own logon by another program."""

    def destroy(self, shop, path):
        return self.tool(shop, "govc", "object.destroy", path, user=USER, password=PASSWORD)

    def test_deletion_is_refused_outside_of_the_backup_folder(self):
        shop = self.with_roles()
        shop.do("folder", path="other")
        shop.do("copy", vm="papaya3", name="a copy elsewhere", folder="other")
        for path in ("/DC/vm/papaya3", "/DC/vm/other/a copy elsewhere", "/DC/vm/other"):
            with self.subTest(path):
                done = self.destroy(shop, path)
                self.assertNotEqual(0, done.returncode)
                self.assertIn("Permission", done.stderr)
        self.assertEqual(["NoPermission"] * 3,
                         [call["fault"] for call in shop.vcenter.calls("Destroy_Task")])
        shop.allow("deletions allowed")  # they were tried, and not by vmrotate

    def test_the_account_cannot_give_itself_more(self):
        shop = self.with_roles()
        for words in (["role.update", "-a", "vmrotate-source", "VirtualMachine.Inventory.Delete"],
                      ["role.create", "more", "VirtualMachine.Inventory.Delete"],
                      ["permissions.set", "-principal", USER, "-role", "Admin", "/"]):
            with self.subTest(words[0]):
                done = self.tool(shop, "govc", *words, user=USER, password=PASSWORD)
                self.assertNotEqual(0, done.returncode)
                self.assertIn("Permission", done.stderr)
