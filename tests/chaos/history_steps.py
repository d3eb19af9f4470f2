# SPDX-License-Identifier: GPL-3.0-or-later
"""What may happen in a shop in some weeks: the steps of a random history.

A step is a dictionary that says what to do and holds every random number that it needs, so
that leaving out one step changes none of the others. `at` is when it is played, in seconds of
UTC. The steps go over a moment at which a zone changes its clocks, and two of them are backups
at local times that repeat, or are left out, there. `which` chooses among the generations
that are there when the step is played, in 0 <= which < 1.
"""

import datetime

from local_time import DAY, changes

ZONES = ("Europe/Vienna", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
         "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu", "UTC")

METHODS = ("RetrieveServiceContent", "Login", "RetrievePropertiesEx", "CreateContainerView",
           "CreateSnapshot_Task", "CloneVM_Task", "CloneVM_Task", "WaitForUpdatesEx",
           "RemoveSnapshot_Task", "ReconfigVM_Task", "Destroy_Task", "Logout")

WIRE = ("drop", "dropReply", "truncate", "status", "html", "empty", "garbage", "envelope",
        "badUtf8", "wrongType", "fault", "endSession", "twice", "delay", "refuse", "restart")

ENDS = ("error", "cancelledByUser", "taskVanishes", "successNoResult", "successAbsent",
        "errorPresent")

TASKS = ("CreateSnapshot_Task", "CloneVM_Task", "RemoveSnapshot_Task", "ReconfigVM_Task",
         "Destroy_Task")

EDITS = ("power on", "power off", "rename", "copy", "move out", "snapshot", "write", "destroy")

#: What a step is, and how often among all.
KINDS = (("backup", 30), ("backup with a wire fault", 14), ("backup with a task's end", 9),
         ("backup killed", 12), ("clean", 5), ("prune", 4), ("pin", 4), ("unpin", 2),
         ("release", 2), ("edit", 12), ("clock", 4), ("configure", 5), ("restart", 3))

CHANGING = ("Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "America/St_Johns")

SPAN = (1798761600, 1924992000)  #: 2027 to 2030: in years whose changes of clocks are known


def draw(random, count):
    """So many steps, before and after a change of clocks."""
    kinds, weights = zip(*KINDS)
    home = random.choice(CHANGING)
    change, jump = random.choice(changes(home, *SPAN))
    steps, ages = [], []
    for kind in random.choices(kinds, weights, k=count):
        ages.append((ages[-1] if ages else 0) + random.choice((1, 1, 1, 2, 7)) * DAY)
        steps.append({"kind": kind, "which": random.random(), **DRAWN.get(kind, nothing)(random)})
        if "zone" in steps[-1] and random.random() < 0.5:
            steps[-1]["zone"] = home
    middle = random.randrange(count)
    start = change - ages[middle] + random.randint(-abs(jump), -1)
    for step, age in zip(steps, ages):
        step["at"] = start + age
    again = {"kind": "backup", "which": 0.0, "zone": home, "weekly": False}
    around = [{**again, "at": start + ages[middle]},
              {**again, "at": start + ages[middle] + abs(jump)}]
    return [*steps[:middle], *around, *steps[middle + 1:]]


def nothing(random):
    return a_run(random)


def a_run(random):
    return {"zone": random.choice(ZONES), "weekly": random.random() < 0.2}


def a_wire_fault(random):
    action = random.choice(WIRE)
    rule = {"method": random.choice(METHODS), "nth": random.choice((1, 1, 1, 2, 3)),
            "action": action}
    if action == "fault":
        rule["fault"] = random.choice(("NotAuthenticated", "SystemError", "TaskInProgress",
                                       "NoPermission", "ManagedObjectNotFound"))
    rule.update({"delay": {"delayMs": 30}, "refuse": {"downMs": 100},
                 "restart": {"downMs": 50, "copies": random.choice(("goOn", "lost", "half")),
                             "fullSize": True}
                 }.get(action, {}))
    return {**a_run(random), "rule": rule}


def a_tasks_end(random):
    end = random.choice(ENDS)
    order = {"method": random.choice(TASKS), "end": end}
    if end in ("error", "cancelledByUser", "taskVanishes"):
        order["failAt"] = random.choice((1, 50, 99))
    # by a rule, since an order that no task takes would wait for a later run
    return {**a_run(random), "rule": {"method": order["method"], "action": "do",
                                      "do": {"action": "next", **order}}}


def a_kill(random):
    return {**a_run(random),
            "rule": {"method": random.choice(METHODS), "nth": random.choice((1, 1, 2, 3, 5)),
                     "action": "kill",
                     "moment": random.choice(("before", "executed", "replied"))}}


DRAWN = {
    "backup with a wire fault": a_wire_fault,
    "backup with a task's end": a_tasks_end,
    "backup killed": a_kill,
    "edit": lambda random: {"edit": random.choice(EDITS)},
    "clock": lambda random: {"seconds": random.choice((-8 * 86400, -7200, -1800, 0, 0, 1800,
                                                       7200, 40 * 86400))},
    "configure": lambda random: {"keep": random.randint(1, 5)},
    "restart": lambda random: {},
}


def told(step):
    """A step for people."""
    rest = {key: value for key, value in step.items()
            if key not in ("kind", "at") and value is not False}
    when = datetime.datetime.fromtimestamp(step["at"], datetime.timezone.utc)
    return (f"{when:%Y-%m-%d %H:%M:%S} UTC: {step['kind']} " +
            " ".join(f"{key}={value}" for key, value in rest.items()))
