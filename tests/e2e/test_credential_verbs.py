# SPDX-License-Identifier: GPL-3.0-or-later
"""credential trust, import, rekey; which store answered."""

import base64
import json
import os
import stat
import unittest

from credentials import CredentialTest
from harness import PASSWORD, USER


class Renewed(CredentialTest):
    """A server whose certificate has changed."""

    OTHER = ":".join(["AB"] * 32)

    def pinned(self, pin, **fields):
        """A shop whose stored logon is pinned to `pin`; nothing else vouches for the server."""
        shop = self.empty(**fields)
        self.assertExit(0, self.bare(shop, "credential", "add", "--user", USER, "--no-verify",
                                     "--password-stdin", "--pin", pin, stdin=PASSWORD + "\n"))
        return shop

    def pin_in(self, shop):
        (entry,) = self.bare(shop, "credential", "list").of_type("credential")
        return entry["fingerprint"]

    def test_the_old_pin_is_refused_with_both_until_the_new_one_is_trusted(self):
        shop = self.pinned(self.OTHER)
        now = shop.vcenter.fingerprint()
        refused = self.bare(shop, "credential", "test")
        self.assertExit(10, refused)
        for words in (self.OTHER, now, "credential trust"):
            self.assertIn(words, refused.err)
        trusted = self.bare(shop, "credential", "trust", "--pin", "SHA256:" + now)
        self.assertExit(0, trusted)
        self.assertTrue(trusted.summary["changed"])
        (shown,) = trusted.of_type("certificate")
        self.assertEqual((self.OTHER, now), (shown["known"], shown["fingerprint"]))
        self.assertLess(trusted.err.index(self.OTHER), trusted.err.index(now))
        self.assertEqual(now, self.pin_in(shop))
        self.assertExit(0, self.bare(shop, "credential", "test"))

    def test_a_stored_pin_counts_also_where_a_ca_vouches_for_the_server(self):
        shop = self.pinned(self.OTHER)
        for words in (["credential", "test"], ["backup", "avocado2"], ["list", "avocado2"]):
            with self.subTest(words=words):
                result = shop.run(*words)  # with --ca-file
                self.assertExit(10, result)
                self.assertIn(self.OTHER, result.err)
        self.assertEqual([], shop.vcenter.calls("Login"))
        self.assertExit(0, shop.run("credential", "test", "--pin", shop.vcenter.fingerprint()))

    def test_trusting_the_same_again_changes_nothing(self):
        shop = self.empty()
        shop = self.pinned(shop.vcenter.fingerprint())
        self.assertExit(0, self.bare(shop, "credential", "trust", "--pin",
                                     shop.vcenter.fingerprint()))
        again = self.bare(shop, "credential", "trust")
        self.assertExit(0, again)
        self.assertFalse(again.summary["changed"])

    def test_what_leaves_the_old_pin(self):
        shop = self.pinned(self.OTHER)
        before = self.bytes_of(shop.store)
        table = [("a dry run", ["--dry-run"], 0), ("nobody to ask", [], 10),
                 ("another pin than shown", ["--pin", ":".join(["CD"] * 32)], 10),
                 ("a pin that is none", ["--pin", "SHA256:AB:CD"], 2),
                 ("another account", ["--user", "else@vsphere.local"], 12)]
        for what, words, code in table:
            with self.subTest(what):
                result = self.bare(shop, "credential", "trust", *words)
                self.assertExit(code, result)
                self.assertEqual(before, self.bytes_of(shop.store))
                self.assertEqual(what == "a dry run", result.summary["changed"])
        self.assertEqual([], shop.vcenter.calls("Login"))

    def test_a_pin_of_the_configuration_is_changed_there(self):
        shop = self.pinned(self.OTHER)
        shop.configure(f'[vcenter]\nfingerprint = "{self.OTHER}"\n')
        before = self.bytes_of(shop.store)
        for words in ([], ["--pin", shop.vcenter.fingerprint()]):
            with self.subTest(words=words):
                refused = self.bare(shop, "credential", "trust", *words)
                self.assertExit(10, refused)
                self.assertIn("'fingerprint' under [vcenter]", refused.err)
        self.assertEqual(before, self.bytes_of(shop.store))
        shop.configure(f'[vcenter]\nfingerprint = "{shop.vcenter.fingerprint()}"\n')
        self.assertExit(0, self.bare(shop, "credential", "trust"))

    def test_every_account_of_the_server_gets_it_and_no_other_server(self):
        shop = self.pinned(self.OTHER)
        for server, user in ((shop.vcenter.server, "second@vsphere.local"), ("other.example", USER)):
            self.assertExit(0, shop.run(
                "credential", "add", server, "--store", shop.store, "--user", user, "--no-verify",
                "--password-stdin", "--pin", self.OTHER, stdin=PASSWORD + "\n", defaults=False))
        now = shop.vcenter.fingerprint()
        self.assertExit(0, self.bare(shop, "credential", "trust", "--pin", now))
        pins = {(one["server"], one["user"]): one["fingerprint"]
                for one in self.bare(shop, "credential", "list").of_type("credential")}
        self.assertEqual({(shop.vcenter.server, USER): now,
                          (shop.vcenter.server, "second@vsphere.local"): now,
                          ("other.example", USER): self.OTHER}, pins)

    def test_a_new_password_is_not_sent_to_a_server_with_another_certificate(self):
        shop = self.pinned(self.OTHER)
        result = self.bare(shop, "credential", "add", "--user", USER, "--password-stdin",
                           stdin=PASSWORD + "\n")
        self.assertExit(10, result)
        self.assertIn("credential trust", result.err)
        self.assertIn(self.OTHER, result.err)
        self.assertEqual([], shop.vcenter.calls("Login"))

    def test_a_pinned_logon_keeps_its_pin_with_a_new_password(self):
        probe = self.empty()
        shop = self.pinned(probe.vcenter.fingerprint())
        now = shop.vcenter.fingerprint()
        self.assertExit(0, self.bare(shop, "credential", "trust", "--pin", now))
        self.assertExit(0, self.bare(shop, "credential", "add", "--user", USER,
                                     "--password-stdin", stdin=PASSWORD + "\n"))
        self.assertEqual(now, self.pin_in(shop))

    def test_a_pinned_logon_keeps_its_pin_unproved_and_replaced(self):
        shop = self.pinned(self.OTHER)
        self.assertExit(0, self.bare(shop, "credential", "add", "--user", USER, "--no-verify",
                                     "--password-stdin", stdin=PASSWORD + "2\n"))
        self.assertEqual(self.OTHER, self.pin_in(shop))
        path = os.path.join(shop.folder, "logons")
        with open(path, "wb") as file:
            file.write(vicredentials((shop.vcenter.server, USER, PASSWORD)))
        os.chmod(path, 0o600)
        replaced = self.bare(shop, "credential", "import", path, "--replace")
        os.unlink(path)
        self.assertExit(0, replaced)
        self.assertTrue(replaced.summary["changed"])
        self.assertEqual(self.OTHER, self.pin_in(shop))
        self.assertExit(10, self.bare(shop, "credential", "test"))
        self.assertEqual([], shop.vcenter.calls("Login"))

    def test_at_a_terminal_it_asks(self):
        for answer, code in (("yes", 0), ("no", 10), ("", 10)):
            with self.subTest(answer):
                shop = self.pinned(self.OTHER)
                shown, exit_code = self.talk(
                    shop, ["credential", "trust", shop.vcenter.server, "--store", shop.store],
                    [("fingerprint that the server itself shows?", answer)])
                self.assertEqual(code, exit_code, shown)
                self.assertIn(self.OTHER, shown)
                now = shop.vcenter.fingerprint()
                self.assertIn(now, shown)
                self.assertEqual(now if answer == "yes" else self.OTHER, self.pin_in(shop))


