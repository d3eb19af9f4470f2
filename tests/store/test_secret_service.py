# SPDX-License-Identifier: GPL-3.0-or-later
"""The Secret Service: the program and the stores' contract against a real gnome-keyring-daemon.

VMROTATE is the program, VMROTATE_STORE_TESTS the tests of the stores. Each test has a session bus
and a keyring of its own.
"""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest

PASSWORD = "right \u00e4 'password'"
LOGON = ["--vcenter", "vc.example.com", "--user", "backup"]
UNAVAILABLE = 12


class SecretServiceTestCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="vmrotate-keyring-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        for name in ("run", "data", "home"):
            os.mkdir(os.path.join(self.folder, name), 0o700)
        self.environment = {
            name: value for name, value in os.environ.items()
            if name not in ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY",
                            "SECRET_BACKEND", "CREDENTIALS_DIRECTORY")}
        self.environment.update(
            HOME=os.path.join(self.folder, "home"), NO_AT_BRIDGE="1",
            XDG_RUNTIME_DIR=os.path.join(self.folder, "run"),
            XDG_DATA_HOME=os.path.join(self.folder, "data"),
            ASAN_OPTIONS="detect_leaks=0")

    def run_here(self, command, text="", **more):
        return subprocess.run(command, input=text, text=True, capture_output=True, check=False,
                              timeout=120, env={**self.environment, **more})

    def vmrotate(self, *words, text="", **more):
        return self.run_here([os.environ["VMROTATE"], "credential", *words, "--store",
                              "secret-service"], text, **more)

    def on_a_bus(self, keyring, command):
        """Runs a shell command on a new session bus, after what starts the keyring."""
        script = f"{keyring}\n{command}\n"
        return self.run_here(["dbus-run-session", "--", "bash", "-c", script],
                             KEYRING_PASSWORD=PASSWORD)

    UNLOCK = ('printf %s "$KEYRING_PASSWORD" | gnome-keyring-daemon --unlock --components=secrets'
              ' --daemonize >/dev/null 2>&1')
    UNLOCK_WRONGLY = UNLOCK.replace("$KEYRING_PASSWORD", "wrong")

    def credential(self, *words):
        return " ".join([f"'{os.environ['VMROTATE']}'", "credential", *words, "--store",
                         "secret-service"])

    def assertSentence(self, sentence, result):
        self.assertIn(sentence, result.stderr)
        self.assertEqual(UNAVAILABLE, result.returncode, result.stderr)

    def make_keyring(self):
        made = self.on_a_bus(self.UNLOCK, "printf only-for-the-test | " + self.credential(
            "add", *LOGON, "--password-stdin", "--no-verify"))
        self.assertEqual(0, made.returncode, made.stderr)


class ARealKeyring(SecretServiceTestCase):
    def test_the_contract_of_all_stores(self):
        result = self.on_a_bus(self.UNLOCK, "VMROTATE_TEST_KEYRING=yes "
                               f"'{os.environ['VMROTATE_STORE_TESTS']}' -tc='contract: *'")
        self.assertEqual(0, result.returncode, result.stdout + result.stderr)
        cases = re.search(r"test cases:\s+(\d+)", result.stdout)
        self.assertGreater(int(cases.group(1)), 5)

    def test_what_was_stored_is_there_after_the_daemon_was_started_anew(self):
        self.make_keyring()
        listed = self.on_a_bus(self.UNLOCK, self.credential("list"))
        self.assertEqual(0, listed.returncode, listed.stderr)
        self.assertIn("vc.example.com", listed.stdout)
        self.assertNotIn("only-for-the-test", listed.stdout + listed.stderr)

    def test_a_locked_keyring_is_said_to_be_locked_also_after_a_wrong_password(self):
        self.make_keyring()
        start = ("gnome-keyring-daemon --start --components=secrets --daemonize"
                 " >/dev/null 2>&1 </dev/null")
        for keyring in (start, self.UNLOCK_WRONGLY):
            for verb in (["list"], ["remove", *LOGON]):
                with self.subTest(keyring=keyring, verb=verb):
                    result = self.on_a_bus(keyring, self.credential(*verb))
                    self.assertSentence("the default keyring is locked", result)

    def test_a_bus_without_a_keyring(self):
        # an own configuration: the system's would start a keyring
        configuration = os.path.join(self.folder, "bus.conf")
        with open(configuration, "w", encoding="utf-8") as file:
            file.write('<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>'
                       '<policy context="default"><allow send_destination="*" '
                       'eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>')
        result = self.run_here(["dbus-run-session", f"--config-file={configuration}", "--", "bash",
                                "-c", self.credential("list")])
        self.assertSentence("no keyring answers on the session bus", result)


class WithoutAKeyring(SecretServiceTestCase):
    def test_no_bus(self):
        self.assertSentence("there is no session bus", self.vmrotate("list"))

    def test_a_bus_that_takes_connections_and_never_answers(self):
        path = os.path.join(self.folder, "bus")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen(8)
            taken = []
            threading.Thread(target=lambda: self.accept(listener, taken), daemon=True).start()
            for verb in (["list"], ["remove", *LOGON]):
                begin = time.monotonic()
                result = self.vmrotate(*verb, DBUS_SESSION_BUS_ADDRESS=f"unix:path={path}")
                self.assertSentence("the Secret Service did not answer within 8 s", result)
                self.assertLess(time.monotonic() - begin, 60)  # of which 8 s are the waiting
        self.assertGreaterEqual(len(taken), 2)

    @staticmethod
    def accept(listener, taken):
        try:
            while True:
                taken.append(listener.accept()[0])
        except OSError:
            pass

    def test_a_wrong_password_of_a_keyring_in_a_file(self):
        file = {"SECRET_BACKEND": "file",
                "SECRET_FILE_TEST_PATH": os.path.join(self.folder, "keyring")}
        added = self.vmrotate("add", *LOGON, "--password-stdin", "--no-verify", text="secret",
                              SECRET_FILE_TEST_PASSWORD="right", **file)
        self.assertEqual(0, added.returncode, added.stderr)
        for verb in (["list"], ["remove", *LOGON]):
            result = self.vmrotate(*verb, SECRET_FILE_TEST_PASSWORD="wrong", **file)
            self.assertSentence("the password of the keyring's file is wrong", result)
        self.assertEqual(0, self.vmrotate("remove", *LOGON, SECRET_FILE_TEST_PASSWORD="right",
                                          **file).returncode)

    def test_the_program_is_not_linked_with_the_library(self):
        linked = self.run_here(["readelf", "-d", os.environ["VMROTATE"]]).stdout
        self.assertIn("libssl", linked)
        for library in ("libsecret", "libglib", "libgio", "libgobject", "libdbus"):
            self.assertNotIn(library, linked)


if __name__ == "__main__":
    unittest.main()
