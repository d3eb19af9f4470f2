# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody types or writes wrong: one clear sentence, the right exit code, nothing contacted."""

from bad import BadTest


class Names(BadTest):
    def test_a_vm_that_does_not_exist_is_named_with_the_nearest(self):
        shop = self.shop()
        rows = [
            ("avocado", ["'avocado2'", "'avocado20'"]),
            ("Avocado2", ["'avocado2'"]),
            ("avocado02", ["'avocado20'", "'avocado2'"]),
            ("日本 VM", ["'日本語 VM'"]),
            ("web%2f100%25", ["capitals"]),
            ("no such thing", ["capitals"]),
        ]
        for name, offered in rows:
            for verb in ("backup", "plan", "list"):
                with self.subTest(name=name, verb=verb):
                    result = shop.run(verb, name)
                    self.assertSays(result, 1, f"vmrotate: {name}: ", "no VM", hint=offered[0])
                    for word in offered:
                        self.assertIn(word, result.err)
        self.assertUnchanged(shop)

    def test_two_vms_of_one_name_are_listed_with_their_paths(self):
        shop = self.shop()
        shop.do("folder", path="test/old")
        shop.do("add_vm", name="avocado2", folder="test/old", datastore="NFS_mango",
                host="esxi-1.example", disks=[{"gb": 1}])
        for verb in ("backup", "plan", "list"):
            with self.subTest(verb):
                self.assertSays(shop.run(verb, "avocado2"), 1, "vmrotate: avocado2: ", "2 VMs",
                                "/DC/vm/avocado2", "/DC/vm/test/old/avocado2", hint="rename")
        self.assertUnchanged(shop)

    def test_a_place_that_does_not_exist(self):
        shop = self.shop()
        shop.do("folder", path="backup/nightly")
        rows = [
            (("--datastore", "NFS_durain"), "'NFS_durain'", "'NFS_durian'"),
            (("--datastore", "nfs_durian"), "'nfs_durian'", "'NFS_durian'"),
            (("--datastore", "tape"), "'tape'", "--datastore"),
            (("--folder", "bakcup"), "'bakcup'", "'backup'"),
            (("--folder", "backup/nigthly"), "'backup/nigthly'", "'backup/nightly'"),
            (("--folder", "archive"), "'archive'", "--create-folder"),
        ]
        for options, wrong, hint in rows:
            with self.subTest(options):
                self.assertSays(shop.run("backup", "avocado2", *options), 2,
                                "vmrotate: avocado2: ", wrong, "'DC'", hint=hint)
        self.assertUnchanged(shop)

    def test_create_folder_makes_it_once(self):
        shop = self.shop()
        for number, (folder, made) in enumerate((("archive", 1), ("a/b", 2), ("a/c", 1))):
            with self.subTest(folder):
                shop.folders.add(folder)
                before = shop.vcenter.last_call()
                for _ in range(2):
                    self.assertExit(0, shop.run("backup", "papaya3", "--folder", folder,
                                                "--create-folder", "--prefix", f"{number}_"))
                self.assertEqual(made, len(shop.vcenter.calls("CreateFolder", since=before)))
                self.assertEqual([1, 2], shop.vcenter.slots("papaya3", folder))
                self.assertIn("/DC/vm/" + folder, shop.vcenter.state()["folders"])

    def test_a_dry_run_makes_no_folder(self):
        shop = self.shop()
        result = shop.run("backup", "papaya3", "--folder", "a/b", "--create-folder", "--dry-run",
                          json=False)
        self.assertExit(0, result)
        self.assertIn("'a/b' is made", result.out)
        self.assertUnchanged(shop)

    def test_a_name_that_is_too_long(self):
        shop = self.shop(folders=["backup", "long"])
        rows = [  # the name of a generation has 19 characters beside the source's
            ("l" * 61, None), ("m" * 62, "81"), ("n" * 80, "99"),
            ("日" * 62, "81"), ("w/%" + "x" * 56, "82"),
        ]
        for name, length in rows:
            with self.subTest(name):
                shop.do("add_vm", name=name, folder="long", datastore="NFS_mango",
                        host="esxi-1.example", disks=[{"gb": 1}], power="off")
                since = shop.vcenter.last_call()
                result = shop.run("backup", name)
                if length is None:
                    self.assertExit(0, result)
                else:
                    self.assertSays(result, 4, f"{length} characters", "80 are allowed",
                                    hint="alias' of at most 61 characters")
                    self.assertUnchanged(shop, since)

    def test_an_alias_mends_a_name_that_is_too_long(self):
        shop = self.shop(folders=["backup", "long"])
        name = "n" * 80
        shop.do("add_vm", name=name, folder="long", datastore="NFS_mango",
                host="esxi-1.example", disks=[{"gb": 1}], power="off")
        for alias, code in (("a" * 62, 4), ("b" * 61, 0), ("short", 0)):
            with self.subTest(alias):
                shop.configure(f'[vm."{name}"]\nalias = "{alias}"\n')
                self.assertExit(code, shop.run("backup", name))
                made = [one for one in shop.vcenter.copies() if one.startswith("zz_" + alias)]
                self.assertEqual(1 if code == 0 else 0, len(made))