def vicredentials(*entries):
    """A file as VMware's Java SDK writes it, padded with what need not be random here."""
    parts = []
    for host, user, password in entries:
        number = 0
        for unit in (host.lower() + user).encode("utf-16-be").decode("utf-16-be"):
            number = (number * 31 + ord(unit)) & 0xFF
        clear = password.encode() + b"\0"
        clear += b"x" * (128 - len(clear))
        hidden = base64.b64encode(bytes(byte ^ number for byte in clear)).decode()
        parts.append(f"<passwordEntry><host>{host}</host><username>{user}</username>"
                     f"<password>{hidden}</password></passwordEntry>")
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<viCredentials><version>1.0</version>'
            + "".join(parts) + "</viCredentials>\n").encode()


class Imported(CredentialTest):
    SECOND = "Second1!-canary-44d2"

    def file(self, shop, content, mode=0o600, name="logons"):
        path = os.path.join(shop.folder, name)
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, mode)
        return path

    def import_(self, shop, path, *words):
        return shop.run("credential", "import", path, *words)

    def listed(self, shop):
        return {(one["server"], one["user"])
                for one in shop.run("credential", "list").of_type("credential")}

    def test_both_formats_come_in_and_work(self):
        for form in ("vicredentials", "powercli-json"):
            with self.subTest(form):
                shop = self.empty()
                server = shop.vcenter.server
                content = vicredentials((server, USER, PASSWORD)) if form == "vicredentials" else \
                    json.dumps([{"Host": server, "User": USER, "Password": PASSWORD}]).encode()
                path = self.file(shop, content)
                result = self.import_(shop, path, "--format", form)
                os.unlink(path)
                self.assertExit(0, result)
                self.assertTrue(result.summary["changed"])
                self.assertEqual({(server, USER)}, self.listed(shop))
                self.assertExit(0, shop.run("credential", "test"))

    def test_a_dry_run_lists_what_would_come_in(self):
        shop = self.empty()
        path = self.file(shop, vicredentials((shop.vcenter.server, USER, PASSWORD)))
        result = self.import_(shop, path, "--dry-run")
        os.unlink(path)
        self.assertExit(0, result)
        self.assertTrue(result.summary["changed"])
        (one,) = result.of_type("credential")
        self.assertEqual((USER, "added"), (one["user"], one["fate"]))
        self.assertFalse(os.path.exists(shop.store))

    def test_what_is_there_stays_unless_it_is_to_be_replaced(self):
        shop = self.empty()
        shop.secrets.append(self.SECOND)
        self.add(shop)
        path = self.file(shop, vicredentials((shop.vcenter.server, USER, self.SECOND)))
        before = self.bytes_of(shop.store)
        kept = self.import_(shop, path)
        self.assertExit(0, kept)
        self.assertFalse(kept.summary["changed"])
        self.assertEqual(before, self.bytes_of(shop.store))
        self.assertExit(0, shop.run("credential", "test"))
        self.assertTrue(self.import_(shop, path, "--replace").summary["changed"])
        again = self.import_(shop, path, "--replace")
        self.assertFalse(again.summary["changed"], "the same again is no change")
        os.unlink(path)
        self.assertExit(12, shop.run("credential", "test"))

    def test_a_file_that_others_may_read_is_taken_with_a_warning(self):
        shop = self.empty()
        path = self.file(shop, vicredentials((shop.vcenter.server, USER, PASSWORD)), 0o644)
        result = self.import_(shop, path)
        os.unlink(path)
        self.assertExit(0, result)
        self.assertIn("others may read", result.err)

    def test_what_is_no_such_file(self):
        shop = self.empty()
        self.add(shop)
        before = self.bytes_of(shop.store)
        table = [("nothing", b"", [], 12), ("another text", b"hello", [], 12),
                 ("cut off", vicredentials(("a", "b", "c"))[:90], [], 12),
                 ("another format", vicredentials(("a", "b", "c")), ["--format", "powercli-json"],
                  12),
                 ("a format that is none", b"", ["--format", "excel"], 2),
                 ("far too long", b"<viCredentials>" + b" " * (5 << 20), [], 2)]
        for what, content, words, code in table:
            with self.subTest(what):
                path = self.file(shop, content)
                result = self.import_(shop, path, *words)
                self.assertExit(code, result)
                self.assertEqual(before, self.bytes_of(shop.store))
                os.unlink(path)
        for path in (os.path.join(shop.folder, "none"), shop.folder):
            self.assertExit(2, self.import_(shop, path))


