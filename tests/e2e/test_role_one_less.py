# SPDX-License-Identifier: GPL-3.0-or-later
"""With one privilege of examples/role less, what needs it fails, and says what is missing where.

The table is made from the file itself: a privilege that stands in it and is not needed by any
case here makes the test fail.
"""

import signal

from bad import LATER, our_snapshots
from role import RoleTest, lines_of_the_file
from test_role import OLD_CLONE, add_old_clone
from vcenter import LIMIT, USER


def backup(_, shop):
    return shop.run("backup", "avocado2", "--keep", "1")


def backup_with_cards_disconnected(case, shop):
    shop.configure('[defaults]\nnics = "disconnected"\n')
    return backup(case, shop)


def backup_into_a_new_folder(_, shop):
    return shop.run("backup", "avocado2", "--folder", "backup/weekly", "--create-folder")


def adopt(case, shop):
    add_old_clone(shop)
    case.script(shop, adopt="/DC/vm/old")
    case.take(shop, case.role, case.privilege)
    return shop.run("adopt", "avocado2", "--from-folder", "old", "--yes")


def interrupted_backup(_, shop):
    shop.do("speed", copyMs=20000)
    process = shop.start("backup", "avocado2", "--keep", "1")
    shop.vcenter.wait_for_copy()
    process.signal(signal.SIGINT)
    result = process.wait(LIMIT)
    shop.do("speed", copyMs=20)
    return result


# -- where the object is that the refusal has to name: kind and name, as `RoleTest.ids` takes them

SOURCE, PLACE, STORE = ("m", "avocado2"), ("f", "backup"), ("s", "NFS_durian")
POOL, NETWORK, OLD = ("p", "*"), ("n", "*"), ("m", OLD_CLONE["name"])

#: By role and privilege: the run that needs it, and the object that is named.
CASES = {
    ("source", "VirtualMachine.State.CreateSnapshot"): (backup, SOURCE),
    ("source", "VirtualMachine.Provisioning.Clone"): (backup, SOURCE),
    ("folder", "VirtualMachine.Inventory.CreateFromExisting"): (backup, PLACE),
    ("folder", "VirtualMachine.Config.AddNewDisk"): (backup, PLACE),
    ("folder", "VirtualMachine.Config.AdvancedConfig"): (backup, PLACE),
    ("folder", "VirtualMachine.Config.Annotation"): (backup, PLACE),
    ("folder", "VirtualMachine.Config.Rename"): (backup, PLACE),
    ("folder", "VirtualMachine.Inventory.Move"): (adopt, PLACE),
    ("folder", "Folder.Create"): (backup_into_a_new_folder, PLACE),
    ("datastore", "Datastore.AllocateSpace"): (backup, STORE),
    ("pool", "Resource.AssignVMToPool"): (backup, POOL),
    ("network", "Network.Assign"): (backup, NETWORK),
    ("adopt", "VirtualMachine.Inventory.Move"): (adopt, OLD),
}

#: These are missed only when the copy is complete, or when the run was stopped.
LATE = {("folder", "VirtualMachine.Inventory.Delete"),
        ("folder", "VirtualMachine.Config.EditDevice"),
        ("folder", "VirtualMachine.Provisioning.Clone"), ("folder", "Global.CancelTask"),
        ("source", "VirtualMachine.State.RemoveSnapshot"), ("source", "Global.CancelTask")}


#: Without these nothing fails: it is only not told to people.
OPTIONAL = {("source", "Global.LogEvent"), ("source", "Global.SetCustomField")}


class OneLessTest(RoleTest):
    """What the tables share; each class of tests has servers enough for one ctest entry."""

    def prepared(self, role, privilege):
        """A shop with one generation, whose account lacks that privilege; the generation."""
        shop = self.with_roles()
        self.role, self.privilege = role, privilege
        kept = shop.backups(1)[0].lines[0]["generation"]
        if role != "adopt":  # that role comes with the case
            self.take(shop, role, privilege)
        return shop, kept

    def two_places(self, shop):
        """Configures a second one, on which the account has what it has on the first."""
        self.govc(shop, "permissions.set", "-principal", USER, "-role", "vmrotate-datastore",
                  "/DC/datastore/NFS_mango")
        shop.configure('[defaults]\ncopies = ["NFS_mango"]\n')

    def assertNames(self, result, shop, kind, name):
        """The privilege, the fault, and the object by its name and its id."""
        self.assertIn(self.privilege, result.err)
        self.assertIn("NoPermission", result.err)
        told = [each for each in self.ids(shop, kind, name)
                if f" ({each}) is missing" in result.err]
        self.assertTrue(told, f"{kind} {name}\n{result}")
        if name != "*":
            self.assertIn(f" '{name}' (", result.err)
        self.assertIn("privilege", "".join(self.hints(result)))

    def play(self, wanted):
        """The cases of the roles that are wanted."""
        for (role, privilege), (run, named) in CASES.items():
            if not wanted(role):
                continue
            with self.subTest(f"{role}: {privilege}"):
                shop, kept = self.prepared(role, privilege)
                result = run(self, shop)
                self.assertExit(13, result)
                self.assertNames(result, shop, *named)
                self.assertEqual([], our_snapshots(shop))
                self.assertEqual([kept], shop.vcenter.copies())
                self.give_back(shop, role, privilege)
                self.assertExit(0, shop.run("backup", "avocado2", "--keep", "1", env=LATER))


