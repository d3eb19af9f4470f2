# SPDX-License-Identifier: GPL-3.0-or-later
"""Matrix A: each call of a run, with each thing that can happen to it on the wire.

The rows are the calls that a recorded run makes: the first of each method in every pass, the
others with --long. Four calls need a world of their own: the look of a run that has hints of an
earlier one, pages that go on, the read of a task when waiting for it failed, and the cancellation
of a copy. The columns are FAULTS.
"""

import shutil
import signal
import zlib

from cell import Cell, record
from harness import wait_until

LETTER, TITLE = "A", "SOAP calls x wire faults"

#: What happens to one call. The name begins with the number of the fault in the matrix.
FAULTS = {
    "01-refused": {"action": "refuse", "downMs": 400},
    "02-blackhole": {"action": "blackhole", "downMs": 1500},
    "03-other-certificate": {"action": "restart", "downMs": 100, "newCert": True},
    "04-drop": {"action": "drop"},
    "04-reset": {"action": "drop", "reset": True},
    "05-dropReply": {"action": "dropReply"},
    "05-resetReply": {"action": "dropReply", "reset": True},
    "06-cut-headers": {"action": "truncate", "cutHeaders": True, "cut": 20},
    "06-cut-at-0": {"action": "truncate", "cut": 0},
    "06-cut-half": {"action": "truncate"},
    "06-cut-last": {"action": "truncate", "cut": -1},
    "07-stall": {"action": "stall", "stallMs": 3000},
    "08-trickle": {"action": "trickle", "delayMs": 20},
    "09-overlong": {"action": "overlong", "bytes": 300 << 20},
    "09-gzip-bomb": {"action": "gzip", "bytes": 300 << 20},
    "10-broken-xml": {"action": "garbage"},
    "10-doctype": {"action": "garbage", "kind": "doctype"},
    "10-control": {"action": "garbage", "kind": "control"},
    "10-deep": {"action": "deep", "levels": 10001},
    "10-bad-utf8": {"action": "badUtf8"},
    "10-wrong-type": {"action": "wrongType"},
    "11-twice": {"action": "twice"},
    "11-twice-second-reply": {"action": "twice", "second": True},
    "12-503-once": {"action": "status", "status": 503},
    "12-503-always": {"action": "status", "status": 503, "count": -1},
    "12-503-executed": {"action": "status", "status": 503, "moment": "executed"},
    "12-500-once": {"action": "status", "status": 500},
    "13-html": {"action": "html"},
    "13-html-executed": {"action": "html", "moment": "executed"},
    "13-empty": {"action": "empty"},
    "13-envelope": {"action": "envelope"},
    "13-soap12": {"action": "envelope", "kind": "soap12"},
    "14-not-authenticated": {"action": "fault", "fault": "NotAuthenticated"},
    "14-not-authenticated-always": {"action": "fault", "fault": "NotAuthenticated", "count": -1},
    "14-session-ends": {"action": "endSession"},
    "15-no-permission": {"action": "fault", "fault": "NoPermission"},
    "15-no-permission-always": {"action": "fault", "fault": "NoPermission", "count": -1},
    "16-not-found": {"action": "fault", "fault": "ManagedObjectNotFound"},
    "17-busy-once": {"action": "fault", "fault": "TaskInProgress"},
    "17-busy-twice": {"action": "fault", "fault": "TaskInProgress", "count": 2},
    "17-busy-always": {"action": "fault", "fault": "TaskInProgress", "count": -1},
    "17-somebodys-task": {"action": "do",
                          "do": {"action": "task", "vm": "avocado2", "ms": 600}},
    "17-concurrent": {"action": "fault", "fault": "ConcurrentAccess"},
    "17-in-use": {"action": "fault", "fault": "ResourceInUse"},
    "18-host-communication": {"action": "fault", "fault": "HostCommunication"},
    "18-host-not-connected": {"action": "fault", "fault": "HostNotConnected"},
    "19-no-space": {"action": "fault", "fault": "NoDiskSpace"},
    "19-insufficient-storage": {"action": "fault", "fault": "InsufficientStorageSpace"},
    "20-invalid-state": {"action": "fault", "fault": "InvalidState"},
    "20-invalid-power-state": {"action": "fault", "fault": "InvalidPowerState"},
    "20-duplicate-name": {"action": "fault", "fault": "DuplicateName"},
    "21-from-the-future": {"action": "fault", "fault": "FutureFault"},
    "21-no-detail": {"action": "fault", "fault": "SystemError", "noDetail": True},
    "22-restart-copies-go-on": {"action": "restart", "downMs": 300, "copies": "goOn"},
    "22-restart-copies-lost": {"action": "restart", "downMs": 300, "copies": "lost"},
    "22-restart-copies-half": {"action": "restart", "downMs": 300, "copies": "half",
                               "fullSize": True},
    "22-restart-503": {"action": "restart", "downMs": 400, "answers503": True},
}

