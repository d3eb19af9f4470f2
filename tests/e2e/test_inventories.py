# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders and sources as people leave them: started, copied, moved and renamed generations,
foreign VMs under our names, sources that were once restored from a backup.

A generation that somebody touched is never deleted, and none goes because of it that should
have stayed.
"""

import unittest

from harness import LONG, is_generation, mark_of
from bad import LATER, BadTest


class TouchedGenerations(BadTest):
    #: (what, how it is touched, what `list` says of it)
    TOUCHES = [
        ("has a snapshot", lambda shop, vm: shop.do("snapshot", vm=vm, name="mine"),
         "set aside: it has a snapshot"),
        ("was renamed", lambda shop, vm: shop.do("rename", vm=vm, name="rescue"),
         "not ours: rescue was renamed"),
        ("was renamed like another", lambda shop, vm: shop.do(
            "rename", vm=vm, name="zz_avocado20-01-202601010000"),
         "not ours: zz_avocado20-01-202601010000 was renamed"),
        ("is a template", lambda shop, vm: shop.do("set", vm=vm, template=True),
         "set aside: it was made a template"),
        ("is pinned", lambda shop, vm: shop.do(
            "set", vm=vm, extraConfig={"vmrotate.pinned": "audit 2026"}),
         "pinned: it is pinned: audit 2026"),
        ("has another identity", lambda shop, vm: shop.do(
            "set", vm=vm, instanceUuid="11111111-2222-3333-4444-555555555555"),
         "not ours: {name} a copy of a generation"),
        ("has lost its mark", lambda shop, vm: shop.do(
            "set", vm=vm, extraConfig={key: "" for key in shop.vcenter.vm(vm)["extraConfig"]}),
         "not ours: {name} is named like a generation and carries no mark"),
        ("has a damaged mark", lambda shop, vm: shop.do(
            "set", vm=vm, extraConfig={"vmrotate.taken": "yesterday"}),
         "not ours: {name} its mark is damaged"),
        ("has a mark of tomorrow", lambda shop, vm: shop.do(
            "set", vm=vm, extraConfig={"vmrotate.version": "2"}),
         "not ours: {name} its mark is of version '2'"),
        ("was moved", lambda shop, vm: shop.do("move", vm=vm, folder="rescue"), ""),
    ]

    def test_a_touched_generation_stays_and_does_not_count(self):
        """The oldest of three is touched; two more backups with `keep = 3` follow."""
        for what, touch, told in self.TOUCHES:
            with self.row(what, copyMs=10, folders=["backup", "rescue"]) as shop:
                shop.backups(3)
                touched, *others = shop.vcenter.generation_vms("avocado2")
                touch(shop, touched["id"])
                before = shop.vcenter.vm(touched["id"])
                listed = shop.run("list", "avocado2", json=False)
                self.assertIn(told.format(name=touched["name"]), listed.out)
                for _ in range(2):
                    self.assertExit(0, shop.run("backup", "avocado2", env=LATER))
                self.assertEqual(before, shop.vcenter.vm(touched["id"]))
                now = [vm["id"] for vm in shop.vcenter.vms_in()]
                self.assertNotIn(others[0]["id"], now)  # it was due
                self.assertIn(others[1]["id"], now)
                good = [vm for vm in shop.vcenter.generation_vms("avocado2")
                        if vm["id"] != touched["id"]]
                self.assertEqual(3, len(good))

    def test_while_a_generation_is_in_use_nothing_expires(self):
        for state, word in (("on", "powered on"), ("suspended", "suspended")):
            for index in (0, 2):
                with self.row(f"{state}, number {index}", copyMs=10) as shop:
                    shop.backups(3)
                    used = shop.vcenter.generation_vms("avocado2")[index]
                    shop.do("power", vm=used["id"], state=state)
                    self.assertIn(f"in use: it is {word}",
                                  shop.run("list", "avocado2", json=False).out)
                    for number in (4, 5):
                        result = shop.run("backup", "avocado2", env={"TZ": f"UTC{number}"})
                        self.assertExit(0, result)
                        self.assertEqual(number, len(shop.generations("avocado2")))
                    self.assertWarns(result, used["name"], word)
                    self.assertEqual([], shop.vcenter.calls("Destroy_Task"))
                    shop.do("power", vm=used["id"], state="off")
                    for _ in range(2):
                        self.assertExit(0, shop.run("backup", "avocado2", env=LATER))
                    self.assertGreaterEqual(len(shop.generations("avocado2")), 3)

    def test_a_copy_made_by_hand_is_somebody_elses(self):
        shop = self.shop(copyMs=10, folders=["backup", "rescue"])
        shop.backups(2)
        first = shop.generations("avocado2")[0]
        shop.do("copy", vm=first, name="rescue copy", folder="backup")
        shop.do("copy", vm=first, name="zz_avocado2-03-202601010000", folder="backup")
        shop.do("copy", vm=first, name="zz_avocado2-01-202601010000", folder="rescue")
        hand = {vm["id"]: vm for vm in shop.vcenter.state()["vms"]
                if mark_of(vm) and not is_generation(vm)}
        self.assertEqual(3, len(hand))
        listed = shop.run("list", "avocado2", json=False).out
        for name in ("rescue copy", "zz_avocado2-03-202601010000"):
            self.assertIn(f"not ours: {name} a copy of a generation", listed)
        for number in range(5):
            self.assertExit(0, shop.run("backup", "avocado2", "--keep", "2",
                                        env={"TZ": f"UTC{number}"}))
        for moref, vm in hand.items():
            self.assertEqual(vm, shop.vcenter.vm(moref))
        self.assertEqual(2, len(shop.generations("avocado2")))

    def test_a_disk_that_another_vm_uses(self):
        """Such as one that somebody attached to rescue a file. (The test vCenter gives VMs of
        one name in two folders the same files.)"""
        shop = self.shop(copyMs=10, folders=["backup", "rescue"])
        first = shop.backups(1)[0].lines[0]["generation"]
        shop.do("copy", vm=first, name=first, folder="rescue")
        result = shop.run("backup", "avocado2", "--keep", "1")
        self.assertSays(result, 1, f"'{first}' was not deleted", "uses one of its disks")
        self.assertEqual(2, len(shop.vcenter.copies()))
        self.assertEqual([], shop.vcenter.calls("Destroy_Task"))

    def test_foreign_vms_under_our_names(self):
        shop = self.shop(copyMs=10)
        names = ["zz_avocado2-01-202401010000", "zz_avocado2-02-202401010000",
                 "zz_avocado2", "zz_avocado20-01-202401010000", "avocado2-01-202401010000"]
        for name in names:
            shop.do("add_vm", name=name, folder="backup", datastore="NFS_durian",
                    host="esxi-1.example", disks=[{"gb": 1}], power="off")
        listed = shop.run("list", "avocado2", json=False).out
        for name in names[:2]:
            self.assertIn(f"not ours: {name} is named like a generation", listed)
            self.assertIn(f"left alone  {name}",
                          shop.run("plan", "avocado2", json=False).out)
        for name in names[2:]:
            self.assertNotIn(f" {name} ", listed)
        for number in range(4):
            self.assertExit(0, shop.run("backup", "avocado2", "--keep", "1",
                                        env={"TZ": f"UTC{number}"}))
        self.assertEqual(set(names), set(shop.vcenter.copies()) - set(shop.generations("avocado2")))
        self.assertEqual(1, len(shop.generations("avocado2")))

    def test_a_generation_that_cannot_be_read_holds_everything_back(self):
        """Whatever is due; and where nothing is, it is told, since it is not counted."""
        for connection in ("disconnected", "inaccessible", "invalid", "orphaned"):
            for keep in ("1", "5"):
                with self.row(f"{connection}, --keep {keep}", copyMs=10) as shop:
                    shop.backups(2)
                    older, newer = shop.generations("avocado2")
                    shop.do("set", vm=newer, connection=connection)
                    result = self.night(shop, "--keep", keep)
                    self.assertSays(result, 1, newer, "cannot be read", hint="look at that VM")
                    self.assertEqual([], shop.vcenter.calls("Destroy_Task"))
                    shop.do("set", vm=newer, connection="connected")
                    self.assertExit(0, self.night(shop, "--keep", "3"))
                    self.assertEqual([older], [call["target"] for call in
                                               shop.vcenter.calls("Destroy_Task")])

    def night(self, shop, *words):
        return shop.run("backup", "avocado2", *words, env={"TZ": shop.another_minute()})


class TouchedMeanwhile(BadTest):
    """The generation that is due changes while the copy is made."""

    def touch_during_copy(self, shop, touch):
        first = shop.backups(1)[0].lines[0]["generation"]
        shop.do("speed", copyMs=LONG)
        process = shop.start("backup", "avocado2", "--keep", "1")
        shop.vcenter.wait_for_copy()
        touch(shop, first)
        shop.do("speed", copyMs=10)
        return first, process.wait()

    def test_a_task_on_it_is_waited_for_and_the_guards_are_asked_again(self):
        with self.row("busy", copyMs=10) as shop:
            shop.allow("no task running")
            first, result = self.touch_during_copy(
                shop, lambda s, v: s.do("task", vm=v, ms=1500))
            self.assertExit(0, result)
            self.assertNotIn(first, shop.generations("avocado2"))

    def test_it_stays(self):
        rows = [
            ("powered on", lambda s, v: s.do("power", vm=v, state="on"), 0, "powered on"),
            ("suspended", lambda s, v: s.do("power", vm=v, state="suspended"), 0, "suspended"),
            ("pinned", lambda s, v: s.do("set", vm=v, extraConfig={"vmrotate.pinned": "Jane"}),
             0, "pinned"),
            ("snapshot", lambda s, v: s.do("snapshot", vm=v, name="mine"), 1, "snapshot"),
            ("template", lambda s, v: s.do("set", vm=v, template=True), 1, "template"),
            ("renamed", lambda s, v: s.do("rename", vm=v, name="rescue"), 1, "name"),
            ("copied onto", lambda s, v: s.do(
                "set", vm=v, instanceUuid="11111111-2222-3333-4444-555555555555"), 1, "copy"),
            ("unmarked", lambda s, v: s.do(
                "set", vm=v, extraConfig={k: "" for k in s.vcenter.vm(v)["extraConfig"]}),
             1, "mark"),
        ]
        for what, touch, code, word in rows:
            with self.row(what, copyMs=10) as shop:
                first, result = self.touch_during_copy(shop, touch)
                self.assertExit(code, result)
                self.assertIn(f"'{first}' was not deleted", result.err)
                self.assertIn(word, result.err)
                self.assertEqual([], shop.vcenter.calls("Destroy_Task"))
                self.assertEqual(2, len(shop.vcenter.copies()))
                self.assertTrue(result.of_type("backup")[0]["generation"])

    def test_it_is_gone(self):
        for what, touch in (
                ("destroyed", lambda s, v: s.do("destroy", vm=v)),
                ("moved", lambda s, v: s.do("move", vm=v, folder="rescue"))):
            with self.row(what, copyMs=10, folders=["backup", "rescue"]) as shop:
                first, result = self.touch_during_copy(shop, touch)
                self.assertExit(0, result)
                self.assertWarns(result, first, "no longer in the folder")
                self.assertEqual([], shop.vcenter.calls("Destroy_Task"))
                self.assertEqual(1, len(shop.vcenter.copies()))

    def test_the_set_changes_between_the_plan_and_the_snapshot(self):
        shop = self.shop(copyMs=10)
        first = shop.backups(2)[0].lines[0]["generation"]
        shop.do("speed", createMs=LONG)
        since = shop.vcenter.last_call()
        process = shop.start("backup", "avocado2", "--keep", "2")
        shop.vcenter.wait_for_call("CreateSnapshot_Task", since=since)
        shop.do("destroy", vm=first)
        shop.do("speed", createMs=10)
        self.assertExit(0, process.wait())
        self.assertEqual([], shop.vcenter.calls("Destroy_Task"))
        self.assertEqual(2, len(shop.generations("avocado2")))


class RestoredSources(BadTest):
    """vCenter hands extraConfig and note of a source on to its copies."""

    OLD = {"vmrotate.version": "1", "vmrotate.state": "complete", "vmrotate.run": "a" * 32,
           "vmrotate.lock": "b" * 32, "vmrotate.set": "default", "vmrotate.seq": "77",
           "vmrotate.slot": "4", "vmrotate.prefix": "zz_", "vmrotate.stem": "avocado2",
           "vmrotate.source": "00000000-1111-2222-3333-444444444444",
           "vmrotate.source-name": "avocado2", "vmrotate.taken": "2025-01-01T00:00:00Z",
           "vmrotate.quiesced": "yes", "vmrotate.disks": "scsi0:0=1", "vmrotate.pinned": "for ever",
           "vmrotate.self": "99999999-1111-2222-3333-444444444444"}

    def test_an_old_mark_is_not_handed_on(self):
        for honour in (True, False):
            for inherit in (True, False):
                with self.row(f"honour {honour}, inherit {inherit}", copyMs=10,
                              honourExtraConfig=honour, inherit=inherit) as shop:
                    extra = {**self.OLD, "guestinfo.role": "database"}
                    shop.do("set", vm="avocado2", extraConfig=extra,
                            annotation="Backup of 'avocado2' by vmrotate: generation 77")
                    shop.backups(3, "avocado2", "--keep", "2")
                    self.assertEqual([2, 3], shop.slots("avocado2"))
                    for vm in shop.vcenter.generation_vms("avocado2"):
                        mark = mark_of(vm)
                        self.assertNotIn("pinned", mark)
                        self.assertEqual(vm["instanceUuid"], mark["self"])
                        self.assertEqual(shop.vcenter.vm("avocado2")["instanceUuid"],
                                         mark["source"])
                        self.assertIn(mark["seq"], ("2", "3"))
                        self.assertEqual("no", mark["quiesced"])
                        self.assertTrue(vm["annotation"].startswith("Backup of 'avocado2'"))
                    kept = shop.vcenter.vm("avocado2")["extraConfig"]
                    self.assertEqual(extra, {key: kept[key] for key in extra})

    def test_a_generation_that_became_the_source(self):
        """The original is lost; a generation is moved out, renamed, and started in its place."""
        shop = self.shop(copyMs=10)
        shop.backups(3)
        last = shop.generations("avocado2")[-1]
        shop.do("destroy", vm="avocado2")
        shop.do("folder", path="production")
        shop.do("move", vm=last, folder="production")
        shop.do("rename", vm=last, name="avocado2")
        shop.do("power", vm="avocado2", state="on")
        old = shop.generations("avocado2")
        for number in range(4):
            self.assertExit(0, shop.run("backup", "avocado2", "--keep", "2",
                                        env={"TZ": f"UTC{number}"}))
        source = shop.vcenter.vm("avocado2")
        mine = [vm for vm in shop.vcenter.generation_vms("avocado2")
                if mark_of(vm)["source"] == source["instanceUuid"]]
        self.assertEqual(2, len(mine))
        for name in old:  # of another source: nobody may delete them
            self.assertIn(name, shop.vcenter.copies())
        listed = shop.run("list", "avocado2", json=False).out
        self.assertIn(f"not ours: {old[0]} belongs to another 'avocado2'", listed)


class Sources(BadTest):
    def test_whatever_its_power_state(self):
        shop = self.shop(copyMs=10)
        for state in ("on", "off", "suspended"):
            with self.subTest(state):
                shop.do("power", vm="papaya3", state=state)
                self.assertExit(0, shop.run("backup", "papaya3"))
                self.assertEqual(state, shop.vcenter.vm("papaya3")["power"])
        self.assertEqual({"off"}, {vm["power"] for vm in shop.vcenter.generation_vms("papaya3")})
        shop.do("set", vm="papaya3", tools=False)
        self.assertExit(0, shop.run("backup", "papaya3"))

    def test_a_recreated_source_begins_a_set_of_its_own(self):
        shop = self.shop(copyMs=10)
        shop.backups(2)
        old = shop.generations("avocado2")
        shop.do("set", vm="avocado2", instanceUuid="11111111-2222-3333-4444-555555555555")
        for number in range(3):
            self.assertExit(0, shop.run("backup", "avocado2", "--keep", "1",
                                        env={"TZ": f"UTC{number}"}))
        self.assertEqual(3, len(shop.vcenter.copies()))
        for name in old:
            self.assertIn(name, shop.vcenter.copies())

    def test_a_source_that_vanishes_or_changes_during_the_copy(self):
        shop = self.shop(copyMs=LONG)
        process = shop.start("backup", "avocado2")
        shop.vcenter.wait_for_copy()
        shop.do("rename", vm="avocado2", name="avocado2 (new)")
        shop.do("speed", copyMs=10)
        self.assertExit(0, process.wait())
        generation = shop.vcenter.generation_vms("avocado2")[0]
        self.assertEqual("avocado2", mark_of(generation)["stem"])


if __name__ == "__main__":
    unittest.main()
