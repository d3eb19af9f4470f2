# SPDX-License-Identifier: GPL-3.0-or-later
"""A test vCenter as a process, and what its call log and state say."""

import hashlib
import html
import json
import os
import re
import shutil
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

LIMIT = 60.0  # seconds that any one process may take

USER = "backup@vsphere.local"
PASSWORD = "VMware1!-canary-7c1f"  # looked for everywhere at the end

#: Calls that change nothing. What is in neither list fails the oracle.
READS = {
    "RetrieveServiceContent", "Login", "Logout", "CurrentTime", "SessionIsActive",
    "RetrievePropertiesEx", "ContinueRetrievePropertiesEx", "CancelRetrievePropertiesEx",
    "CreateContainerView", "DestroyView", "CreatePropertyCollector", "DestroyPropertyCollector",
    "CreateFilter", "DestroyPropertyFilter", "WaitForUpdatesEx", "CancelWaitForUpdates",
    "FindByInventoryPath", "FindByUuid", "FindAllByUuid", "FindByIp", "FindChild", "QueryEvents",
    "CreateCollectorForTasks", "CreateCollectorForEvents", "DestroyCollector",
    "ReadNextTasks", "ReadPreviousTasks", "ReadNextEvents", "ReadPreviousEvents",
    "RewindCollector", "ResetCollector", "SetCollectorPageSize",
    "HasPrivilegeOnEntities", "HasPrivilegeOnEntity", "HasUserPrivilegeOnEntities",
    "FetchUserPrivilegeOnEntities",
}
CHANGES = {
    "CreateSnapshot_Task", "RemoveSnapshot_Task", "CloneVM_Task", "ReconfigVM_Task",
    "Destroy_Task", "CancelTask", "ConsolidateVMDisks_Task", "CreateFolder",
    "MoveIntoFolder_Task", "SetField", "AddCustomFieldDef",
}


#: Calls that leave the inventory as it is: they only tell people.
LOGS = {"LogUserEvent"}


def program(variable):
    """The program that an environment variable names."""
    path = os.environ.get(variable)
    if not path:
        raise RuntimeError(
            f"{variable} is not set: it must name the program; see tests/e2e/harness.py")
    if not os.access(path, os.X_OK):
        raise RuntimeError(f"{variable} names '{path}', which cannot be executed")
    return os.path.abspath(path)


def wait_until(condition, what, limit=30.0, pause=0.005):
    """Waits for a condition and returns what it gave."""
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {limit:g} s in vain: {what}")
        time.sleep(pause)


def is_ours(snapshot):
    """Whether a snapshot of /state is one of vmrotate's."""
    return snapshot["name"].startswith("vmrotate ") and \
        snapshot["description"].startswith("vmrotate 1 ")


def mark_of(vm):
    """The mark of a VM of /state, without the keys' prefix."""
    return {key[len("vmrotate."):]: value for key, value in vm["extraConfig"].items()
            if key.startswith("vmrotate.")}


def mark_in(body):
    """The mark that a request writes; empty values are in it too."""
    pairs = re.findall(r"<(?:\w+:)?key>vmrotate\.([\w-]+)</(?:\w+:)?key>\s*"
                       r"<(?:\w+:)?value[^>]*?(?:/>|>([^<]*)</(?:\w+:)?value>)", body)
    return {key: html.unescape(value) for key, value in pairs}


def element(body, name):
    """The text of the first element of that name in a request; None if there is none."""
    found = re.search(rf"<(?:\w+:)?{name}(?:\s[^>]*)?>([^<]*)</(?:\w+:)?{name}>", body)
    return html.unescape(found.group(1)) if found else None


def elements(body, name):
    """The texts of all elements of that name in a request."""
    found = re.findall(rf"<(?:\w+:)?{name}(?:\s[^>]*)?>([^<]*)</(?:\w+:)?{name}>", body)
    return [html.unescape(text) for text in found]


def is_generation(vm):
    """Complete, and made for itself: not a copy of a generation."""
    mark = mark_of(vm)
    return mark.get("state") == "complete" and mark.get("self") == vm["instanceUuid"]


def element_after(body, name):
    """The clone's name: the first <name> after </folder>, outside of the spec."""
    _, _, rest = body.partition("folder>")
    return element(rest, name)


