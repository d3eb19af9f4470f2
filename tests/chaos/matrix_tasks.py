# SPDX-License-Identifier: GPL-3.0-or-later
"""Matrix B: each task of a run, with each way in which it can end, or not end.

An order of the test vCenter makes a task end as the column says. Some ways of ending hold the
VM for ever; there an admin ends the task before the runs that must heal.
"""

from cell import Cell

LETTER, TITLE = "B", "tasks x their ends"

TASKS = ("CreateSnapshot_Task", "CloneVM_Task", "ReconfigVM_Task", "RemoveSnapshot_Task",
         "Destroy_Task")

#: The twelve ends, and more of the same kinds.
ENDS = {
    "01-error-at-0": {"end": "error", "failAt": 0, "fault": "SystemError"},
    "01-no-space": {"end": "error", "failAt": 0, "fault": "NoDiskSpace"},
    "02-error-at-99": {"end": "error", "failAt": 99, "fault": "SystemError"},
    "02-host-gone-at-99": {"end": "error", "failAt": 99, "fault": "HostNotConnected"},
    "03-queued-for-ever": {"end": "queuedForEver"},
    "04-running-for-ever": {"end": "runningForEver", "failAt": 50},
    "05-cancelled-by-a-user": {"end": "cancelledByUser", "failAt": 50},
    "06-cancelled-then-success": {"end": "cancelledThenSuccess"},
    "07-task-vanishes": {"end": "taskVanishes"},
    "08-success-without-result": {"end": "successNoResult"},
    "09-success-but-absent": {"end": "successAbsent"},
    "10-error-but-present": {"end": "errorPresent", "fault": "SystemError"},
}

#: What the wait for a task meets: rules that begin when the task has begun.
WAITS = {
    "11-invalid-version": [{"action": "fault", "fault": "InvalidCollectorVersion"}],
    "11-truncated-update": [{"action": "truncate"}],
    "11-filter-forgotten": [{"action": "fault", "fault": "ManagedObjectNotFound"}],
    "11-waiting-never-works": [{"action": "status", "status": 503, "count": -1}],
    "12-session-expires": [{"action": "endSession"}],
    "12-session-expires-twice": [{"action": "endSession", "count": 2}],
}

#: Where the copies are made.
HOST = "esxi-2.example"

#: What comes over server or host while a task is waited for.
MEANWHILE = {
    "13-host-lost": {"action": "host", "name": HOST, "lost": True},
    "13-host-lost-copy-looks-whole": {"action": "host", "name": HOST, "lost": True,
                                      "fullSize": True, "fault": "HostCommunication"},
    "14-server-freezes": {"action": "freeze", "ms": 900},
}

FOR_EVER = ("03", "04")

SLOWLY = dict(createMs=150, removeMs=150, reconfigMs=150, destroyMs=150, copyMs=150)

SHORT = 'task_limit = "2s"\nremoval_wait = "2s"'


def exits(task, end):
    """The exit codes that are right; None: any documented one."""
    if end[:2] in ("11", "12", "14"):
        return {0}
    if task == "CloneVM_Task" and end[:2] == "13":
        return {1}
    if task in ("CreateSnapshot_Task", "CloneVM_Task") and end[:2] in ("01", "02", "05", "09"):
        return {1, 4, 10, 11}
    return None


def starts_anew(shop):
    """An admin ends what would go on for ever."""
    shop.do("end_tasks")


def end_cell(task, end, world_name="", **world):
    return Cell(f"B/{task}/{end}{world_name}", orders=[{"method": task, **ENDS[end]}],
                exits=exits(task, end), world={**SLOWLY, **world},
                settings=SHORT if end[:2] in FOR_EVER else "",
                mend=starts_anew if end[:2] in FOR_EVER else None,
                long=bool(world),
                limit=120.0 if end[:2] == "07" else 60.0)


def wait_cell(task, name):
    """Once the task has begun, the waiting for it is disturbed."""
    rules = [{"method": task, "action": "do", "moment": "executed",
              "do": {"action": "rule", "rule": {"method": "WaitForUpdatesEx", **rule}}}
             for rule in WAITS[name]]
    return Cell(f"B/{task}/{name}", rules=rules, exits=exits(task, name), world=dict(SLOWLY))


def meanwhile_cell(task, name):
    rule = {"method": task, "action": "do", "moment": "executed", "do": {
        "action": "rule", "rule": {"method": "WaitForUpdatesEx", "action": "do",
                                   "do": MEANWHILE[name]}}}
    lost = name.startswith("13")
    held = {"copyMs": 60000} if lost and task == "CloneVM_Task" else {}
    return Cell(f"B/{task}/{name}", rules=[rule], exits=exits(task, name),
                world={**SLOWLY, **held}, mend=host_is_back if lost else None)


def first_backup_cell(task, end):
    """The same where nothing is due after it, so that nothing else looks at what was made."""
    return Cell(f"B/{task}/{end}/first-backup", orders=[{"method": task, **ENDS[end]}],
                exits={1, 4, 10, 11}, world=dict(SLOWLY), generations=0, keep=1)


def host_is_back(shop):
    shop.do("speed", copyMs=SLOWLY["copyMs"])
    shop.do("host", name=HOST, connection="connected")


def cells():
    made = []
    for task in TASKS:
        made += [end_cell(task, end) for end in ENDS]
        made += [wait_cell(task, name) for name in WAITS]
        made += [meanwhile_cell(task, name) for name in MEANWHILE]
        made += [end_cell(task, end, "/mark-ignored", honourExtraConfig=False) for end in ENDS]
        made += [end_cell(task, end, "/unseen-while-copying", visibleWhileCopying=False)
                 for end in ENDS]
        made += [end_cell(task, end, "/busy-as-fault", busyAsFault="call") for end in ENDS]
    made += [first_backup_cell(task, "09-success-but-absent") for task in TASKS[:3]]
    return made