#: After these the call may be made again, or what it did be found out: nothing is lost.
PASSING = ("04", "05", "06", "12-503-once", "14-not-authenticated", "14-session-ends")
CHANGING = ("CreateSnapshot_Task", "CloneVM_Task", "RemoveSnapshot_Task", "ReconfigVM_Task",
            "Destroy_Task")

#: Connections of the first two calls are tried once: somebody may sit at a terminal.
FIRST = ("RetrieveServiceContent", "Login")

OVERLONG = 180.0  # seconds; so much is to be made and read

SLOW = 'reply_timeout = "1s"'
PATIENT = 'removal_wait = "3s"'


def exits(method, fault):
    """The exit codes that are right; None: any documented one."""
    if method in FIRST or fault.endswith("always"):
        return None
    if method == "CancelTask":
        return None
    if method == "Logout":
        return {0}
    if method in CHANGING and fault.startswith(("05", "06", "14-")):
        return {0}
    if method not in CHANGING and fault.startswith(PASSING):
        return {0}
    return None


def reason_against(method, fault):
    """Why a cell does not apply; nothing where it does."""
    if method == "RetrieveServiceContent" and fault == "14-session-ends":
        return "there is no session before the logon"
    if method == "Login" and fault == "14-session-ends":
        return "there is no session before the logon"
    if method == "CancelTask" and fault == "17-somebodys-task":
        return "the copy that is to be cancelled holds the VM"
    return ""


def in_every_pass(name, method, fault):
    """The changing calls with everything; of the rest a third, always the same one."""
    if fault.startswith("09"):
        return method in ("RetrievePropertiesEx", "CloneVM_Task") and fault == "09-overlong"
    return method in CHANGING or zlib.crc32(name.encode()) % 3 == 0


def ran_into(fault):
    """What a clone may run into: somebody's own task."""
    return ("one clone at a time",) if fault.startswith("17") else ()


def make(row, fault, method, nth, contains="", **fields):
    rule = {"method": method, "nth": nth, **FAULTS[fault]}
    if contains:
        rule["contains"] = contains
    name = f"A/{row}/{fault}/{nth}"
    before = fields.pop("rules", [])
    settings = SLOW if fault[:2] in ("07", "08") else ""
    if fault == "03-other-certificate":
        rule["writeCert"] = "@other"  # filled in when the shop is there
    return Cell(name, rules=[rule, *before], vcenter_settings=settings,
                settings=PATIENT if fault.startswith("17") else "",
                exits=fields.pop("exits", exits(method, fault)),
                allow=(*fields.pop("allow", ()), *ran_into(fault)),
                limit=OVERLONG if fault.startswith("09") else 60.0,
                mend=trust_again if fault.startswith("03") else None,
                not_applicable=reason_against(method, fault),
                long=nth > 1 or not in_every_pass(name, method, fault), **fields)


def trust_again(shop):
    """The admin looks at the new certificate and takes it."""
    shutil.copy(shop.vcenter.ca_file + ".other", shop.vcenter.ca_file)


def recorded():
    """[(method, nth)] of the calls that a run is sure to make."""
    calls, again = record(), record()
    known = {(call["method"], call["nth"]) for call in again}
    both = [(call["method"], call["nth"]) for call in calls
            if (call["method"], call["nth"]) in known]
    return [(method, nth) for method, nth in both if method != "WaitForUpdatesEx" or nth <= 2]


def terminate(shop, process):
    """The copy does not end before the fault was met; those of the next runs are short."""
    def met():
        return shop.vcenter._ask("/rules")["rules"][0]["hits"] or not process.is_running()
    shop.vcenter.wait_for_copy()
    process.signal(signal.SIGTERM)
    wait_until(met, "the cancellation of the copy")
    shop.do("speed", copyMs=1500)


def one_before(shop):
    """A run that leaves its hints."""
    shop.backups(1)


def pages():
    """ContinueRetrievePropertiesEx: pages of two objects."""
    return dict(world={"pageSize": 2})


def cells():
    made = [make(method, fault, method, nth) for method, nth in recorded() for fault in FAULTS]
    for fault in FAULTS:
        method = "ContinueRetrievePropertiesEx"
        made.append(make(method, fault, method, 1, **pages()))
        made.append(make("RetrievePropertiesEx-by-hint", fault, "RetrievePropertiesEx", 1,
                         prepare=one_before))
        made.append(make("RetrievePropertiesEx-of-a-task", fault, "RetrievePropertiesEx", 1,
                         contains='type="Task"',
                         rules=[{"method": "WaitForUpdatesEx", "nth": 2, "action": "drop"}]))
        made.append(make("CancelTask", fault, "CancelTask", 1, world={"copyMs": 60000},
                         during=terminate))
    return made
