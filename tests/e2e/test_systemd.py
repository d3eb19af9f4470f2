# SPDX-License-Identifier: GPL-3.0-or-later
"""examples/systemd: the unit and its timer, judged by systemd itself, and what the unit forbids
held against what a backup really does. No unit is started: that takes a machine of its own."""

import os
import re
import shutil
import stat
import subprocess
import unittest

from bad import BadTest
from harness import LIMIT, PASSWORD, USER, program
from readme import ROOT, readme_block

UNITS = os.path.join(ROOT, "examples/systemd")
SERVICE, TIMER = os.path.join(UNITS, "vmrotate.service"), os.path.join(UNITS, "vmrotate.timer")

#: `systemd-analyze security` says ten times this: 0 is nothing allowed, 100 is all.
EXPOSURE = 15


def settings(path):
    """{key: [values]} of a unit."""
    found = {}
    with open(path, encoding="utf-8") as file:
        for key, value in re.findall(r"^(\w+)=(.*)$", file.read(), re.M):
            found.setdefault(key, []).append(value)
    return found


def analyze(*words, check=True):
    done = subprocess.run(["systemd-analyze", "--man=no", *words], text=True, capture_output=True,
                          timeout=LIMIT, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"systemd-analyze {words}: {done.stdout}{done.stderr}")
    return done


def system_calls(name, seen=None):
    """The system calls of one of systemd's groups, groups inside it included."""
    seen = {name} if seen is None else seen
    found = set()
    for line in analyze("syscall-filter", name).stdout.splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            if word not in seen:
                seen.add(word)
                found |= system_calls(word, seen)
        elif word and not word.startswith("#"):
            found.add(word)
    return found


@unittest.skipUnless(shutil.which("systemd-analyze"), "there is no systemd-analyze here")
class Units(BadTest):
    def setUp(self):
        self.shop_folder = self.shop(copyMs=20).folder
        self.service = os.path.join(self.shop_folder, "vmrotate.service")
        self.timer = os.path.join(self.shop_folder, "vmrotate.timer")
        shutil.copy(TIMER, self.timer)
        with open(SERVICE, encoding="utf-8") as file:
            text = file.read()
        self.assertEqual(1, text.count("/usr/local/bin/vmrotate"))
        with open(self.service, "w", encoding="utf-8") as file:
            file.write(text.replace("/usr/local/bin/vmrotate", program("VMROTATE")))

    def test_systemd_finds_nothing_wrong_with_them(self):
        done = analyze("verify", self.service, self.timer)
        self.assertEqual("", done.stdout + done.stderr)

    def test_a_misspelt_key_would_be_found(self):
        with open(self.service, "a", encoding="utf-8") as file:
            file.write("ProtectHorne=yes\n")
        done = analyze("verify", self.service, check=False)
        self.assertIn("ProtectHorne", done.stderr)

    def test_the_service_is_exposed_to_little(self):
        done = analyze("security", "--offline=yes", f"--threshold={EXPOSURE}", self.service,
                       check=False)
        self.assertEqual(0, done.returncode, done.stdout)

    def test_it_is_not_a_question_of_the_threshold(self):
        with open(self.service, "a", encoding="utf-8") as file:
            file.write("ProtectSystem=no\nDynamicUser=no\nCapabilityBoundingSet=~\n")
        done = analyze("security", "--offline=yes", f"--threshold={EXPOSURE}", self.service,
                       check=False)
        self.assertNotEqual(0, done.returncode)

    def test_the_timer_comes_every_night(self):
        (when,) = settings(self.timer)["OnCalendar"]
        self.assertIn("Normalized form: *-*-* 01:30:00", analyze("calendar", when).stdout)

    def test_no_secret_stands_in_the_unit(self):
        unit = settings(SERVICE)
        for key in ("Environment", "EnvironmentFile", "SetCredential", "LoadCredential"):
            self.assertNotIn(key, unit)
        self.assertNotIn("password", "".join(unit["ExecStart"]))


