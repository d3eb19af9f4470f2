# SPDX-License-Identifier: GPL-3.0-or-later
"""Matrix N, neighbours: an operator who works from a generation while the nightly job goes on,
other installations, and other sets of the same source.

Two generations, `keep = 2`, so that the oldest is due in the run.
"""

from cell import Cell
from steady import SOURCE
from vcenter import mark_of
from worlds import (NEWEST, OLDEST, UNCOUNTED, all_of, does, generation, judges, mark,
                    nothing_deleted, one_for, rule, went)

LETTER, TITLE = "N", "neighbours"


# -- an operator at work, in the middle of a run

def operators():
    made = []
    for method in ("CreateSnapshot_Task", "CloneVM_Task", "RemoveSnapshot_Task",
                   "ReconfigVM_Task"):
        for state in ("on", "suspended"):
            made.append(Cell(
                f"N/operator/{state} before {method}", exits={0}, judge=nothing_deleted,
                rules=[rule(method, "power", vm=NEWEST, state=state)],
                allow=UNCOUNTED if method == "CreateSnapshot_Task" else (),
                mend=does("power", vm=NEWEST, state="off")))
    for what, code, action, fields, mend in (
            ("starts the one that goes", 0, "power", {"state": "on"}, ("power", {"state": "off"})),
            ("renames the one that goes", 1, "rename", {"name": "mine"},
             ("rename", {"name": OLDEST})),
            ("snapshots the one that goes", 1, "snapshot", {"name": "mine", "description": ""},
             ("remove_snapshot", {"snapshot": "mine"}))):
        made.append(Cell(
            f"N/operator/{what}, before it is read for the last time", exits={code},
            judge=nothing_deleted, rules=[rule("RemoveSnapshot_Task", action, vm=OLDEST, **fields)],
            mend=lambda shop, mend=mend, what=what: shop.do(
                mend[0], vm="mine" if "renames" in what else OLDEST, **mend[1])))
    # Between the last reading and the call nobody can hold the newest one fast.
    made.append(Cell("N/operator/starts the newest at the moment of the deletion", exits={0},
                     allow=("never too few",),
                     rules=[rule("Destroy_Task", "power", vm=NEWEST, state="on")],
                     mend=does("power", vm=NEWEST, state="off")))
    return made


# -- two installations, two sets

def neighbours():
    return [
        Cell("N/two sets/each with its prefix", exits={0}, prepare=other_set("wk_", "weekly"),
             judge=judges(one_more_of_default, other_set_stays),
             healed=judges(other_set_stays), heal=False),
        Cell("N/two sets/with one prefix by mistake", exits={0}, prepare=other_set("zz_", "weekly"),
             judge=judges(one_more_of_default, other_set_stays), heal=False),
        Cell("N/two installations/with another prefix", exits={0},
             judge=one_for(OLDEST.replace("zz_", "yy_"), stays=NEWEST.replace("zz_", "yy_")),
             prepare=mark_both(prefix="yy_"), settings='prefix = "yy_"'),
        Cell("N/two installations/at once", world={"copyMs": 30000}, exits={0}, during=at_once,
             allow=("leaves nothing unsaid",), judge=second_withdrew),  # it is the other one's
        Cell("N/two installations/an unfinished copy of a run that is dead", prepare=unfinished(1),
             exits={0}, judge=went(OLDEST, f"zz_{SOURCE}-03-202601010300")),
        Cell("N/two installations/two copies of one dead run", prepare=unfinished(2), heal=False,
             allow=("nothing unfinished",), exits={0}, judge=went(OLDEST)),
        Cell("N/two installations/an unfinished copy that is on", exits={0}, judge=went(OLDEST),
             prepare=all_of(unfinished(1), does("power", vm=f"zz_{SOURCE}-03-202601010300",
                                                state="on")),
             mend=does("power", vm=f"zz_{SOURCE}-03-202601010300", state="off")),
        Cell("N/two installations/an unfinished copy of another set", exits={0}, heal=False,
             prepare=unfinished(1, set="weekly"), judge=went(OLDEST),
             allow=("nothing unfinished", "leaves nothing unsaid")),  # it is that set's to tell
    ]


def other_set(prefix, name):
    """Two more generations of the source, of another set."""
    def prepare(shop):
        for vm in shop.vcenter.generation_vms(SOURCE):
            new = mark_of(vm)
            shop.do("copy", vm=vm["id"], folder="backup",
                    name=f"{prefix}{SOURCE}-{new['slot'].zfill(2)}-202601020000")
            copy = shop.vcenter.vm(f"{prefix}{SOURCE}-{new['slot'].zfill(2)}-202601020000")
            shop.do("set", vm=copy["id"], extraConfig={
                "vmrotate.set": name, "vmrotate.prefix": prefix,
                "vmrotate.self": copy["instanceUuid"]})
    return prepare


def of_set(shop, name):
    return [vm for vm in shop.vcenter.generation_vms(SOURCE) if mark_of(vm)["set"] == name]


def one_more_of_default(shop, _):
    seqs = [int(mark_of(vm)["seq"]) for vm in of_set(shop, "default")]
    if seqs != [2, 3]:
        yield f"the generations of the set 'default' are {seqs}"


def other_set_stays(shop, _):
    seqs = [int(mark_of(vm)["seq"]) for vm in of_set(shop, "weekly")]
    if seqs != [1, 2]:
        yield f"the generations of the set 'weekly' are {seqs}"


def mark_both(**keys):
    def prepare(shop):
        for number in (0, 1):
            vm = shop.vcenter.generation_vms(SOURCE)[number]
            shop.do("rename", vm=vm["id"], name=vm["name"].replace("zz_", keys["prefix"]))
            mark(number, **keys)(shop)
    return prepare


def at_once(shop, _):
    """Another machine's run begins while the copy is made."""
    shop.vcenter.wait_for_copy()
    shop.second = shop.run("backup", SOURCE, env={"STATE_DIRECTORY": shop.folder + "/elsewhere"})
    shop.do("speed", copyMs=20)  # of the one under way, too


def second_withdrew(shop, _):
    if shop.second.exit_code != 11:
        yield f"the second one is not busy:\n{shop.second}"
    if len(shop.vcenter.calls("CloneVM_Task")) != 1:
        yield "both made a copy"


def unfinished(count, **keys):
    """What a run of another machine left: a copy that was never committed, or two of one mark."""
    def prepare(shop):
        for number in range(3, 3 + count):
            name = f"zz_{SOURCE}-{number:02}-20260101{number:02}00"
            shop.do("copy", vm=generation(shop, 1), name=name, folder="backup")
            shop.do("set", vm=name, annotation="", extraConfig={
                "vmrotate.state": "copying", "vmrotate.self": "", "vmrotate.seq": "3",
                "vmrotate.slot": str(number), "vmrotate.run": "d" * 32,
                **{"vmrotate." + key: value for key, value in keys.items()}})
    return prepare


def cells():
    return operators() + neighbours()
