# SPDX-License-Identifier: GPL-3.0-or-later
"""What people find in the vSphere Client: the newest generation's name, and a line for each run."""

from harness import ShopTest


class InTheClient(ShopTest):
    def source(self, shop):
        return shop.vcenter.vm("avocado2")

    def newest(self, shop):
        return shop.generations("avocado2")[-1]["name"]

    def alias(self, shop):
        shop.configure("[defaults]\nnewest_alias = true\n")

    def test_the_source_names_its_newest_generation(self):
        shop = self.shop(copyMs=20)
        self.alias(shop)
        for _ in range(2):
            line = shop.backups(1)[0].of_type("backup")[0]
            self.assertEqual({"vmrotate.newest": line["generation"]},
                             self.source(shop)["attributes"])
            self.assertEqual([], line["warnings"])
        self.assertEqual(1, len(shop.vcenter.calls("AddCustomFieldDef")))
        self.assertEqual("", self.source(shop)["annotation"])

    def test_without_the_right_its_note_does(self):
        shop = self.shop(copyMs=20)
        self.alias(shop)
        shop.may_change("avocado2", "annotation")
        shop.do("set", vm="avocado2", annotation="the shop's till")
        shop.do("deny", methods=["SetField"])
        for _ in range(2):
            line = shop.backups(1)[0].of_type("backup")[0]
            self.assertIn("its note names the newest", " ".join(line["warnings"]))
            self.assertEqual(f"the shop's till\n\nvmrotate.newest = {line['generation']}",
                             self.source(shop)["annotation"])
        note = shop.vcenter.vm(line["generation"])["annotation"]
        self.assertIn("the shop's till", note)
        self.assertNotIn("vmrotate.newest", note)

    def test_each_run_is_a_line_in_the_event_log(self):
        shop = self.shop(copyMs=20)
        made = shop.backups(1)[0].of_type("backup")[0]["generation"]
        shop.do("next", method="CloneVM_Task", failAt=50, fault="SystemError")
        self.assertExit(1, shop.run("backup", "avocado2"))
        shop.do("deny", methods=["LogUserEvent"])
        result = shop.backups(1)[0]
        self.assertEqual([], result.of_type("backup")[0]["warnings"])
        lines = self.source(shop)["userEvents"]
        self.assertEqual(2, len(lines), lines)
        self.assertRegex(lines[0], f"^vmrotate: the backup '{made}' is complete")
        self.assertRegex(lines[1], "^vmrotate: no backup was made: cannot make the copy")

    def test_without_event_log_nothing_is_written(self):
        shop = self.shop(copyMs=20)
        shop.configure("[defaults]\nevent_log = false\n")
        shop.backups(1)
        self.assertEqual([], shop.vcenter.calls("LogUserEvent"))