class Vcenter:
    """A test vCenter of its own. It ends with this process, whatever happens."""

    def __init__(self, config=None, password=PASSWORD, keep_history=True):
        self.folder = tempfile.mkdtemp(prefix="vmrotate-e2e-")
        self.ca_file = os.path.join(self.folder, "ca.pem")
        self.keep_history = keep_history
        settings = {"writeCert": self.ca_file, "user": USER, "password": password,
                    "copyMs": 100}
        settings.update(config or {})
        self.config = settings
        path = os.path.join(self.folder, "vcenter.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(settings, file)
        self.stderr_file = os.path.join(self.folder, "vcenter.log")
        with open(self.stderr_file, "wb") as log:
            self.process = subprocess.Popen(
                [program("VMROTATE_TEST_VCENTER"), path], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=log,
                env={"PATH": os.environ.get("PATH", ""), "TMPDIR": self.folder})
        line = self.process.stdout.readline()
        if not line:
            self.close()
            raise RuntimeError("the test vCenter did not become ready: " + self.stderr())
        ready = json.loads(line)
        self.url, self.control = ready["url"], ready["control"]
        self.server = self.url.split("/")[2]
        #: [(number of the last call, what was done, state afterwards)], for the oracle
        self.history = []
        self.done = []
        self.remember("start")

    # -- control port

    def _ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.control + path, data=data)
        try:
            with urllib.request.urlopen(request, timeout=LIMIT) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{path} {body}: {error.read().decode()}") from None

    def do(self, action, **fields):
        """Changes the world, as the package comment of tests/vcenter tells; the answer."""
        before = self.state() if self.keep_history else None
        answer = self._ask("/do", {"action": action, **fields})
        self.done.append((action, fields))
        if self.keep_history:
            self.remember(action, before)
        return answer

    def remember(self, what, before=None):
        known = self.history[-1]["seq"] if self.history else 0
        calls = self.log(since=known)
        self.history.append({"seq": calls[-1]["seq"] if calls else known, "what": what,
                             "before": before, "state": self.state()})

    def log(self, body=False, since=0):
        """The calls after number `since`, with their bodies if asked for."""
        calls = self._ask(f"/log?since={since}" + ("&body=1" if body else ""))["calls"]
        for call in calls if body else []:
            call.setdefault("body", "")  # a Login's is never kept
        return calls

    def state(self):
        return self._ask("/state")

    def rules(self):
        """The rules, each with how often it acted."""
        return self._ask("/rules")["rules"]

    # -- what tests ask for

    def calls(self, *methods, body=False, since=0):
        """The calls of these methods, in order; all calls without a method."""
        return [call for call in self.log(body, since)
                if not methods or call["method"] in methods]

    def changes(self, since=0):
        """The calls that may change something, in order: all that is no plain read."""
        return [call for call in self.log(True, since) if call["method"] not in READS | LOGS]

    def last_call(self):
        """The number of the last call: for `since`."""
        calls = self.log()
        return calls[-1]["seq"] if calls else 0

    def vm(self, name):
        """The one VM of that name, or of that reference, in /state."""
        found = [vm for vm in self.state()["vms"] if name in (vm["name"], vm["id"])]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} VMs are called '{name}'")
        return found[0]

    def vms_in(self, folder="backup"):
        """The VMs of a folder below the VM folder."""
        tail = "/vm/" + folder
        return [vm for vm in self.state()["vms"] if vm["folder"].endswith(tail)]

    def generation_vms(self, source, folder="backup"):
        """The complete generations of a source, oldest first."""
        found = [vm for vm in self.vms_in(folder)
                 if is_generation(vm) and mark_of(vm).get("source-name") == source]
        return sorted(found, key=lambda vm: int(mark_of(vm)["seq"]))

    def generations(self, source, folder="backup"):
        """Their names, oldest first."""
        return [vm["name"] for vm in self.generation_vms(source, folder)]

    def slots(self, source, folder="backup"):
        """Their slots, oldest first."""
        return [int(mark_of(vm)["slot"]) for vm in self.generation_vms(source, folder)]

    def copies(self, folder="backup"):
        """The names of all VMs in the folder, whatever they are."""
        return sorted(vm["name"] for vm in self.vms_in(folder))

    def snapshots(self, name):
        """The names of a VM's snapshots."""
        return [snapshot["name"] for snapshot in self.vm(name)["snapshots"]]

    def wait_for_call(self, method, count=1, since=0, limit=30.0):
        """Waits until a method was called so often."""
        return wait_until(
            lambda: len(self.calls(method, since=since)) >= count and
            self.calls(method, since=since), f"{count} calls of {method}", limit)

    def wait_for_copy(self, name=None, limit=30.0):
        """Waits until a copy is half-made, and returns its VM."""
        def copying():
            found = [vm for vm in self.state()["vms"]
                     if vm["copying"] and name in (None, mark_of(vm).get("source-name"))]
            return found and found[0]
        return wait_until(copying, "a copy under way", limit)

    def fingerprint(self):
        """SHA-256 of the certificate, AA:BB:..."""
        with open(self.ca_file, encoding="ascii") as file:
            der = ssl.PEM_cert_to_DER_cert(file.read())
        text = hashlib.sha256(der).hexdigest().upper()
        return ":".join(text[i:i + 2] for i in range(0, len(text), 2))

    # -- end

    def stderr(self):
        with open(self.stderr_file, encoding="utf-8", errors="replace") as file:
            return file.read()

    def close(self):
        """Ends it; returns its exit code."""
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                pipe.close()
            except OSError:
                pass
        try:
            code = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        return code
