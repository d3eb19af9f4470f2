# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that are not there, not to be trusted, or no vCenter; VMs that cannot be backed up."""

import contextlib
import os
import socket
import threading

from harness import LIMIT, PASSWORD, USER
from bad import BadTest


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
                          "--store", shop.store, "--user", user, "--no-verify", "--password-stdin",
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
                        hint="credential trust")
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