class Words(BadTest):
    def test_wrong_words_are_answered_with_what_was_meant(self):
        shop = self.shop()
        rows = [
            (("bakcup", "avocado2"), "'bakcup'", "'backup'"),
            (("lst",), "'lst'", "'list'"),
            (("frobnicate",), "'frobnicate'", "vmrotate --help"),
            (("backup", "avocado2", "--datastor=x"), "--datastor", "'--datastore'"),
            (("backup", "avocado2", "--kep=3"), "--kep", "'--keep'"),
            (("plan", "avocado2", "--frobnicate"), "--frobnicate", "vmrotate plan --help"),
            (("credential", "ad"), "ad", "credential"),
            (("credential",), "", "credential"),
            (("backup", "avocado2", "--keep=0"), "--keep", ""),
            (("backup", "avocado2", "--keep=99"), "--keep", ""),
            (("backup", "avocado2", "--keep=-1"), "--keep", ""),
            (("backup", "avocado2", "--keep=three"), "--keep", ""),
            (("backup", ""), "empty", ""),
            (("backup",), "no VM", ""),
            (("backup", "--job", "nightly"), "'nightly'", ""),
            (("backup", "avocado2", "--config=/nonexistent.toml"), "/nonexistent.toml", ""),
        ]
        for words, complaint, hint in rows:
            with self.subTest(" ".join(words)):
                result = shop.run(*words)
                self.assertSays(result, 2, complaint, hint=hint)
                self.assertEqual("usage", result.summary["result"])
        self.assertUncontacted(shop)

    def test_a_value_that_is_missing_is_told_and_not_taken_from_the_next_option(self):
        """As in `--prefix $PREFIX --keep 3` with an empty variable."""
        shop = self.shop()
        rows = [("backup", "avocado2", "--datastore"), ("plan", "avocado2", "--prefix"),
                ("backup", "avocado2", "--vcenter", "vc", "--prefix", "--datastore", "x"),
                ("backup", "avocado2", "--vcenter", "vc", "--datastore", "--keep", "3"),
                ("backup", "avocado2", "--vcenter", "--datastore", "x")]
        for words in rows:
            option = [a for a, b in zip(words, words[1:] + ("--",))
                      if a.startswith("--") and b.startswith("--")][0]
            with self.subTest(words):
                result = shop.run(*words, defaults=False, json=False)
                self.assertSays(result, 2, option)
        self.assertUncontacted(shop)

    def test_values_that_no_backup_can_have_are_refused_on_the_command_line_too(self):
        """What the file refuses, the options refuse: a prefix that may be empty matches all."""
        shop = self.shop()
        rows = [("--prefix=",), ("--prefix=a b",), ("--prefix=a/b",), ("--set=a b",), ("--set=",),
                ("--folder=",), ("--folder=/backup",), ("--folder=a//b",)]
        for words in rows:
            with self.subTest(words):
                self.assertSays(shop.run("backup", "avocado2", *words), 2,
                                words[0].partition("=")[0].strip("-"))
        self.assertUncontacted(shop)

    def test_no_server_and_no_datastore(self):
        shop = self.shop()
        self.assertSays(shop.run("backup", "avocado2", "--store", shop.store, defaults=False), 2,
                        "datastore", hint="--datastore")
        self.assertSays(shop.run("backup", "avocado2", "--store", shop.store, "--datastore", "x",
                                 defaults=False), 2, "vCenter", hint="--vcenter")
        for server in ("http://vc", "vc:0", "vc:99999", "a b", "user@vc"):
            with self.subTest(server):
                result = shop.run("backup", "avocado2", "--vcenter", server)
                self.assertSays(result, 2, "--vcenter")
        self.assertUncontacted(shop)


