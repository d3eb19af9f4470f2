# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a new password comes from: a file, a pipe, a command; and what is no password."""

import os
import shlex
import sys
import time
import unittest

from credentials import CredentialTest
from harness import PASSWORD, USER


class Passwords(CredentialTest):
    """Where `credential add` takes the password from."""

    def take(self, shop, *words, **fields):
        return shop.run("credential", "add", shop.vcenter.server, "--user", USER, *words, **fields)

    def file(self, shop, content, mode=0o600):
        path = os.path.join(shop.folder, "given")
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, mode)
        return path

    def command(self, shop, code):
        """A command line that runs a line of Python without a word of the password in it."""
        script = os.path.join(shop.folder, "tell.py")
        with open(script, "w", encoding="utf-8") as file:
            file.write(code)
        return f"{shlex.quote(sys.executable)} {shlex.quote(script)}"

    def forget(self, *paths):
        for path in paths:
            os.unlink(path)

    def test_a_private_file_with_one_line(self):
        for end in ("", "\n", "\r\n"):
            with self.subTest(repr(end)):
                shop = self.empty()
                path = self.file(shop, (PASSWORD + end).encode())
                self.assertExit(0, self.take(shop, "--password-file", path))
                self.assertExit(0, shop.run("credential", "test", shop.vcenter.server))
                self.forget(path)

    def test_a_pipe_in_place_of_a_file(self):
        shop = self.empty()
        self.assertExit(0, self.take(shop, "--password-file", "/dev/stdin", stdin=PASSWORD + "\n"))
        self.assertExit(0, shop.run("credential", "test"))

    def test_a_file_that_is_not_fit(self):
        long = b"x" * 1025
        table = [("others may read it", PASSWORD.encode(), 0o644, 12, "chmod"),
                 ("the group may read it", PASSWORD.encode(), 0o640, 12, "chmod"),
                 ("two lines", PASSWORD.encode() + b"\nmore\n", 0o600, 12, "more than one line"),
                 ("two empty lines", b"\n\n", 0o600, 12, "more than one line"),
                 ("too long", long, 0o600, 12, "1024 bytes"),
                 ("far too long", long * 99, 0o600, 12, "given"),
                 ("empty", b"", 0o600, 12, "the password is empty"),
                 ("a NUL", b"half\0way", 0o600, 12, "control character"),
                 ("an escape", b"half\x1bway", 0o600, 12, "control character"),
                 ("Latin-1", "gr\u00fcn".encode("latin-1"), 0o600, 12, "UTF-8"),
                 ("half a character", "gr\u00fcn".encode()[:3], 0o600, 12, "UTF-8"),
                 ("an overlong character", b"\xc0\xaf", 0o600, 12, "UTF-8"),
                 ("a surrogate", b"\xed\xa0\x80", 0o600, 12, "UTF-8")]
        shop = self.empty()
        for what, content, mode, code, words in table:
            with self.subTest(what):
                path = self.file(shop, content, mode)
                result = self.take(shop, "--password-file", path)
                self.assertExit(code, result)
                self.assertIn(words, result.err)
                self.forget(path)
        result = self.take(shop, "--password-file", os.path.join(shop.folder, "none"))
        self.assertExit(2, result)
        self.assertIn("none", result.err)
        self.assertFalse(os.path.exists(shop.store))
        self.assertEqual([], shop.vcenter.calls("Login"))

    def test_what_is_no_password_is_refused_alike_from_every_source(self):
        table = [("too long", b"x" * 1025), ("empty", b""), ("a NUL", b"half\0way"),
                 ("Latin-1", "gr\u00fcn".encode("latin-1")), ("two lines", b"one\ntwo\n"),
                 ("an empty line behind it", b"one\n\n")]
        shop = self.empty()
        for what, content in table:
            path = self.file(shop, content)
            for words, stdin in ((["--password-stdin"], content),
                                 (["--password-file", path], None),
                                 (["--password-file", "/dev/stdin"], content),
                                 (["--password-command", f"cat '{path}'"], None)):
                with self.subTest(what, source=words[0]):
                    result = self.take(shop, *words, stdin=stdin)
                    self.assertExit(12, result)
            self.forget(path)
        self.assertFalse(os.path.exists(shop.store))
        self.assertEqual([], shop.vcenter.calls("Login"))

    def test_the_longest_password_and_odd_ones_come_through(self):
        table = ["x" * 1024, "%s\"'\\ ${HOME}", "\u00fcn\u00efc\u00f6d\u00e9 \u65e5\u672c \U0001f511"]
        for password in table:
            with self.subTest(password[:10]):
                shop = self.empty(password=password)
                for end in (b"\n", b"\r\n"):
                    self.assertExit(0, self.take(shop, "--password-stdin",
                                                 stdin=password.encode() + end))
                path = self.file(shop, password.encode() + b"\n")
                self.assertExit(0, self.take(shop, "--password-file", path))
                self.assertExit(0, shop.run("credential", "test"))
                self.forget(path)

    def test_a_command_that_writes_it(self):
        shop = self.empty()
        path = self.file(shop, PASSWORD.encode() + b"\n")
        self.assertExit(0, self.take(shop, "--password-command", f"cat '{path}'"))
        self.assertExit(0, shop.run("credential", "test"))
        self.forget(path)

    def test_a_command_gets_no_shell_no_input_and_its_own_signals(self):
        shop = self.empty()
        command = self.command(shop, (
            "import os, sys, signal\n"
            "fine = (sys.argv[1:] == ['$HOME', 'a b', ';', '|'] and sys.stdin.read() == ''\n"
            "        and signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()\n"
            "        and signal.getsignal(signal.SIGHUP) == signal.SIG_DFL\n"
            "        and len(os.listdir('/proc/self/fd')) <= 4)\n"
            "print('''" + PASSWORD + "''' if fine else 'not fine')\n"))
        shop.secrets.remove(PASSWORD)  # it is in the script
        self.assertExit(0, self.take(shop, "--password-command", command + " $HOME 'a b' ; \\|"))

    def test_a_command_that_does_not_do(self):
        table = [("it fails", "false", 12, "exit code 1"),
                 ("it is not there", "no-such-program-4711", 12, "no-such-program-4711"),
                 ("it is no program", "/etc/passwd", 12, "/etc/passwd"),
                 ("it writes nothing", "true", 12, "the password is empty"),
                 ("it writes too much", "yes", 12, "more than"),
                 ("it writes two lines", "printf 'a\\nb\\n'", 12, "more than one line"),
                 ("no word", " ", 2, "empty"),
                 ("an open quote", "cat 'x", 2, "quotes"),
                 ("a backslash at the end", "cat x\\", 2, "backslash")]
        shop = self.empty()
        for what, command, code, words in table:
            with self.subTest(what):
                result = self.take(shop, "--password-command", command)
                self.assertExit(code, result)
                self.assertIn(words, result.err)
                self.assertIn("hint:" if what != "it writes nothing" else "", result.err)
        self.assertFalse(os.path.exists(shop.store))

    def test_one_that_fails_is_told_also_to_a_parent_that_ignores_the_end_of_children(self):
        shop = self.empty()
        path = self.file(shop, PASSWORD.encode() + b"\n")
        ignoring = ("import os, signal, sys\n"
                    "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
                    "os.execv(sys.argv[1], sys.argv[1:])\n")
        for command, code in ((f"sh -c \"cat '{path}'; exit 3\"", 12), (f"cat '{path}'", 0)):
            with self.subTest(command):
                result = shop.start("credential", "add", "--user", USER, "--password-command",
                                    command, wrapper=(sys.executable, "-c", ignoring)).wait()
                self.assertExit(code, result)
                self.assertIn("exit code 3" if code else "", result.err)
        self.forget(path)

    def test_its_arguments_are_not_told(self):
        shop = self.empty()
        result = self.take(shop, "--password-command", "false argument-canary", "--verbose")
        self.assertExit(12, result)
        self.assertNotIn("argument-canary", result.out + result.err)

    def test_a_stop_ends_the_command_too(self):
        shop = self.empty()
        mark = os.path.join(shop.folder, "running")
        command = self.command(shop, (
            f"import os, time\nopen({mark!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)\n"))
        process = shop.start("credential", "add", "--user", USER, "--password-command", command)
        end = time.monotonic() + 20
        while not (os.path.exists(mark) and os.path.getsize(mark)) and time.monotonic() < end:
            time.sleep(0.01)
        process.signal(15)
        self.assertExit(143, process.wait())
        with open(mark, encoding="ascii") as file:
            child = int(file.read())
        with self.assertRaises(ProcessLookupError):
            os.kill(child, 0)

    def test_only_one_source_is_taken(self):
        shop = self.empty()
        result = self.take(shop, "--password-stdin", "--password-command", "true",
                           stdin=PASSWORD + "\n")
        self.assertExit(2, result)
        self.assertEqual([], shop.vcenter.log())

    def test_two_servers_are_not_one(self):
        shop = self.empty()
        result = shop.run("credential", "add", "a.example", "--vcenter", "b.example", "--user",
                          USER, "--password-stdin", stdin=PASSWORD + "\n", defaults=False)
        self.assertExit(2, result)
        self.assertIn("'a.example' and 'b.example'", result.err)


if __name__ == "__main__":
    unittest.main()
