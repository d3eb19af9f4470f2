# SPDX-License-Identifier: GPL-3.0-or-later
"""The logon in its store: add, list, test, remove, and everything that is refused."""

import os
import stat
import unittest

from credentials import CredentialTest
from harness import PASSWORD, USER, Shop


class Adding(CredentialTest):
    def test_a_logon_is_tried_and_stored_in_files_for_the_owner_only(self):
        shop = self.empty()
        result = self.add(shop)
        self.assertExit(0, result)
        self.assertTrue(result.summary["changed"])
        self.assertEqual((1, 1), tuple(len(shop.vcenter.calls(method))
                                       for method in ("Login", "Logout")))
        for path in (shop.store, shop.store + ".key"):
            self.assertEqual(0o600, stat.S_IMODE(os.stat(path).st_mode), path)
            self.assertNotIn(PASSWORD.encode(), self.bytes_of(path))
            self.assertNotIn(USER.encode(), self.bytes_of(path))
        self.assertExit(0, shop.run("backup", "papaya3"))

    def test_a_ca_that_is_named_here_only_is_needed_later_too(self):
        shop = self.empty()
        later = "later runs need --ca-file too, or ca_file in [vcenter]"
        self.assertIn(later, self.add(shop).summary["message"])
        shop.configure(f'[vcenter]\nca_file = "{shop.vcenter.ca_file}"\n')
        self.assertNotIn(later, self.add(shop).summary["message"])
        shop.configure("")
        pinned = self.add(shop, "--pin", shop.vcenter.fingerprint())
        self.assertNotIn(later, pinned.summary["message"])

    def test_adding_the_same_again_changes_nothing(self):
        shop = self.empty()
        self.add(shop)
        before = self.bytes_of(shop.store)
        again = self.add(shop)
        self.assertExit(0, again)
        self.assertFalse(again.summary["changed"])
        self.assertEqual(before, self.bytes_of(shop.store))

    def test_a_wrong_password_is_told_and_not_stored(self):
        shop = self.empty()
        shop.secrets.append("not the right one")
        result = self.add(shop, password="not the right one")
        self.assertExit(12, result)
        self.assertIn("InvalidLogin", result.err)
        self.assertIn(USER, result.err)
        self.assertFalse(os.path.exists(shop.store))

    def test_a_wrong_password_leaves_the_right_one_that_is_stored(self):
        shop = self.empty()
        self.add(shop)
        before = self.bytes_of(shop.store)
        self.assertExit(12, self.add(shop, password="not the right one"))
        self.assertEqual(before, self.bytes_of(shop.store))

    def test_any_password_comes_through(self):
        table = ["& < > \" ' ü", "<![CDATA[x]]>", "ünïcödé 日本語", "   spaces   ", "a\tb",
                 "%s%n{}", "\\", "x" * 200, "]]>&amp;"]
        for password in table:
            with self.subTest(password=password):
                shop = self.empty(password=password)
                self.assertExit(0, self.add(shop, password=password))
                self.assertExit(0, shop.run("credential", "test"))

    def test_an_empty_password_is_refused(self):
        shop = self.empty()
        for password in ("", "\n"):
            result = shop.run("credential", "add", "--user", USER, "--password-stdin",
                              stdin=password)
            self.assertExit(12, result)
        self.assertFalse(os.path.exists(shop.store))
        shop.secrets.clear()

    def test_without_a_proof_nobody_is_contacted(self):
        shop = self.empty()
        self.assertExit(0, self.add(shop, "--no-verify"))
        self.assertEqual([], shop.vcenter.log())
        self.assertExit(0, shop.run("credential", "test"))

    def test_a_dry_run_changes_nothing(self):
        shop = self.empty()
        result = self.add(shop, "--dry-run")
        self.assertExit(0, result)
        self.assertFalse(os.path.exists(shop.store))
        self.assertEqual([], shop.vcenter.calls("Login"))

    def test_a_new_password_takes_the_old_ones_place(self):
        shop = self.empty()
        shop.secrets.append("the old one")
        self.assertExit(0, self.add(shop, "--no-verify", password="the old one"))
        self.assertExit(12, shop.run("backup", "avocado2"))
        changed = self.add(shop)
        self.assertTrue(changed.summary["changed"])
        self.assertExit(0, shop.run("credential", "test"))
        self.assertEqual(1, len(shop.run("credential", "list").of_type("credential")))


