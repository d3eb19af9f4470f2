# SPDX-License-Identifier: GPL-3.0-or-later
"""Matrix H, sources and listings: VMs as they are found on bad days, and what happens to them, to
their folder and to their generations in the middle of a run."""

from cell import SOURCE, Cell, add_generations
from worlds import (add_vm, all_of, does, generation, judges, nothing_changed,
                    nothing_deleted, on_generation, one_more, rule, says)

LETTER, TITLE = "H", "sources and listings"

#: When something happens in the middle of a run, and whether a copy is committed after it.
MOMENTS = [("CreateSnapshot_Task", "before"), ("CreateSnapshot_Task", "executed"),
           ("CloneVM_Task", "before"), ("RemoveSnapshot_Task", "before"),
           ("ReconfigVM_Task", "before"), ("Destroy_Task", "before"),
           ("Destroy_Task", "replied")]


def at(method, moment):
    return f"{moment} {method}"


# -- as they are found

def standing():
    made = [Cell(f"H/connection/{state}", prepare=does("set", vm=SOURCE, connection=state),
                 exits={4}, judge=judges(nothing_changed, says(state)),
                 mend=does("set", vm=SOURCE, connection="connected"))
            for state in ("disconnected", "inaccessible", "invalid", "orphaned")]
    made += [Cell(f"H/power/{state}", prepare=does("power", vm=SOURCE, state=state), exits={0},
                  judge=one_more) for state in ("on", "off", "suspended")]
    made += [Cell(f"H/foreign snapshot/{name}", exits={0}, judge=one_more,
                  prepare=does("snapshot", vm=SOURCE, name=name, description=""))
             for name in ("Consolidate Helper- 0", "_VCB-BACKUP_",
                          "VEEAM BACKUP TEMPORARY SNAPSHOT", "vmrotate", "vmrotate " + "0" * 32, "")]
    made += [Cell(f"H/chain/{depth} deep", prepare=chain(depth), exits={0}, judge=one_more,
                  mend=shorten)
             for depth in (2, 31, 32, 33)]
    return made + [
        Cell("H/template", prepare=does("set", vm=SOURCE, template=True), exits={4},
             judge=judges(nothing_changed, says("template")),
             mend=does("set", vm=SOURCE, template=False)),
        Cell("H/consolidation/needed", exits={0}, judge=one_more,
             prepare=does("set", vm=SOURCE, consolidationNeeded=True)),
        Cell("H/consolidation/never", settings='consolidate = "never"', exits={4},
             prepare=does("set", vm=SOURCE, consolidationNeeded=True), judge=nothing_changed,
             mend=does("set", vm=SOURCE, consolidationNeeded=False)),
        Cell("H/in the folder of the backups", exits={0}, judge=one_more,
             prepare=does("move", vm=SOURCE, folder="backup")),
        Cell("H/gone before", prepare=does("destroy", vm=SOURCE), exits={1}, heal=False,
             judge=judges(nothing_changed, says("no VM has exactly this name"))),
        Cell("H/renamed before", prepare=does("rename", vm=SOURCE, name="avocado two"), exits={1},
             judge=judges(nothing_changed, says("no VM has exactly this name")),
             mend=does("rename", vm="avocado two", name=SOURCE)),
        Cell("H/itself a generation", command=("backup", f"zz_{SOURCE}-01-202601010100"),
             exits={4}, heal=False, judge=judges(nothing_changed, says("itself a generation"))),
    ]


def chain(depth):
    return all_of(*(does("snapshot", vm=SOURCE, name=f"before patch {number}", description="")
                    for number in range(depth)))


def shorten(shop):
    """Somebody tidies up, down to what vSphere can go on from."""
    while len(shop.vcenter.vm(SOURCE)["snapshots"]) > 20:
        shop.do("remove_snapshot", vm=SOURCE,
                snapshot=shop.vcenter.vm(SOURCE)["snapshots"][-1]["id"])


# -- what happens to the source in the middle of a run

def renamed():
    return [Cell(f"H/renamed/{at(*moment)}", exits={0}, judge=one_more,
                 rules=[rule(*moment[:1], "rename", moment=moment[1], vm=SOURCE, name="new name")],
                 mend=does("rename", vm="new name", name=SOURCE)) for moment in MOMENTS]


def moved():
    return [Cell(f"H/moved/{at(*moment)}", exits={0}, judge=one_more,
                 prepare=does("folder", path="other"),
                 rules=[rule(*moment[:1], "move", moment=moment[1], vm=SOURCE, folder="other")],
                 mend=does("move", vm=SOURCE, folder="/DC/vm"))
            for moment in (("CreateSnapshot_Task", "before"), ("RemoveSnapshot_Task", "before"),
                           ("ReconfigVM_Task", "before"))]