@unittest.skipUnless(shutil.which("systemd-analyze"), "there is no systemd-analyze here")
class Sandbox(BadTest):
    """A backup under strace does nothing that the unit forbids."""

    @classmethod
    def setUpClass(cls):
        works = shutil.which("strace") and subprocess.run(
            ["strace", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode == 0
        if not works:
            raise unittest.SkipTest("strace is not here, or may not trace")

    def setUp(self):
        shop = self.shop(copyMs=20)
        trace = os.path.join(shop.folder, "trace")
        process = shop.start("backup", "avocado2", wrapper=("strace", "-f", "-qq", "-o", trace),
                             env={"ASAN_OPTIONS": "detect_leaks=0"})
        self.assertExit(0, process.wait(3 * LIMIT))
        with open(trace, encoding="utf-8", errors="replace") as file:
            self.trace = file.read()
        self.state, self.unit = shop.state_folder, settings(SERVICE)

    def calls(self, name):
        return re.findall(rf"^\d+ +{name}\((.*)$", self.trace, re.M)

    def test_it_makes_no_system_call_that_is_filtered(self):
        allowed, without = self.unit["SystemCallFilter"]
        filtered = system_calls(allowed)
        for group in without.removeprefix("~").split():
            filtered -= system_calls(group)
        made = set(re.findall(r"^\d+ +(\w+)\(", self.trace, re.M))
        self.assertIn("connect", made)
        self.assertEqual(set(), made - filtered)

    def test_it_opens_no_socket_of_another_family(self):
        families = {re.match(r"\w+", call).group() for call in self.calls("socket")}
        (allowed,) = self.unit["RestrictAddressFamilies"]
        self.assertLessEqual(families - {"AF_NETLINK"}, set(allowed.split()))
        # The C library asks the kernel for its addresses by AF_NETLINK, and does without.

    def test_it_writes_into_its_state_folder_only(self):
        written = {re.search(r'"([^"]*)"', call).group(1) for call in self.calls("openat")
                   if re.search(r"O_WRONLY|O_RDWR|O_CREAT", call) and "= -1" not in call}
        outside = {path for path in written
                   if not path.startswith((self.state, "/dev/", "/proc/self/"))}
        self.assertTrue(any(path.startswith(self.state) for path in written), written)
        self.assertEqual(set(), outside)

    def test_it_needs_no_memory_to_write_and_execute(self):
        for name in ("mmap", "mprotect"):
            for call in self.calls(name):
                self.assertNotRegex(call, r"PROT_WRITE\|PROT_EXEC")


class Credential(BadTest):
    """README's commands make the credential, and vmrotate logs in with what systemd makes of it."""

    #: The real one, with a key that needs neither root nor a TPM: nothing here is secret.
    CREDS = '#!/bin/sh\nverb=$1; shift\nexec {real} "$verb" --with-key=tpm2-absent "$@"\n'

    @classmethod
    def setUpClass(cls):
        works = shutil.which("systemd-creds") and subprocess.run(
            ["systemd-creds", "encrypt", "--with-key=tpm2-absent", "--name=try", "-", "-"],
            input=b"try", capture_output=True, check=False).returncode == 0
        if not works:
            raise unittest.SkipTest("systemd-creds is not here, or may not encrypt")

    def install(self, shop):
        """Runs README's commands in a tree of its own; the tree."""
        root, tools = os.path.join(shop.folder, "root"), os.path.join(shop.folder, "bin")
        os.makedirs(os.path.join(root, "etc/systemd/system"))
        os.mkdir(tools)
        self.asked = os.path.join(shop.folder, "asked")
        for name, text in {
                "sudo": '#!/bin/sh\nexec "$@"\n',
                "systemctl": '#!/bin/sh\necho "$@" >>"$ASKED"\n',
                "systemd-ask-password": f"#!/bin/sh\nprintf %s '{PASSWORD}'\n",
                "systemd-creds": self.CREDS.format(real=shutil.which("systemd-creds"))}.items():
            path = os.path.join(tools, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(path, 0o700)
        commands = readme_block("vmrotate.timer").replace(" /etc/", f" {root}/etc/")
        commands = commands.replace("vc.example.com", shop.vcenter.server)
        environment = shop.environment(PATH=f"{tools}:{os.environ['PATH']}", ASKED=self.asked)
        done = subprocess.run(["bash", "-eu", "-o", "pipefail", "-c", commands], cwd=ROOT,
                              env=environment, text=True, capture_output=True, timeout=LIMIT,
                              check=False)
        self.assertEqual(0, done.returncode, done.stderr)
        os.remove(os.path.join(tools, "systemd-ask-password"))  # the password stood in it
        return root

    def credentials_directory(self, shop, root):
        """What systemd would give to the unit, by its LoadCredentialEncrypted= line."""
        (line,) = settings(SERVICE)["LoadCredentialEncrypted"]
        name, _, source = line.partition(":")
        folder = os.path.join(shop.folder, "given")
        os.mkdir(folder, 0o700)
        subprocess.run(["systemd-creds", "decrypt", f"--name={name}", root + source,
                        os.path.join(folder, name)],
                       check=True, capture_output=True, timeout=LIMIT)
        os.chmod(os.path.join(folder, name), 0o400)
        os.chmod(folder, 0o500)
        return folder

    def test_the_commands_install_units_and_a_credential_that_only_root_reads(self):
        shop = self.shop(copyMs=20)
        root = self.install(shop)
        self.assertEqual(["vmrotate.service", "vmrotate.timer"],
                         sorted(os.listdir(os.path.join(root, "etc/systemd/system"))))
        with open(self.asked, encoding="utf-8") as file:
            self.assertEqual("daemon-reload\nenable --now vmrotate.timer\n", file.read())
        store = os.path.join(root, "etc/credstore.encrypted")
        self.assertEqual(0o700, stat.S_IMODE(os.stat(store).st_mode))

    def test_the_units_command_logs_in_with_it(self):
        shop = self.shop(copyMs=20, logon=False)
        root = self.install(shop)
        shop.configure(f'[vcenter]\nserver = "{shop.vcenter.server}"\nuser = "{USER}"\n'
                       f'ca_file = "{shop.vcenter.ca_file}"\n[defaults]\ndatastore = "NFS_durian"\n'
                       '[job.nightly]\nvms = ["avocado2"]\n')
        (command,) = settings(SERVICE)["ExecStart"]
        words = command.replace("/etc/vmrotate/vmrotate.toml", shop.config_file).split()[1:]
        given = self.credentials_directory(shop, root)
        result = shop.run(*words, defaults=False, env={"CREDENTIALS_DIRECTORY": given})
        shutil.rmtree(given)  # as systemd does
        self.assertExit(0, result)
        self.assertEqual(1, len(shop.generations("avocado2")))
