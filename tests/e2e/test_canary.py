# SPDX-License-Identifier: GPL-3.0-or-later
"""A password that can be searched for, and everywhere that it must not be.

It may be in the body of Login, in locked pages of the process, and, sealed, in the store.
Else it is nowhere, in no usual writing of it: not in what is printed, in no file, in no
argument, in no environment, and not in the memory of a process that has logged in.
"""

import base64
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse

from credentials import CredentialTest
from harness import LIMIT, USER, program, wait_until
from memory_image import locks, places_of
from test_credential_verbs import vicredentials

#: Long enough to be found by nothing else; each character is one that somebody escapes.
CANARY = "Canary-9f4e&<7b>'\"%2\\1d-c0ffee-\u00fc"
HALVES = ("Canary-9f4e", "1d-c0ffee")  #: whatever becomes of the rest


def writings(secret):
    """The ways in which a text may be written down, as bytes."""
    raw = secret.encode()
    found = {raw, raw.hex().encode(), raw.hex().upper().encode(),
             urllib.parse.quote(secret).encode(), json.dumps(secret)[1:-1].encode(),
             secret.encode("utf-16-le"), secret.encode("utf-16-be")}
    for shift in range(3):  # base64 at each offset, without the characters at its ends
        text = base64.b64encode(b"\0" * shift + raw)
        found.add(text[4:len(text) // 4 * 4 - 4])
    for half in HALVES:
        found |= {half.encode(), half.encode("utf-16-le"), half.encode().hex().encode()}
    return found


class Watcher(threading.Thread):
    """Looks at arguments and environment of a process and of all its children, again and again."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.over, self.looks = pid, threading.Event(), 0
        self.seen, self.children = set(), set()
        self.start()

    def run(self):
        while not self.over.is_set():
            for pid in self.family():
                for name in ("cmdline", "environ"):
                    try:
                        with open(f"/proc/{pid}/{name}", "rb") as file:
                            self.seen.add((name, file.read()))
                        self.looks += 1
                    except OSError:
                        pass  # it has ended, or is not ours to look at
            time.sleep(0.002)

    def family(self):
        family, new = [], [self.pid]
        while new:
            pid = new.pop()
            family.append(pid)
            try:
                with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
                    new += [int(child) for child in file.read().split()]
            except OSError:
                pass
        self.children.update(family[1:])
        return family

    def stop(self):
        self.over.set()
        self.join()


class CanaryTest(CredentialTest):
    def setUp(self):
        self.writings = writings(CANARY)

    def canary_shop(self, **fields):
        shop = self.shop(password=CANARY, **fields)
        shop.secrets = []  # this module looks closer than the oracle
        return shop

    def assertClean(self, data, where):
        for text in self.writings:
            self.assertNotIn(text, data, f"in {where}")

    def assertNoFileHas(self, shop, *allowed):
        looked = 0
        for folder, _, files in os.walk(shop.vcenter.folder):
            for name in files:
                path = os.path.join(folder, name)
                if path in allowed or os.path.basename(path) == "vcenter.json":
                    continue  # the test vCenter's own configuration
                self.assertClean(self.bytes_of(path), path)
                looked += 1
        self.assertGreater(looked, 2)

    def assertNoCallHas(self, shop):
        bodies = shop.vcenter.log(body=True)
        self.assertTrue(any(call["method"] == "Login" for call in bodies))
        for call in bodies:
            self.assertClean(json.dumps(call, ensure_ascii=False).encode(), call["method"])

    def watched(self, shop, *words, **fields):
        """Runs it while its arguments and its children are looked at."""
        process = shop.start(*words, **fields)
        watcher = Watcher(process.pid)
        result = process.wait()
        watcher.stop()
        self.assertGreater(watcher.looks, 0)
        for name, data in watcher.seen:
            self.assertClean(data, name)
        for text, where in ((result.out, "stdout"), (result.err, "stderr")):
            self.assertClean(text.encode(), f"{where} of {' '.join(words)}")
        return result, watcher


class Nowhere(CanaryTest):
    def test_not_where_verbs_print_or_write(self):
        shop = self.canary_shop()
        table = [(["backup", "avocado2"], 0), (["backup", "avocado2", "--verbose"], 0),
                 (["backup", "avocado2", "no-such-vm", "-v"], 3), (["list", "avocado2", "-v"], 0),
                 (["plan", "avocado2", "-v"], 0), (["clean", "avocado2", "-v"], 0),
                 (["credential", "test", "-v"], 0), (["credential", "list", "-v"], 0),
                 (["credential", "rekey", "-v"], 0), (["credential", "test", "--verbose"], 0)]
        for words, code in table:
            with self.subTest(" ".join(words)):
                fields = {"env": {"TZ": shop.another_minute()}, "json": words[-1] != "-v"}
                result, _ = self.watched(shop, *words, **fields)
                self.assertExit(code, result)
        self.assertNoFileHas(shop)
        self.assertNoCallHas(shop)

    def test_not_when_a_backup_fails(self):
        table = [("the server refuses it", {"method": "Login", "fault": "InvalidLogin"}, 12),
                 ("the reply to the logon is cut", {"method": "Login", "action": "truncate"}, 10),
                 ("the reply to the logon is garbage", {"method": "Login", "action": "garbage"}, 10),
                 ("the copy dies", {"method": "CloneVM_Task", "fault": "SystemError"}, 1)]
        for what, rule, code in table:
            with self.subTest(what):
                shop = self.canary_shop()
                shop.configure('[vcenter]\nretry_for = "1s"\n')
                if "fault" in rule:
                    rule = {**rule, "action": "fault"}
                shop.do("rule", rule={**rule, "count": -1})
                shop.allow("sessions closed")
                result, _ = self.watched(shop, "backup", "avocado2", "--verbose")
                self.assertExit(code, result)
                self.assertNoFileHas(shop)
                self.assertNoCallHas(shop)

    def test_not_where_a_logon_is_added(self):
        shop = self.canary_shop(logon=False)
        server = shop.vcenter.server
        given = os.path.join(shop.folder, "given")
        script = os.path.join(shop.folder, "tell.py")
        with open(given, "w", encoding="utf-8") as file:
            file.write(CANARY + "\n")
        os.chmod(given, 0o600)
        with open(script, "w", encoding="utf-8") as file:
            file.write("import time\nprint(open(" + repr(given) + ").read(), end='', flush=True)\n"
                       "time.sleep(0.2)\n")
        command = f"{shlex.quote(sys.executable)} {shlex.quote(script)}"
        table = [(["--password-stdin"], CANARY + "\n"), (["--password-file", given], None),
                 (["--password-command", command], None)]
        for words, stdin in table:
            with self.subTest(words[0]):
                result, watcher = self.watched(shop, "credential", "add", server, "--user", USER,
                                               "--verbose", *words, stdin=stdin)
                self.assertExit(0, result)
                if words[0] == "--password-command":
                    self.assertTrue(watcher.children, "the command was not seen at work")
                self.assertExit(0, shop.run("credential", "remove", server))
        self.assertNoFileHas(shop, given)
        self.assertNoCallHas(shop)

    def test_not_where_a_wrong_one_is_added(self):
        shop = self.canary_shop(logon=False)
        self.writings = writings("Canary-9f4e-not-it-1d-c0ffee")
        result, _ = self.watched(shop, "credential", "add", "--user", USER, "--password-stdin",
                                 "--verbose", stdin="Canary-9f4e-not-it-1d-c0ffee\n")
        self.assertExit(12, result)
        self.assertFalse(os.path.exists(shop.store))
        self.assertNoFileHas(shop)

    def test_not_where_logons_are_imported(self):
        shop = self.canary_shop(logon=False)
        row = {"Host": shop.vcenter.server, "User": USER, "Password": CANARY}
        bad = {"Host": "not a host", "User": USER, "Password": CANARY}
        files = {"vicredentials": vicredentials((shop.vcenter.server, USER, CANARY),
                                                ("not a host", USER, CANARY)),
                 "powercli-json": json.dumps([row, bad]).encode()}
        for form, content in files.items():
            path = os.path.join(shop.folder, form)
            with open(path, "wb") as file:
                file.write(content)
            os.chmod(path, 0o600)
            for words in (["--dry-run"], []):
                with self.subTest(form, words=words):
                    result, _ = self.watched(shop, "credential", "import", path, "--format", form,
                                             "--verbose", "--replace", *words)
                    self.assertExit(12, result)
            os.unlink(path)
            self.assertExit(0, shop.run("credential", "test"))
        self.assertNoFileHas(shop)
        self.assertNoCallHas(shop)


@unittest.skipUnless(os.geteuid() == 0, "only root may read the memory of a process")
class InMemory(CanaryTest):
    """After a logon, the password is in the pages of a Secret and nowhere else."""

    def image(self, shop, method, words, **fields):
        """What is found in the memory of a run that the server holds up at `method`."""
        shop.do("rule", rule={"method": method, "action": "delay", "delayMs": 5000, "nth": 1})
        before = len(shop.vcenter.calls("Login"))
        process = shop.start(*words, **fields)
        shop.vcenter.wait_for_call("Login", before + 1, limit=LIMIT)
        wait_until(lambda: any(rule["hits"] for rule in shop.vcenter.rules()), "the delay", LIMIT)
        process.signal(signal.SIGSTOP)  # the look may take longer than the delay
        try:
            hits, looked = places_of(process.pid, self.writings)
            hits = [(str(area), area.is_secret(locks(process.pid)), text) for area, text in hits]
            self.assertTrue(process.is_running(), "it must be looked at while it waits")
        finally:
            process.signal(signal.SIGCONT)
        self.assertExit(0, process.wait())
        return hits, looked

    def assertOnlyLocked(self, hits, looked):
        self.assertGreater(looked, 1 << 20)
        elsewhere = sorted({f"{text!r} in {area}" for area, is_secret, text in hits
                            if not is_secret})
        self.assertEqual([], elsewhere)
        self.assertIn(CANARY.encode(), {text for _, _, text in hits},
                      "a search that finds not even the locked pages proves nothing")

    def test_of_a_backup_and_of_each_credential_verb_that_logs_in(self):
        table = [("RetrievePropertiesEx", ["backup", "avocado2"], None),
                 ("CloneVM_Task", ["backup", "avocado2", "--verbose"], None),
                 ("CurrentTime", ["credential", "test"], None),
                 ("Logout", ["credential", "add", "--user", USER, "--password-stdin"],
                  CANARY + "\n")]
        for method, words, stdin in table:
            with self.subTest(" ".join(words), method=method):
                shop = self.canary_shop()
                hits, looked = self.image(shop, method, words, stdin=stdin,
                                          env={"TZ": shop.another_minute()})
                self.assertOnlyLocked(hits, looked)

    def test_the_search_finds_what_is_not_locked(self):
        """The same look at a process that is careless."""
        code = "import sys, time\ntext = sys.stdin.readline()\nprint('got', flush=True)\ntime.sleep(60)"
        with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as careless:
            careless.stdin.write(CANARY.encode() + b"\n")
            careless.stdin.flush()
            careless.stdout.readline()
            hits, _ = places_of(careless.pid, self.writings)
            careless.kill()
        self.assertTrue(any(not area.is_secret(locks=True) for area, _ in hits))

    def test_nobody_else_may_trace_or_dump_it(self):
        """The kernel gives the files of a process that may not be dumped to root."""
        nobody = 65534
        command = [program("VMROTATE"), "credential", "add", "vc.example", "--user", USER,
                   "--no-verify", "--password-stdin", "--store", "/nonexistent/credentials"]
        environment = {"HOME": "/nonexistent", "PATH": os.environ.get("PATH", ""),
                       "ASAN_OPTIONS": "detect_leaks=0"}
        with subprocess.Popen(command, user=nobody, group=nobody, extra_groups=[], cwd="/",
                              stdin=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              env=environment) as waiting:
            limits = f"/proc/{waiting.pid}/limits"
            wait_until(lambda: self.core_limit(limits) == ["0", "0"], "a limit for core files")
            wait_until(lambda: os.stat(f"/proc/{waiting.pid}/mem").st_uid == 0, "root's memory")
            waiting.kill()

    def core_limit(self, limits):
        with open(limits, encoding="ascii") as file:
            return next(line for line in file if line.startswith("Max core")).split()[4:6]


if __name__ == "__main__":
    unittest.main()