class Configuration(BadTest):
    def test_broken_toml_is_shown_with_line_and_column(self):
        shop = self.shop()
        rows = [
            ('[defaults]\nkeep = \n', 2, None),
            ('[defaults\nkeep = 3\n', 1, None),
            ('[vcenter]\nserver = "vc\n', 2, None),
            ('[defaults]\nkeep = 3\nkeep = 4\n', 3, None),
            ('[defaults]\nkeep = 0\n', 2, 8),
            ('[defaults]\nfolder = 日本\n', 2, 10),
            ('[defaults]\nkeeep = 3\n', 2, 1),
        ]
        for text, line, column in rows:
            with self.subTest(text):
                shop.configure(text)
                result = shop.run("backup", "avocado2")
                place = f"{shop.config_file}:{line}:" + (f"{column}:" if column else "")
                self.assertSays(result, 2, place, hint="nothing was contacted")
                self.assertRegex(result.err, f"vmrotate.toml:{line}:[0-9]+: ")
        self.assertUncontacted(shop)

    def test_all_problems_are_told_at_once(self):
        shop = self.shop()
        shop.configure('[vcenter]\nserver = "https://vc"\npassword = "hunter2"\n'
                       '[defaults]\nkeep = 0\nquiesce = "maybe"\nmin_age = 5\nserver = "vc"\n'
                       '[job.nightly]\nvms = []\n[jobs.weekly]\nvms = ["a"]\n')
        result = shop.run("backup", "avocado2")
        self.assertSays(result, 2, ":2:", ":3:", ":5:", ":6:", ":7:", ":8:", ":10:",
                        "keep must be 1 to 98", "quiesce must be", "min_age must be",
                        "server belongs into [vcenter]", "credential add", "'jobs'", "'job'")
        self.assertNotIn("hunter2", result.err + result.out)
        self.assertUncontacted(shop)

    def test_sets_that_get_in_each_others_way(self):
        shop = self.shop(datastore=None)
        one = '[defaults]\ndatastore = "NFS_durian"\n[job.a]\nvms = ["avocado2"]\n'
        rows = [
            ("two sets, one prefix", one + '[job.b]\nvms = ["avocado2"]\nset = "weekly"\n',
             ["'avocado2'", "'zz_'", "'backup'", "'a'", "'b'"]),
            ("two datastores, one prefix",
             one + '[job.b]\nvms = ["avocado2"]\ndatastore = "NFS_mango"\n', ["'zz_'"]),
            ("one ring, two keeps", one + '[job.b]\nvms = ["avocado2"]\nkeep = 9\n',
             ["keep", "3 and 9"]),
            ("one ring, two prefixes", one + '[job.b]\nvms = ["avocado2"]\nprefix = "yy_"\n',
             ["prefix", "'yy_'"]),
            ("two VMs, one alias", one + '[job.b]\nvms = ["papaya3"]\n[vm.papaya3]\n'
             'alias = "avocado2"\n', ["'avocado2'", "'papaya3'"]),
        ]
        for what, text, words in rows:
            with self.subTest(what):
                shop.configure(text)
                for selection in ((), ("avocado2", "--job", "a"), ("--job", "b")):
                    result = shop.run("backup", *selection)
                    self.assertSays(result, 2, *words)
        self.assertUncontacted(shop)

    def test_the_configuration_is_a_folder(self):
        shop = self.shop()
        self.assertSays(shop.run("backup", "avocado2", "--config", shop.folder), 2, shop.folder,
                        "directory")
        self.assertUncontacted(shop)