class Rekeyed(CredentialTest):
    def test_a_new_key_file_in_the_usual_place(self):
        shop = self.shop()
        old_key, old_store = (self.bytes_of(shop.store + end) for end in (".key", ""))
        dry = shop.run("credential", "rekey", "--dry-run")
        self.assertExit(0, dry)
        self.assertEqual((old_key, old_store),
                         (self.bytes_of(shop.store + ".key"), self.bytes_of(shop.store)))
        result = shop.run("credential", "rekey")
        self.assertExit(0, result)
        self.assertTrue(result.summary["changed"])
        self.assertNotEqual(old_key, self.bytes_of(shop.store + ".key"))
        self.assertNotEqual(old_store, self.bytes_of(shop.store))
        self.assertEqual(0o600, stat.S_IMODE(os.stat(shop.store + ".key").st_mode))
        self.assertExit(0, shop.run("credential", "test"))

    def test_a_key_file_elsewhere(self):
        shop = self.shop()
        key = os.path.join(shop.folder, "elsewhere.key")
        moved = shop.run("credential", "rekey", "--new-key-file", key)
        self.assertExit(0, moved)
        for words in (f"a new key file '{key}'", f"from now on that needs --key-file '{key}'",
                      f"'{shop.store}.key' does not open it any more and may be deleted"):
            self.assertIn(words, moved.summary["message"])
        self.assertExit(0, shop.run("credential", "test", "--key-file", key))
        for what in ("the old key", "no key"):
            with self.subTest(what):
                refused = shop.run("credential", "test")
                self.assertExit(12, refused)
                for words in (f"'{shop.store}.key'", "--key-file"):
                    self.assertIn(words, refused.err)
            if what == "the old key":
                os.unlink(shop.store + ".key")

    def test_a_key_file_that_was_there(self):
        shop = self.shop()
        key = os.path.join(shop.folder, "elsewhere.key")
        with open(key, "wb") as file:
            file.write(os.urandom(32))
        os.chmod(key, 0o600)
        before = self.bytes_of(key)
        result = shop.run("credential", "rekey", "--new-key-file", key)
        self.assertExit(0, result)
        self.assertIn(f"the key file '{key}', which was there", result.summary["message"])
        self.assertEqual(before, self.bytes_of(key))
        again = shop.run("credential", "rekey", "--key-file", key)
        self.assertIn(f"a new key file '{key}'", again.summary["message"])
        self.assertNotIn("from now on", again.summary["message"])
        self.assertNotEqual(before, self.bytes_of(key))

    def test_a_passphrase(self):
        shop = self.shop()
        phrase = "correct horse battery"
        words = ["credential", "rekey", "--store", shop.store, "--passphrase"]
        shown, code = self.talk(shop, words, [("New passphrase", phrase),
                                              ("same again", "something else")])
        self.assertEqual(2, code, shown)
        self.assertIn("differ", shown)
        self.assertExit(0, shop.run("credential", "test"))
        shown, code = self.talk(shop, words, [("New passphrase", phrase), ("same again", phrase)])
        self.assertEqual(0, code, shown)
        self.assertNotIn(phrase, shown)
        self.assertFalse(shop.run("credential", "test").exit_code == 0, "nobody to ask")
        test = ["credential", "test", shop.vcenter.server, "--store", shop.store, "--ca-file",
                shop.vcenter.ca_file]
        shown, code = self.talk(shop, test, [("assphrase", phrase)])
        self.assertEqual(0, code, shown)
        shown, code = self.talk(shop, test, [("assphrase", "a wrong one")])
        self.assertEqual(12, code, shown)
        remove = ["credential", "remove", shop.vcenter.server, "--store", shop.store]
        shown, code = self.talk(shop, remove, [("assphrase", phrase)])
        self.assertEqual(0, code, shown)
        self.assertEqual(1, shown.count("Passphrase of"), shown)

    def test_a_systemd_credential(self):
        shop = self.shop()
        folder = os.path.join(shop.folder, "given")
        os.mkdir(folder, 0o700)
        with open(os.path.join(folder, "store-key"), "wb") as file:
            file.write(os.urandom(32))
        os.chmod(os.path.join(folder, "store-key"), 0o400)
        env = {"CREDENTIALS_DIRECTORY": folder}
        words = ["credential", "rekey", "--systemd-credential", "store-key"]
        self.assertExit(12, shop.run(*words), )
        self.assertExit(0, shop.run(*words, env=env))
        self.assertExit(0, shop.run("credential", "test", env=env))
        self.assertExit(12, shop.run("credential", "test"))

    def test_only_one_key(self):
        shop = self.shop()
        self.assertExit(2, shop.run("credential", "rekey", "--passphrase", "--systemd-credential", "x"))

    def test_no_store_yet(self):
        shop = self.empty()
        self.assertExit(12, shop.run("credential", "rekey"))