class OneLessOnTheFolder(OneLessTest):
    def test_every_line_of_the_file_has_its_case(self):
        self.assertEqual({(role, privilege) for role, privilege, _ in lines_of_the_file()},
                         set(CASES) | LATE | OPTIONAL)

    def test_what_is_missed_in_time_leaves_nothing_behind(self):
        self.play(lambda role: role == "folder")


class OneLessElsewhere(OneLessTest):
    def test_what_is_missed_in_time_leaves_nothing_behind(self):
        self.play(lambda role: role != "folder")


class NotNeeded(OneLessTest):
    def test_without_the_right_to_log_events_nobody_is_told(self):
        shop, _ = self.prepared("source", "Global.LogEvent")
        result = backup(self, shop)
        self.assertExit(0, result)
        self.assertEqual([], self.warnings(result))
        self.assertEqual(1, len(shop.vcenter.vm("avocado2")["userEvents"]))

    def test_without_the_right_to_set_attributes_a_warning_says_so(self):
        shop = self.with_roles()
        self.govc(shop, "role.create", "definer", "System.Anonymous", "System.Read", "System.View",
                  "Global.ManageCustomFields")
        self.govc(shop, "permissions.set", "-principal", USER, "-role", "definer", "/")
        shop.configure("[defaults]\nnewest_alias = true\n")
        made = shop.backups(1)[0].lines[0]["generation"]
        attributes = {"vmrotate.newest": made}
        self.assertEqual(attributes, shop.vcenter.vm("avocado2")["attributes"])
        self.take(shop, "source", "Global.SetCustomField")
        result = shop.backups(1)[0]
        self.assertIn("Global.SetCustomField", " ".join(self.warnings(result)))
        self.assertEqual(attributes, shop.vcenter.vm("avocado2")["attributes"])


class MissedLate(OneLessTest):
    def test_without_the_right_to_delete_the_new_generation_counts_and_the_old_one_stays(self):
        shop, kept = self.prepared("folder", "VirtualMachine.Inventory.Delete")
        result = backup(self, shop)
        self.assertExit(13, result)
        self.assertNames(result, shop, "m", kept)
        self.assertEqual([], our_snapshots(shop))
        self.assertEqual(2, len(shop.generations("avocado2")))
        self.give_back(shop, self.role, self.privilege)
        self.assertExit(0, shop.run("backup", "avocado2", "--keep", "1", env=LATER))
        self.assertEqual(1, len(shop.generations("avocado2")))

    def test_a_whole_copy_whose_cards_may_not_be_disconnected_is_finished_by_the_next_run(self):
        shop, kept = self.prepared("folder", "VirtualMachine.Config.EditDevice")
        result = backup_with_cards_disconnected(self, shop)
        self.assertExit(13, result)
        (copy,) = set(shop.vcenter.copies()) - {kept}
        self.assertNames(result, shop, "m", copy)
        self.assertEqual([], our_snapshots(shop))
        self.give_back(shop, self.role, self.privilege)
        self.assertExit(0, shop.run("clean", "avocado2", "--keep", "2", env=LATER))
        self.assertEqual(2, len(shop.generations("avocado2")))

    def test_a_snapshot_that_may_not_be_removed_is_named_and_goes_with_the_next_run(self):
        shop, _ = self.prepared("source", "VirtualMachine.State.RemoveSnapshot")
        result = backup(self, shop)
        self.assertExit(13, result)
        (left,) = our_snapshots(shop)
        for word in (self.privilege, "NoPermission", left):
            self.assertIn(word, result.err)
        self.give_back(shop, self.role, self.privilege)
        self.assertExit(0, shop.run("backup", "avocado2", "--keep", "1", env=LATER))
        self.assertEqual([], our_snapshots(shop))

    def test_a_copy_that_may_not_be_cancelled_goes_on_for_the_next_run(self):
        shop, _ = self.prepared("source", "Global.CancelTask")
        result = interrupted_backup(self, shop)
        self.assertExit(130, result)
        self.assertIn(self.privilege, result.err)
        self.assertExit(0, shop.run("backup", "avocado2", "--keep", "1", env=LATER))
        self.assertEqual([], our_snapshots(shop))

    def test_a_generation_that_may_not_be_copied_on_counts_and_the_copy_has_failed(self):
        shop, _ = self.prepared("folder", "VirtualMachine.Provisioning.Clone")
        self.two_places(shop)
        result = shop.run("backup", "avocado2", "--keep", "1", env=LATER)
        self.assertExit(13, result)
        (made,) = shop.generations("avocado2")
        self.assertNames(result, shop, "m", made)
        self.give_back(shop, self.role, self.privilege)
        self.assertExit(0, shop.run("backup", "avocado2", "--keep", "1"))
        self.assertEqual(2, len(shop.generations("avocado2")))

    def test_a_further_copy_that_may_not_be_cancelled_goes_on_for_the_next_run(self):
        shop, _ = self.prepared("folder", "Global.CancelTask")
        self.two_places(shop)
        shop.do("rule", rule={"method": "RemoveSnapshot_Task", "moment": "replied", "action": "do",
                              "do": {"action": "speed", "copyMs": 20000}})
        since = shop.vcenter.last_call()
        process = shop.start("backup", "avocado2", "--keep", "1", env=LATER)
        shop.vcenter.wait_for_call("CloneVM_Task", count=2, since=since)
        process.signal(signal.SIGINT)
        result = process.wait(LIMIT)
        self.assertExit(130, result)
        self.assertIn(self.privilege, result.err)
        shop.do("speed", copyMs=20)
        self.assertExit(0, shop.run("backup", "avocado2", "--keep", "1"))
        self.assertEqual(2, len(shop.generations("avocado2")))