class Trust(CredentialTest):
    """The server's certificate. Here none is trusted without a word from us."""

    def test_an_unknown_one_is_refused_and_its_fingerprint_told(self):
        shop = self.empty()
        result = self.bare(shop, "credential", "add", "--user", USER, "--password-stdin",
                           stdin=PASSWORD + "\n")
        self.assertExit(10, result)
        self.assertIn(shop.vcenter.fingerprint(), result.err)
        self.assertIn("--pin SHA256:", result.err)
        self.assertFalse(os.path.exists(shop.store))
        self.assertEqual([], shop.vcenter.calls("Login"))

    def test_a_pinned_one_is_enough_and_is_remembered(self):
        shop = self.empty()
        result = self.bare(shop, "credential", "add", "--user", USER, "--password-stdin",
                           "--fingerprint", shop.vcenter.fingerprint(), stdin=PASSWORD + "\n")
        self.assertExit(0, result)
        (entry,) = self.bare(shop, "credential", "list").of_type("credential")
        self.assertEqual(shop.vcenter.fingerprint(), entry["fingerprint"])
        self.assertExit(0, self.bare(shop, "credential", "test"))
        backup = self.bare(shop, "backup", "papaya3", "--datastore", "NFS_durian")
        self.assertExit(0, backup)

    def test_another_one_than_the_pinned_is_refused_with_both_fingerprints(self):
        shop = self.empty()
        other = ":".join(["AB"] * 32)
        for words in (["credential", "test"], ["backup", "avocado2", "--datastore", "NFS_durian"],
                      ["list", "avocado2", "--datastore", "NFS_durian"]):
            with self.subTest(words=words):
                self.add(shop, "--no-verify", "--fingerprint", other)
                result = self.bare(shop, *words)
                self.assertExit(10, result)
                self.assertIn(other, result.err)
                self.assertIn(shop.vcenter.fingerprint(), result.err)
        self.assertEqual([], shop.vcenter.calls("Login"))

    def test_no_ca_no_pin_no_logon(self):
        shop = self.empty()
        self.add(shop, "--no-verify")
        result = self.bare(shop, "backup", "avocado2", "--datastore", "NFS_durian")
        self.assertExit(10, result)
        self.assertEqual([], shop.vcenter.calls("Login"))

    def test_the_name_must_be_right_too(self):
        shop = self.empty()
        port = shop.vcenter.server.split(":")[1]
        table = [("localhost", 0), ("127.0.0.1", 0), ("127.0.0.2", 10)]
        for name, code in table:
            with self.subTest(name=name):
                result = self.add(shop, "--vcenter", f"{name}:{port}")
                self.assertExit(code, result)

    def test_a_ca_file_that_cannot_be_read_is_a_mistake_of_ours(self):
        shop = self.shop()
        empty = os.path.join(shop.folder, "empty.pem")
        with open(empty, "w", encoding="ascii"):
            pass
        for path in (os.path.join(shop.folder, "none.pem"), shop.folder, empty):
            for words in (["credential", "test"], ["backup", "avocado2"]):
                with self.subTest(path=os.path.basename(path), words=words):
                    result = shop.run(*words, "--ca-file", path)
                    self.assertExit(2, result)
                    self.assertIn(f"'{path}'", result.err)
                    self.assertNotIn("pin", result.err)
            self.assertExit(2, self.add(shop, "--ca-file", path))
        self.assertEqual([], shop.vcenter.calls("Login"))

    def test_a_foreign_ca_is_none(self):
        shop = self.empty()
        other = Shop(logon=False)
        self.addCleanup(other.close)
        result = self.add(shop, "--ca-file", other.vcenter.ca_file)
        self.assertExit(10, result)
        self.assertEqual([], shop.vcenter.calls("Login"))


class Looking(CredentialTest):
    def test_list_shows_whose_logons_there_are_and_never_a_password(self):
        shop = self.empty()
        self.assertEqual([], shop.run("credential", "list").of_type("credential"))
        self.add(shop)
        self.add(shop, "--vcenter", "other.example", "--no-verify")
        result = shop.run("credential", "list")  # the oracle looks for the password
        self.assertEqual({shop.vcenter.server, "other.example"},
                         {one["server"] for one in result.of_type("credential")})
        people = shop.run("credential", "list", json=False)
        self.assertIn(USER, people.out)
        self.assertNotIn(PASSWORD, people.out)

    def test_the_servers_name_is_the_same_in_capitals(self):
        shop = self.empty()
        port = shop.vcenter.server.split(":")[1]
        small, large = f"localhost:{port}", f"LocalHOST:{port}"
        for stored, asked in ((small, large), (large, small)):
            with self.subTest(stored=stored):
                self.assertExit(0, self.add(shop, "--vcenter", stored))
                self.assertExit(0, shop.run("credential", "test", "--vcenter", asked))
                (one,) = shop.run("credential", "list").of_type("credential")
                self.assertEqual(small, one["server"])
                self.assertTrue(shop.run("credential", "remove", "--vcenter", asked)
                                .summary["changed"])
        given = os.path.join(shop.folder, "given")
        os.mkdir(given, 0o700)
        with open(os.path.join(given, "vmrotate-logon"), "w", encoding="utf-8") as file:
            file.write(f"server={large}\nuser={USER}\npassword={PASSWORD}\n")
        os.chmod(file.name, 0o400)
        self.assertExit(0, shop.run("credential", "test", "--vcenter", large, "--store", "systemd",
                                    env={"CREDENTIALS_DIRECTORY": given}))
        os.unlink(file.name)

    def test_test_logs_in_and_out(self):
        shop = self.shop()
        result = shop.run("credential", "test")
        self.assertExit(0, result)
        self.assertFalse(result.summary["changed"])
        self.assertEqual((1, 1), tuple(len(shop.vcenter.calls(method))
                                       for method in ("Login", "Logout")))

    def test_remove_forgets_one_and_is_content_if_it_is_gone(self):
        shop = self.shop()
        self.add(shop, "--vcenter", "other.example", "--no-verify")
        table = [(["--dry-run"], True, 2), ([], True, 1), ([], False, 1), (["-n"], False, 1)]
        for words, changed, left in table:
            with self.subTest(words=words, left=left):
                result = shop.run("credential", "remove", "--user", USER, *words)
                self.assertExit(0, result)
                self.assertEqual(changed, result.summary["changed"])
                self.assertEqual(left, len(shop.run("credential", "list")
                                           .of_type("credential")))
        self.assertExit(12, shop.run("backup", "avocado2"))


