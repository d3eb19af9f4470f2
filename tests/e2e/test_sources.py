# SPDX-License-Identifier: GPL-3.0-or-later
"""Sources of every kind, and what a backup makes of them."""

import time

from harness import ShopTest, is_generation, mark_of


#: Every key of a mark, as cli/rotation/mark.hpp lists them.
MARK_KEYS = {"version", "state", "run", "lock", "set", "seq", "slot", "prefix", "stem", "source",
             "source-name", "taken", "quiesced", "disks", "freeze-ms", "probes-lost", "self",
             "pinned"}


def without_stamp(name):
    """zz_avocado2-02-201909250241 -> zz_avocado2-02"""
    return name.rpartition("-")[0]


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
        self.assertEqual(["avocado2", "papaya3", "web/100%"],  # in the order of their ends
                         sorted(line["vm"] for line in result.of_type("backup")))
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
            time.sleep(1.1)  # what is made in the second of a job's begin is young enough
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
