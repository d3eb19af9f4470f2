# SPDX-License-Identifier: GPL-3.0-or-later
"""What the end-to-end tests share: a test vCenter, a shop with one, and an oracle.

The tests run the real `vmrotate` against the strict test vCenter of tests/vcenter:

    (cd tests/vcenter && go build -o /tmp/vcenter .)
    VMROTATE=build/cli/vmrotate VMROTATE_TEST_VCENTER=/tmp/vcenter \\
        python3 -m unittest discover -s tests/e2e

One test alone: `cd tests/e2e && python3 -m unittest test_main_job.Ring`.

A test is a method of a `ShopTest`. `self.shop(...)` opens a shop: a vCenter of its own, a
credential store with its logon, and folders that nobody else uses. `shop.run("backup",
"avocado2")` runs the program to its end, `shop.start(...)` lets it go on. When the test ends,
the oracle judges every shop, from the vCenter's call log and state alone and without a line of
the product's code. A test that breaks one of its rules on purpose says so beforehand:
`shop.allow("sessions closed")`. The names of the rules are those of `Oracle.RULES`.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from asked import configuration
from oracle import Oracle
from vcenter import (CHANGES, LIMIT, PASSWORD, READS, USER, Vcenter, element, element_after,
                     elements, is_generation, is_ours, mark_in, mark_of, program, wait_until)

__all__ = ["CHANGES", "LIMIT", "LONG", "PASSWORD", "READS", "USER", "Oracle", "Process", "Result",
           "Shop", "ShopTest", "Vcenter", "element", "element_after", "elements", "is_generation",
           "is_ours", "mark_in", "mark_of", "program", "wait_until"]


LONG = 60000  #: ms of a task that is to be under way until something is done about it

#: Types of the lines of --json that are written while a VM is backed up.
EVENTS = {"start", "step", "progress", "remark", "warning", "healed"}


class Result:
    """How a run of vmrotate ended."""

    def __init__(self, arguments, exit_code, out, err, seconds, json_asked):
        self.arguments, self.exit_code = arguments, exit_code
        self.out, self.err, self.seconds = out, err, seconds
        self.json_asked = json_asked
        self.config = ""  #: what vmrotate.toml said when it began
        self.since, self.until = 0, float("inf")  #: numbers of calls: its own are between them
        self.lines = []  #: of --json: what was done, one after the other
        self.events = []  #: and what was told meanwhile
        self.not_json = []
        for text in out.splitlines() if json_asked else []:
            try:
                line = json.loads(text)
            except ValueError:
                self.not_json.append(text)
                continue
            (self.events if line.get("type") in EVENTS else self.lines).append(line)

    @property
    def summary(self):
        """The last line of --json."""
        return self.lines[-1] if self.lines else {}

    def of_type(self, kind):
        """The JSON lines of a type."""
        return [line for line in self.lines if line.get("type") == kind]

    def __str__(self):
        return (f"$ vmrotate {' '.join(self.arguments)}\nexit code {self.exit_code} after "
                f"{self.seconds:.2f} s\n--- stdout\n{self.out}--- stderr\n{self.err}")


class Process:
    """A run of vmrotate that goes on."""

    def __init__(self, shop, arguments, json_asked, environment, stdin, stdout, wrapper,
                 terminal):
        self._shop, self._arguments, self._terminal = shop, arguments, terminal
        self._json = json_asked and stdout is None and not wrapper  # else it is not ours to read
        self._out = tempfile.TemporaryFile(dir=shop.folder)
        self._err = tempfile.TemporaryFile(dir=shop.folder)
        self._began = time.monotonic()
        self._result = None
        self._config = configuration(arguments, shop.config_file)
        self._since = shop.vcenter.history[-1]["seq"]
        self.process = subprocess.Popen(
            [*wrapper, program("VMROTATE"), *arguments], env=environment, cwd=shop.folder,
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=stdout or (terminal.slave if terminal else self._out),
            stderr=terminal.slave if terminal else self._err,
            preexec_fn=terminal.become_controlling if terminal else None)
        if terminal:
            terminal.is_given_away()
        self.pid = self.process.pid
        if stdin is not None:
            try:
                self.process.stdin.write(stdin.encode() if isinstance(stdin, str) else stdin)
                self.process.stdin.close()
            except BrokenPipeError:
                pass

    @staticmethod
    def _text(file):
        return os.pread(file.fileno(), 1 << 24, 0).decode("utf-8", "replace")

    def out(self):
        """What it has written so far."""
        return self._text(self._out)

    def err(self):
        return str(self._terminal.screen) if self._terminal else self._text(self._err)

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """SIGKILL, as a power failure does it."""
        self.process.kill()

    def is_running(self):
        return self.process.poll() is None

    def wait(self, limit=LIMIT):
        """Waits for its end: a Result. The exit code of a signal is negative."""
        if self._result:
            return self._result
        try:
            code = self.process.wait(limit)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(
                f"vmrotate {' '.join(self._arguments)} did not end within {limit:g} s; stderr:\n"
                f"{self.err()}") from None
        seconds = time.monotonic() - self._began
        if self._terminal:
            self._terminal.settle()
        self._result = Result(self._arguments, code, self.out(), self.err(), seconds, self._json)
        self._result.config, self._result.since = self._config, self._since
        self._out.close()
        self._err.close()
        self._shop.ended(self._result)
        return self._result


class Shop:
    """A small shop with a vCenter, a logon for it, and vmrotate.

    `config` is the test vCenter's; `password` is set there and stored here. Nothing of this
    machine's own configuration is seen.
    """

    def __init__(self, config=None, password=PASSWORD, logon=True, datastore="NFS_durian",
                 folder="backup", keep_history=True):
        program("VMROTATE")  # before anything is made
        self.password = password
        self.vcenter = Vcenter(config, password, keep_history)
        self.folder = os.path.join(self.vcenter.folder, "shop")
        self.datastore, self.backup_folder = datastore, folder
        self.store = os.path.join(self.folder, "credentials")
        self.state_folder = os.path.join(self.folder, "state", "vmrotate")
        self.config_file = os.path.join(self.folder, "config", "vmrotate", "vmrotate.toml")
        for path in (self.state_folder, os.path.dirname(self.config_file)):
            os.makedirs(path, mode=0o700)
        self.configure("")  # so that /etc/vmrotate is not looked at
        self.results, self.processes, self.nights = [], [], 0
        self.secrets = [password]
        self.allowed = set()
        self.changeable = {}  #: what a verb may change of a VM that was there before, by name
        self.folders = {folder}  #: where generations may be deleted
        self.keep = 3  #: the smallest --keep that was asked for
        self.oracle = Oracle(self)
        if logon:
            added = self.run("credential", "add", "--user", USER, "--password-stdin",
                             "--no-verify", stdin=password + "\n")
            if added.exit_code != 0:
                raise AssertionError(str(added))
            self.results.clear()

    # -- running

    def configure(self, text):
        """Writes vmrotate.toml."""
        with open(self.config_file, "w", encoding="utf-8") as file:
            file.write(text)

    def environment(self, **more):
        base = {"HOME": self.folder, "XDG_CONFIG_HOME": os.path.join(self.folder, "config"),
                "XDG_STATE_HOME": os.path.join(self.folder, "state"),
                "STATE_DIRECTORY": self.state_folder,  # root's is /var/lib otherwise
                "TMPDIR": self.folder, "PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8",
                "TZ": "Europe/Vienna"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS",
                     "LLVM_PROFILE_FILE"):
            if name in os.environ:
                base[name] = os.environ[name]
        base.update(more)
        return base

    def arguments(self, words, defaults=True, json=True):
        """The command line: server, CA, store and datastore are filled in unless given."""
        words = [str(word) for word in words]
        takes_backup_options = words[:1] and words[0] in (
            "backup", "plan", "list", "clean", "prune", "adopt")
        filled = []
        if defaults:
            filled += [("--vcenter", self.vcenter.server), ("--ca-file", self.vcenter.ca_file),
                       ("--store", self.store)]
            if takes_backup_options and self.datastore:
                filled.append(("--datastore", self.datastore))
        for option, value in filled:
            if option not in words:
                words += [option, value]
        if json and "--json" not in words:
            words.append("--json")
        if "--keep" in words:
            self.keep = min(self.keep, int(words[words.index("--keep") + 1]))
        return words

    def start(self, *words, stdin=None, stdout=None, json=True, defaults=True, env=None,
              wrapper=(), terminal=None):
        """Starts vmrotate: a Process. `env` adds variables; `wrapper` is a command that
        executes the one behind it; `terminal` (terminal.py) is what it then has as its own."""
        process = Process(self, self.arguments(words, defaults, json), json,
                          self.environment(**(env or {})), stdin, stdout, wrapper, terminal)
        self.processes.append(process)
        return process

    def run(self, *words, stdin=None, json=True, defaults=True, env=None, limit=LIMIT):
        """Runs vmrotate to its end: a Result."""
        return self.start(*words, stdin=stdin, json=json, defaults=defaults, env=env).wait(limit)

    def ended(self, result):
        self.results.append(result)
        if self.vcenter.keep_history and result.arguments[:1] != ["credential"]:
            self.vcenter.remember("run")
        if self.vcenter.keep_history:
            result.until = self.vcenter.history[-1]["seq"]

    # -- what tests ask for

    def do(self, action, **fields):
        return self.vcenter.do(action, **fields)

    def generations(self, source):
        return self.vcenter.generations(source, self.backup_folder)

    def slots(self, source):
        return self.vcenter.slots(source, self.backup_folder)

    def backups(self, count, *words):
        """So many full runs one after the other, each of which must end well. Each has another
        stamp in its names, as if a night lay between them."""
        words = words or ("avocado2",)
        results = [self.run("backup", *words, env={"TZ": self.another_minute()})
                   for _ in range(count)]
        for result in results:
            if result.exit_code != 0:
                raise AssertionError(f"a backup that the test needs failed:\n{result}")
        return results

    def another_minute(self):
        """A time zone that no run had yet: generations made within a minute get other names."""
        self.nights += 1
        return f"<night>-00:{self.nights:02}"

    def allow(self, *rules):
        """Declares that the oracle's rules of these names may be broken in this test."""
        for rule in rules:
            if rule not in self.oracle.RULES:
                raise ValueError(f"the oracle has no rule '{rule}': "
                                 f"{sorted(self.oracle.RULES)}")
        self.allowed.update(rules)

    def forget_hints(self):
        """As if no run had been here before: every VM is looked for by its name."""
        for name in os.listdir(self.state_folder):
            if name.startswith("hints-"):
                os.remove(os.path.join(self.state_folder, name))

    def may_change(self, name, *fields):
        """Declares what vmrotate may change of this VM, in the words of `lasting` (oracle.py)."""
        self.changeable.setdefault(name, set()).update(fields)

    def close(self):
        for process in self.processes:
            if process.is_running():
                process.kill()
                process.process.wait()
        return self.vcenter.close()


class ShopTest(unittest.TestCase):
    """A test whose shops the oracle judges at the end."""

    maxDiff = None

    def shop(self, *arguments, **fields):
        """A shop that lives as long as the test. Fields that Shop does not know are the
        vCenter's configuration: `self.shop(copyMs=300)`."""
        own = {key: fields.pop(key) for key in
               ("password", "logon", "datastore", "folder", "keep_history") if key in fields}
        shop = Shop(*arguments, config=fields or None, **own)
        self.addCleanup(self._judge, shop)
        return shop

    def _judge(self, shop):
        try:
            for process in shop.processes:
                if process.is_running():
                    process.wait(LIMIT)
            violations = shop.oracle.violations()
        finally:
            code = shop.close()
        if violations:
            self.fail("the oracle says:\n  " + "\n  ".join(violations))
        self.assertEqual(code, 0, "the test vCenter ended badly")

    def assertExit(self, code, result):
        """The exit code, with all output if it is another one."""
        self.assertEqual(code, result.exit_code, f"\n{result}")