def snapped():
    """Another backup product is at work on the same VM."""
    return [Cell(f"H/foreign snapshot meanwhile/{at(*moment)}", exits={0},
                 judge=judges(one_more, foreign_stays),
                 mend=does("remove_snapshot", vm=SOURCE, snapshot="_VCB-BACKUP_"),
                 rules=[rule(*moment[:1], "snapshot", moment=moment[1], vm=SOURCE,
                             name="_VCB-BACKUP_", description="")])
            for moment in (("CreateSnapshot_Task", "before"), ("CloneVM_Task", "before"),
                           ("RemoveSnapshot_Task", "before"), ("Destroy_Task", "before"))]


def foreign_stays(shop, _):
    if "_VCB-BACKUP_" not in shop.vcenter.snapshots(SOURCE):
        yield "the other product's snapshot is gone"


def deleted():
    """Its generations are now all that there is of it."""
    made = []
    for moment in (("CreateSnapshot_Task", "before"), ("CloneVM_Task", "before"),
                   ("RemoveSnapshot_Task", "before"), ("ReconfigVM_Task", "before"),
                   ("Destroy_Task", "before")):
        exits = {0} if moment[0] == "Destroy_Task" else {1}  # the copy is committed by then
        made.append(Cell(
            f"H/deleted/{at(*moment)}", heal=False, allow=("others untouched",),
            exits=exits, rules=[rule(*moment[:1], "destroy", moment=moment[1], vm=SOURCE)],
            judge=judges(enough, honest_without_source)))
        made.append(Cell(
            f"H/recreated/{at(*moment)}", allow=("others untouched",), exits=exits,
            rules=[rule(*moment[:1], "destroy", moment=moment[1], vm=SOURCE)],
            judge=judges(enough, honest_without_source),
            mend=all_of(old_ones_away, recreate)))
    return made


def enough(shop, result):
    """No fewer good generations than before, and one more only where it is said."""
    count = len(shop.generations(SOURCE))
    if count < 2:
        yield f"of two generations there is {count}, after exit code {result.exit_code}"


def honest_without_source(shop, result):
    made = any(line.get("generation") for line in result.of_type("backup"))
    if result.exit_code == 0 and not made:
        yield f"it says that all is well, and made nothing: {result}"


def recreate(shop):
    add_vm(shop, SOURCE, disks=[{"gb": 40}, {"gb": 10}])
    add_generations(shop, SOURCE, 2)


def old_ones_away(shop):
    """Somebody tidies up: the set of the new VM begins anew."""
    for vm in shop.vcenter.vms_in():
        shop.do("destroy", vm=vm["id"])


# -- what happens to the listing

def listings():
    """Generations that are not there when the folder is read, and there again afterwards; and
    some that cannot be read."""
    made = []
    for what, count in (("half", 2), ("empty", 1)):
        for nth, back in ((1, "CreateSnapshot_Task"), (2, "CloneVM_Task")):
            made.append(away(what, count, nth, back))
    for state in ("disconnected", "inaccessible", "invalid", "orphaned"):
        for whose, prepare, mend in (
                ("oldest", on_generation(0, "set", connection=state),
                 on_generation(0, "set", connection="connected")),
                ("newest", on_generation(1, "set", connection=state),
                 on_generation(1, "set", connection="connected")),
                ("a stranger", all_of(lambda shop: add_vm(shop, "unknown", folder="backup"),
                                      does("set", vm="unknown", connection=state)),
                 does("set", vm="unknown", connection="connected"))):
            made.append(Cell(f"H/listing/{whose} is {state}", prepare=prepare, mend=mend,
                             exits={1}, judge=nothing_deleted))
    return made


def away(what, count, nth, back):
    """The newest generation is elsewhere at the nth reading of the folder."""
    rules = [{}, {}]

    def prepare(shop):
        newest = generation(shop, count - 1)
        shop.do("folder", path="elsewhere")
        rules[0].update(rule("RetrievePropertiesEx", "move", nth=nth, target="backup", vm=newest,
                             folder="elsewhere"))
        rules[1].update(rule(back, "move", vm=newest, folder="backup"))

    def judge(shop, result):
        if nth == 1 and result.exit_code == 0 and len(shop.generations(SOURCE)) != count:
            yield f"there are {shop.generations(SOURCE)}"
        if nth > 1:  # the plan is that of the last reading: one generation is not known of
            yield from nothing_deleted(shop, result)

    return Cell(f"H/listing/{what} at reading {nth}, whole again before {back}", rules=rules,
                generations=count, keep=count, prepare=prepare, judge=judge, exits={0},
                allow=("exit code is honest",) if nth > 1 else ())


def cells():
    return standing() + renamed() + moved() + snapped() + deleted() + listings()
