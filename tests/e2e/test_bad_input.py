# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong before anything is done: words, names, files, logons, servers, obstacles.

Each of these ends with one clear sentence, a remedy where there is one, and the exit code that
is documented; nothing was changed, and for mistakes of the user nothing was even contacted.
"""

import contextlib
import os
import socket
import threading
import unittest

from harness import LIMIT, PASSWORD, USER, Shop, ShopTest

#: Another local time, so that a run in the same minute finds no name taken.
LATER = {"TZ": "Asia/Tokyo"}

SHOP_FIELDS = ("password", "logon", "datastore", "folder", "keep_history")


class BadTest(ShopTest):
    """A test about things that go wrong, often a table with a server for each row."""

    @contextlib.contextmanager
    def row(self, what, **fields):
        """A row of a table with a shop of its own, which the oracle judges at its end."""
        own = {key: fields.pop(key) for key in SHOP_FIELDS if key in fields}
        with self.subTest(what):
            shop = Shop(config=fields or None, **own)
            judged = False
            try:
                yield shop
                judged = True
                self._judge(shop)
            finally:
                if not judged:
                    shop.close()

    def complaints(self, result):
        """The sentences of stderr that are errors: neither progress, nor warnings, nor hints."""
        return [line for line in result.err.splitlines()
                if line.startswith("vmrotate: ") and ": warning: " not in line]

    def warnings(self, result):
        return [line for line in result.err.splitlines() if ": warning: " in line]

    def hints(self, result):
        return [line for line in result.err.splitlines() if line.startswith("  hint: ")]

    def assertSays(self, result, code, *words, hint=None):
        """One sentence with these words, the exit code, and a hint with that word."""
        self.assertExit(code, result)
        sentences = self.complaints(result)
        self.assertEqual(1, len(sentences), f"one sentence is wanted\n{result}")
        for word in words:
            self.assertIn(word, result.err, f"\n{result}")
        if hint is not None:
            self.assertIn(hint, "\n".join(self.hints(result)), f"\n{result}")
        self.assertNotIn("defect of vmrotate", result.err)

    def assertWarns(self, result, *words):
        """Some warning has all these words, the case of letters aside."""
        told = self.warnings(result)
        self.assertTrue(any(all(word.lower() in line.lower() for word in words) for line in told),
                        f"no warning with {words}\n{result}")

    def assertUnchanged(self, shop, since=0):
        """No call was sent that may change anything."""
        self.assertEqual([], [(call["method"], call["target"])
                              for call in shop.vcenter.changes(since)])

    def assertUncontacted(self, shop, since=0):
        self.assertEqual([], [call["method"] for call in shop.vcenter.log(since=since)][:3])

    def assertGenerations(self, names, shop, source="avocado2"):
        self.assertEqual(names, shop.generations(source))


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


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Plain(threading.Thread):
    """Something that speaks no TLS: answers the first bytes with a line of plain HTTP."""

    def __init__(self, answer):
        super().__init__(daemon=True)
        self.answer = answer
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.server = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                with connection:
                    connection.recv(1024)
                    connection.sendall(self.answer)

    def close(self):
        self.listener.close()


class Servers(BadTest):
    def store_logon(self, shop, *words, server=None, user=USER, password=PASSWORD):
        shop.secrets.append(password)
        result = shop.run("credential", "add", "--vcenter", server or shop.vcenter.server,
                          "--store", shop.store, "--user", user, "--offline", "--password-stdin",
                          *words, stdin=password + "\n", defaults=False)
        self.assertExit(0, result)

    def backup(self, shop, *words, server=None):
        return shop.run("backup", "avocado2", "--datastore", "NFS_durian", "--store", shop.store,
                        "--vcenter", server or shop.vcenter.server, *words, defaults=False)

    def test_a_wrong_password(self):
        shop = self.shop(logon=False)
        self.store_logon(shop, password="wrong-canary-51ab")
        for verb in ("backup", "plan", "list"):
            with self.subTest(verb):
                self.assertSays(shop.run(verb, "avocado2"), 12, USER, shop.vcenter.server,
                                "InvalidLogin", hint="credential")
        self.assertSays(shop.run("credential", "test"), 12, USER, "InvalidLogin", hint="credential")
        self.assertUnchanged(shop)

    def test_no_logon(self):
        shop = self.shop(logon=False)
        self.assertSays(shop.run("backup", "avocado2"), 12, shop.vcenter.server, shop.store,
                        hint="vmrotate credential add")
        self.assertSays(shop.run("backup", "avocado2", "--user", "else@vsphere.local"), 12,
                        "'else@vsphere.local'", hint="--user else@vsphere.local")
        self.assertUncontacted(shop)

    def test_a_certificate_that_is_not_trusted(self):
        shop = self.shop()
        self.assertSays(self.backup(shop), 10, shop.vcenter.server, "certificate", "not trusted",
                        hint="--ca-file")
        self.assertEqual([], shop.vcenter.calls("Login"))

    def test_a_pin_that_changed_shows_both_fingerprints(self):
        shop = self.shop(logon=False)
        known = ":".join(["AB"] * 32)
        shown = shop.vcenter.fingerprint()
        self.store_logon(shop, "--fingerprint", known)
        self.assertSays(self.backup(shop), 10, shop.vcenter.server, known, shown,
                        hint="credential add")
        self.assertSays(self.backup(shop, "--fingerprint", ":".join(["CD"] * 32)), 10,
                        "CD:CD:CD", shown)
        self.assertEqual([], shop.vcenter.calls("Login"))
        self.assertExit(0, self.backup(shop, "--fingerprint", shown))
        self.store_logon(shop, "--fingerprint", shown)
        self.assertExit(0, self.backup(shop))

    def test_a_ca_file_that_is_none(self):
        shop = self.shop()
        for file in ("/nonexistent.pem", shop.config_file):
            with self.subTest(file):
                result = self.backup(shop, "--ca-file", file)
                self.assertIn(result.exit_code, (2, 10), f"\n{result}")
                self.assertIn(file, result.err)

    def test_a_server_that_is_down(self):
        shop = self.shop()
        shop.configure('[vcenter]\nretry_for = "2s"\n')
        server = f"127.0.0.1:{free_port()}"
        self.store_logon(shop, server=server)
        result = self.backup(shop, server=server)
        self.assertSays(result, 10, server, "cannot connect")
        self.assertLess(result.seconds, 8)

    def test_a_server_that_speaks_no_tls(self):
        shop = self.shop()
        shop.configure('[vcenter]\nretry_for = "1s"\n')
        for answer in (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", b""):
            with self.subTest(answer):
                plain = Plain(answer)
                self.addCleanup(plain.close)
                self.store_logon(shop, server=plain.server)
                result = self.backup(shop, server=plain.server)
                self.assertSays(result, 10, plain.server)
                self.assertLess(result.seconds, 8)

    def test_a_server_that_is_no_vcenter(self):
        for effect in ("html", "garbage", "truncate"):
            with self.row(effect) as shop:
                shop.configure('[vcenter]\nretry_for = "1s"\n')
                shop.do("rule", effect=effect, method="RetrieveServiceContent", count=-1)
                self.assertSays(shop.run("backup", "avocado2"), 10, shop.vcenter.server)
                self.assertUnchanged(shop)

    def test_a_host_of_its_own_cannot_clone(self):
        host = "localhost.localdomain"
        shop = self.shop(esx=True, datastores=[{"name": "NFS_durian", "capacityGB": 500}],
                         vms=[{"name": "avocado2", "datastore": "NFS_durian", "host": host,
                               "disksGB": [4]}])
        for verb in ("backup", "plan", "list"):
            with self.subTest(verb):
                self.assertSays(shop.run(verb, "avocado2"), 1, "ESXi", "vCenter",
                                hint="vCenter's address")
        self.assertUnchanged(shop)


class Obstacles(BadTest):
    PLACE = {"datastore": "NFS_mango", "host": "esxi-1.example"}

    def test_disks_that_cannot_be_copied(self):
        shop = self.shop()
        rows = [
            ("rdm", {"kind": "rdmPhysical"}, "physical RDM"),
            ("independent", {"mode": "independent_persistent"}, "independent"),
            ("nonpersistent", {"mode": "independent_nonpersistent"}, "independent"),
            ("shared", {"sharing": "sharingMultiWriter"}, "multi-writer"),
            ("bus", {"sharedBus": "physicalSharing"}, "shares its bus"),
            ("virtual bus", {"sharedBus": "virtualSharing"}, "shares its bus"),
        ]
        for power in ("on", "off"):
            for name, disk, words in rows:
                with self.subTest(name, power=power):
                    vm = f"{name} {power}"
                    shop.do("add_vm", name=vm, power=power,
                            disks=[{"gb": 8}, {"gb": 4, **disk}], **self.PLACE)
                    for words_of_run in (("backup", vm), ("plan", vm)):
                        result = shop.run(*words_of_run)
                        self.assertSays(result, 4, f"vmrotate: {vm}: ", "scsi", words)
                    self.assertTrue(self.hints(result), result)
        self.assertUnchanged(shop)

    def test_a_virtual_rdm_is_copied_as_a_disk(self):
        shop = self.shop()
        shop.do("add_vm", name="rdm", disks=[{"gb": 8}, {"gb": 4, "kind": "rdmVirtual"}],
                **self.PLACE)
        self.assertExit(0, shop.run("backup", "rdm"))
        self.assertEqual(2, len(shop.vcenter.generation_vms("rdm")[0]["disks"]))

    def test_all_obstacles_are_told_at_once(self):
        shop = self.shop()
        shop.do("add_vm", name="rdm" + "x" * 60, **self.PLACE, disks=[
            {"gb": 8, "kind": "rdmPhysical"}, {"gb": 4, "mode": "independent_persistent"}])
        shop.do("datastore", name="NFS_durian", freeGB=1)
        self.assertSays(shop.run("backup", "rdm" + "x" * 60), 4, "physical RDM", "independent",
                        "82 characters", "1 GiB")
        self.assertUnchanged(shop)

    def test_sources_that_are_in_no_state_for_it(self):
        rows = [
            ("template", dict(template=True), "template"),
            ("disconnected", dict(connection="disconnected"), "disconnected"),
            ("inaccessible", dict(connection="inaccessible"), "inaccessible"),
            ("orphaned", dict(connection="orphaned"), "orphaned"),
            ("invalid", dict(connection="invalid"), "invalid"),
        ]
        shop = self.shop()
        shop.do("power", vm="papaya3", state="off")
        for what, fields, word in rows:
            with self.subTest(what):
                shop.do("set", vm="papaya3", **fields)
                result = shop.run("backup", "papaya3")
                self.assertSays(result, 4, "vmrotate: papaya3: ", word)
                self.assertTrue(self.hints(result), result)
                shop.do("set", vm="papaya3", template=False, connection="connected")
        shop.do("host", name="esxi-2.example", connection="notResponding")
        self.assertSays(shop.run("backup", "papaya3"), 4, "disconnected")
        self.assertUnchanged(shop)

    def test_consolidation_is_done_first_or_refused(self):
        with self.row("auto") as shop:
            shop.do("set", vm="avocado2", consolidationNeeded=True)
            result = shop.run("backup", "avocado2")
            self.assertExit(0, result)
            methods = [call["method"] for call in shop.vcenter.changes()]
            self.assertEqual(["ConsolidateVMDisks_Task", "CreateSnapshot_Task"], methods[:2])
            self.assertFalse(shop.vcenter.vm("avocado2")["consolidationNeeded"])
        with self.row("never") as shop:
            shop.configure('[defaults]\nconsolidate = "never"\n')
            shop.do("set", vm="avocado2", consolidationNeeded=True)
            self.assertSays(shop.run("backup", "avocado2"), 4, "consolidation", hint="consolidate")
            self.assertUnchanged(shop)
        with self.row("it fails") as shop:
            shop.do("set", vm="avocado2", consolidationNeeded=True)
            shop.do("next", method="ConsolidateVMDisks_Task", failAt=50, fault="FileLocked")
            self.assertSays(shop.run("backup", "avocado2"), 1, "consolidate", "FileLocked")
            self.assertEqual([], shop.vcenter.calls("CreateSnapshot_Task"))

    def test_a_datastore_that_cannot_take_it(self):
        shop = self.shop()
        rows = [
            ("no room", dict(freeGB=24), ["'NFS_durian'", "24 GiB", "25 GiB"], "room"),
            ("empty", dict(freeGB=0), ["'NFS_durian'", "25 GiB"], "room"),
            ("not accessible", dict(freeGB=900, accessible=False), ["'NFS_durian'"], "vSphere"),
            ("maintenance", dict(accessible=True, maintenance=True), ["maintenance"], "vSphere"),
        ]
        for what, fields, words, hint in rows:
            with self.subTest(what):
                shop.do("datastore", name="NFS_durian", **fields)
                self.assertSays(shop.run("backup", "avocado2"), 4, *words, hint=hint)
        self.assertUnchanged(shop)
        shop.do("datastore", name="NFS_durian", maintenance=False, freeGB=26)
        self.assertExit(0, shop.run("backup", "avocado2"))
        self.assertSays(shop.run("backup", "avocado2"), 4, "NFS_durian", hint="room")
        self.assertEqual(1, len(shop.generations("avocado2")))

    def test_hosts(self):
        shop = self.shop()
        rows = [
            (("--host", "esxi-3.example"), 4, ["'esxi-3.example'", "'NFS_durian'"]),
            (("--host", "esxi-2.example"), 4, ["'esxi-2.example'", "maintenance"]),
            (("--host", "source", "--datastore", "local-2"), 4, ["'local-2'"]),
            (("--datastore", "local-2"), 4, ["'local-2'"]),
        ]
        shop.do("host", name="esxi-2.example", maintenance=True)
        for options, code, words in rows:
            with self.subTest(options):
                self.assertSays(shop.run("backup", "avocado2", *options), code, *words)
        self.assertUnchanged(shop)
        result = shop.run("backup", "avocado2")  # the source's own host does it
        self.assertExit(0, result)
        self.assertEqual("esxi-1.example", shop.vcenter.generation_vms("avocado2")[0]["host"])
        shop.do("host", name="esxi-2.example", maintenance=False, connection="disconnected")
        self.assertExit(0, shop.run("backup", "avocado2"))
        self.assertEqual("esxi-1.example", shop.vcenter.generation_vms("avocado2")[1]["host"])
        shop.do("host", name="esxi-2.example", connection="connected")
        self.assertExit(0, shop.run("backup", "avocado2", "--datastore", "local-2",
                                    "--prefix", "local_"))
        self.assertEqual(
            ["esxi-2.example"],
            [vm["host"] for vm in shop.vcenter.vms_in() if vm["name"].startswith("local_")])

    def test_a_generation_is_no_source(self):
        shop = self.shop()
        shop.backups(1)
        name = shop.generations("avocado2")[0]
        since = shop.vcenter.last_call()
        self.assertSays(shop.run("backup", name), 4, f"vmrotate: {name}: ", "generation",
                        hint="move it")
        self.assertUnchanged(shop, since)

    def test_without_a_state_folder_nothing_is_sent(self):
        shop = self.shop()
        file = os.path.join(shop.folder, "in the way")
        with open(file, "w", encoding="ascii"):
            pass
        nested = os.path.join(shop.folder, "locks are a file")
        os.makedirs(nested)
        with open(os.path.join(nested, "locks"), "w", encoding="ascii"):
            pass
        for path in (file, nested, os.path.join(file, "below")):
            with self.subTest(path):
                result = shop.run("backup", "avocado2", env={"STATE_DIRECTORY": path})
                self.assertSays(result, 1, path, "lock", hint="writable")
        self.assertUnchanged(shop)

    def test_one_of_several_fails_and_the_others_go_on(self):
        shop = self.shop()
        result = shop.run("backup", "papaya3", "no such", "support private", "--keep", "2",
                          limit=LIMIT)
        self.assertSays(result, 3, "vmrotate: no such: ", "no VM")
        self.assertEqual(1, len(shop.generations("papaya3")))
        self.assertEqual(1, len(shop.generations("support private")))
        self.assertEqual("partial", result.summary["result"])
        self.assertExit(1, shop.run("backup", "no such", "nor this"))


if __name__ == "__main__":
    unittest.main()