class Told(CredentialTest):
    def test_verbose_says_which_store_answered_and_why_the_others_did_not(self):
        shop = self.shop()
        result = shop.run("credential", "test", "--verbose")
        self.assertExit(0, result)
        self.assertIn("the logon comes from", result.err)
        self.assertIn(shop.store, result.err)
        self.assertNotIn("comes from", shop.run("credential", "test").err)

    def test_list_says_where_when_and_the_pin(self):
        shop = self.shop()
        (one,) = shop.run("credential", "list").of_type("credential")
        self.assertIn(shop.store, one["store"])
        self.assertRegex(one["added"], r"^20\d\d-\d\d-\d\dT?[ \d:]+Z?$")
        people = shop.run("credential", "list", json=False).out
        for words in (shop.vcenter.server, USER, shop.store, "ADDED"):
            self.assertIn(words, people)

    def test_remove_takes_the_only_account_and_asks_which_of_two(self):
        shop = self.shop()
        server = shop.vcenter.server
        self.assertExit(0, shop.run("credential", "add", "--user", "second@vsphere.local",
                                    "--no-verify", "--password-stdin", stdin=PASSWORD + "\n"))
        unsure = shop.run("credential", "remove", server)
        self.assertExit(2, unsure)
        for words in (USER, "second@vsphere.local", "--user"):
            self.assertIn(words, unsure.err)
        self.assertExit(0, shop.run("credential", "remove", server, "--user", USER))
        last = shop.run("credential", "remove", server)
        self.assertExit(0, last)
        self.assertTrue(last.summary["changed"])
        self.assertEqual([], shop.run("credential", "list").of_type("credential"))
        self.assertFalse(shop.run("credential", "remove", server).summary["changed"])


if __name__ == "__main__":
    unittest.main()
