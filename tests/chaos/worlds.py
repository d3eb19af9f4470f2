# SPDX-License-Identifier: GPL-3.0-or-later
"""What the matrices of odd inventories share: things that people do, as values.

    does("rename", vm="avocado2", name="old")      for `prepare` and `mend`
    rule("CloneVM_Task", "rename", vm=..., moment="executed", ...)     in mid-run
"""

from steady import SOURCE
from vcenter import LOGS, READS, mark_of

#: The two generations of the steady state.
OLDEST, NEWEST = (f"zz_{SOURCE}-{number:02}-20260101{number:02}00" for number in (1, 2))

PLACE = {"datastore": "NFS_mango", "host": "esxi-1.example"}


def does(action, **fields):
    return lambda shop: shop.do(action, **fields)


def all_of(*steps):
    def act(shop):
        for step in steps:
            step(shop)
    return act


def rule(method, action, moment="before", nth=1, target="", **fields):
    """A second client's doing at a call of a run."""
    return {"method": method, "nth": nth, "target": target, "moment": moment, "action": "do",
            "do": {"action": action, **fields}}


def add_vm(shop, name, **fields):
    """A small VM of somebody's: its reference."""
    return shop.do("add_vm", **{"name": name, "power": "on", "disks": [{"gb": 1}], **PLACE,
                                **fields})["id"]


def generation(shop, number, source=SOURCE):
    """The reference of a source's generation, by its place in the order: 0 is the oldest."""
    return shop.vcenter.generation_vms(source)[number]["id"]


def mark(number, **keys):
    """Writes keys of the mark of a generation; "" takes one away."""
    def act(shop):
        shop.do("set", vm=generation(shop, number),
                extraConfig={"vmrotate." + key.replace("_", "-"): value
                             for key, value in keys.items()})
    return act


def on_generation(number, action, **fields):
    return lambda shop: shop.do(action, vm=generation(shop, number), **fields)


def deletions(shop):
    return [call["target"] for call in shop.vcenter.calls("Destroy_Task")]


def changes(shop):
    return [call["method"] for call in shop.vcenter.log() if call["method"] not in READS | LOGS]


#: One generation more than wanted is there, and the run may not know it for one.
UNCOUNTED = ("exit code is honest",)


# -- judges: functions of (shop, result) that yield sentences

def nothing_deleted(shop, _):
    if deletions(shop):
        yield f"{deletions(shop)} was to be deleted"


def nothing_changed(shop, _):
    if changes(shop):
        yield f"it sent {changes(shop)}"


def says(*words):
    def judge(_, result):
        for word in words:
            if word not in result.err:
                yield f"it does not say '{word}': {result.err}"
    return judge


def one_more(shop, _):
    """A generation is new and the oldest one is gone, by the order of seq."""
    seqs = [int(mark_of(vm)["seq"]) for vm in shop.vcenter.generation_vms(SOURCE)]
    if seqs != [2, 3]:
        yield f"the generations have the numbers {seqs}, not 2 and 3"


def judges(*all_judges):
    def judge(shop, result):
        for one in all_judges:
            yield from one(shop, result)
    return judge


def went(*names):
    """Just these were to be deleted."""
    def judge(shop, _):
        if sorted(deletions(shop)) != sorted(names):
            yield f"{deletions(shop)} was to be deleted, not {names}"
    return judge


def one_for(gone, stays):
    """By name: the one went, the other one stayed, and the new one is there."""
    def judge(shop, result):
        yield from went(gone)(shop, result)
        made = [line["generation"] for line in result.of_type("backup")]
        wanted = sorted([stays, *made])
        there = sorted(vm["name"] for vm in shop.vcenter.vms_in() if mark_of(vm))
        if there != wanted:
            yield f"{there} are there, not {wanted}"
    return judge