class Refused(CredentialTest):
    """A store that is not as it must be is an error and never read around."""

    def test_a_store_that_others_may_read(self):
        for name in ("", ".key"):
            for mode in (0o644, 0o640, 0o660):
                with self.subTest(file="store" + name, mode=oct(mode)):
                    shop = self.shop()
                    os.chmod(shop.store + name, mode)
                    result = shop.run("backup", "avocado2")
                    self.assertExit(12, result)
                    self.assertIn("chmod", result.err)
                    self.assertEqual([], shop.vcenter.calls("Login"))

    def test_a_store_that_cannot_be_opened_as_it_stands(self):
        def other_key(shop):
            with open(shop.store + ".key", "r+b") as file:
                file.write(os.urandom(32))

        def cut(shop):
            os.truncate(shop.store, os.path.getsize(shop.store) - 1)

        def changed(shop):
            with open(shop.store, "r+b") as file:
                file.seek(-5, os.SEEK_END)
                byte = file.read(1)
                file.seek(-5, os.SEEK_END)
                file.write(bytes([byte[0] ^ 1]))

        def empty(shop):
            os.truncate(shop.store, 0)

        def link(shop):
            os.rename(shop.store, shop.store + ".real")
            os.symlink(shop.store + ".real", shop.store)

        def no_key(shop):
            os.unlink(shop.store + ".key")

        def folder(shop):
            os.unlink(shop.store)
            os.mkdir(shop.store)

        for damage in (other_key, cut, changed, empty, link, no_key, folder):
            with self.subTest(damage.__name__):
                shop = self.shop()
                damage(shop)
                for words in (["backup", "avocado2"], ["credential", "list"]):
                    result = shop.run(*words)
                    self.assertExit(12, result)
                    self.assertIn(shop.store, result.err)
                self.assertEqual([], shop.vcenter.calls("Login"))

    def test_a_missing_logon_says_what_to_do(self):
        table = [("no store", False, []), ("another account", True, ["--user", "else@where"])]
        for name, logon, words in table:
            with self.subTest(name):
                shop = self.shop(logon=logon)
                for verb in ("backup", "plan", "list"):
                    result = shop.run(verb, "avocado2", *words)
                    self.assertExit(12, result)
                    self.assertIn("vmrotate credential add --vcenter " + shop.vcenter.server,
                                  result.err)
                    self.assertIn(shop.store, result.err)
                self.assertEqual([], shop.vcenter.log())

    def test_the_server_changed_its_password(self):
        shop = self.shop()
        shop.secrets.append("the old one")
        self.add(shop, "--no-verify", password="the old one")
        result = shop.run("backup", "avocado2")
        self.assertExit(12, result)
        self.assertIn("hint:", result.err)
        self.assertEqual(1, len(shop.vcenter.calls("Login")), "it would lock the account")


class AtATerminal(CredentialTest):
    """What it asks a person."""

    def test_it_shows_the_fingerprint_asks_once_and_echoes_no_password(self):
        table = [("yes", 0), ("no", 10)]
        for answer, code in table:
            with self.subTest(answer):
                shop = self.empty()
                answers = [("fingerprint that the server itself shows?", answer)]
                if answer == "yes":
                    answers.append(("Password", PASSWORD))
                shown, exit_code = self.talk(
                    shop, ["credential", "add", "--vcenter", shop.vcenter.server, "--store",
                           shop.store, "--user", USER], answers)
                self.assertEqual(code, exit_code, shown)
                self.assertIn(shop.vcenter.fingerprint(), shown)
                self.assertNotIn(PASSWORD, shown)
                self.assertEqual(code == 0, os.path.exists(shop.store))

    def test_without_a_terminal_it_does_not_ask(self):
        shop = self.empty()
        result = shop.run("credential", "add", "--user", USER)
        self.assertExit(2, result)
        self.assertIn("--password-stdin", result.err)
        self.assertLess(result.seconds, 5)


if __name__ == "__main__":
    unittest.main()
