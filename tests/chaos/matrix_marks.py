# SPDX-License-Identifier: GPL-3.0-or-later
"""Matrix G, marks and generations: what people, other installations and other versions do to them.

Two generations, `keep = 2`, so that the oldest is due in the run. What is odd about one of them
must never make another one go that would have stayed, and the odd one itself stays where it is no
longer known for ours.
"""

from cell import Cell
from steady import SOURCE, add_generations
from vcenter import mark_of
from worlds import (NEWEST, OLDEST, UNCOUNTED, all_of, deletions, does, generation, judges, mark,
                    nothing_deleted, on_generation, one_for, one_more, rule, says)

LETTER, TITLE = "G", "marks and generations"

#: What is written into a mark, after which its VM is nobody's.
NOT_OURS = {
    "version 2": {"version": "2"}, "version 0": {"version": "0"}, "no version": {"version": ""},
    "version with a space": {"version": "1 "}, "no state": {"state": ""},
    "another state": {"state": "done"}, "state in capitals": {"state": "COMPLETE"},
    "no seq": {"seq": ""}, "seq 0": {"seq": "0"}, "seq -1": {"seq": "-1"},
    "seq with a plus": {"seq": "+1"}, "seq too large": {"seq": "1000000000"},
    "seq beyond 64 bits": {"seq": "9" * 30}, "seq with a word": {"seq": "1 one"},
    "slot 0": {"slot": "0"}, "slot 100": {"slot": "100"}, "another slot": {"slot": "77"},
    "no self": {"self": ""}, "another self": {"self": "0" * 36}, "no run": {"run": ""},
    "no stem": {"stem": ""}, "another stem": {"stem": "avocado20"},
    "another prefix": {"prefix": "yy_"}, "no prefix": {"prefix": ""},
    "no source": {"source": ""}, "another source": {"source": "0" * 36},
    "another set": {"set": "weekly"}, "no set": {"set": ""},
    "no time": {"taken": ""}, "30 February": {"taken": "2026-02-30T00:00:00Z"},
    "half a time": {"taken": "2026-01-01T01"}, "garbage in the disks": {"disks": "scsi0:0"},
    "cut in the middle": {key: "" for key in ("self", "disks", "taken", "source-name",
                                              "source", "stem", "quiesced")},
    "no key but one": {key: "" for key in (
        "version", "state", "run", "lock", "set", "slot", "prefix", "stem", "source",
        "source-name", "taken", "quiesced", "disks", "self")},
}

#: What is written into a mark that stays one of ours.
OURS = {
    "taken in 2099": {"taken": "2099-12-31T23:59:59Z"},
    "taken in 1970": {"taken": "1970-01-01T00:00:00Z"},
    "another lock": {"lock": "f" * 32}, "no lock": {"lock": ""},
    "another source's name": {"source_name": "somebody"},
    "quiesced anyhow": {"quiesced": "perhaps"}, "a freeze of no length": {"freeze-ms": "-x"},
    "an unknown key": {"colour": "blue"},
    "run in capitals": {"run": "F" * 32},
}


def remove(number_or_name):
    """The oddity is taken away with its VM."""
    return lambda shop: shop.do("destroy", vm=number_or_name)


def edited():
    made = []
    for what, keys in NOT_OURS.items():
        for number, whose in ((0, "oldest"), (1, "newest")):
            made.append(spoilt(what, keys, number, whose))
    for what, keys in OURS.items():
        for number, whose in ((0, "oldest"), (1, "newest")):
            made.append(Cell(f"G/edited/{whose}: {what}", prepare=mark(number, **keys), exits={0},
                             judge=one_for(OLDEST, stays=NEWEST) if "name" in what else one_more,
                             heal="name" not in what))
    return made


def spoilt(what, keys, number, whose):
    """A mark that no longer says that its VM is ours; afterwards it says so again."""
    was = {}

    def prepare(shop):
        was["id"] = generation(shop, number)
        was["mark"] = dict(shop.vcenter.vm(was["id"])["extraConfig"])
        mark(number, **keys)(shop)

    def judge(shop, _):
        if deletions(shop):
            yield f"{deletions(shop)} was to be deleted: one of two good ones is not known"

    def mend(shop):
        shop.do("set", vm=was["id"], extraConfig=was["mark"])

    return Cell(f"G/spoilt/{whose}: {what}", prepare=prepare, judge=judge, mend=mend, exits={0},
                allow=UNCOUNTED, long=number == 0 and "seq" not in keys)


# -- numbers that people made up

def numbers():
    return [
        Cell("G/numbers/the highest that a mark can have", exits={1},
             prepare=mark(1, seq="999999999"), judge=nothing_lost, mend=renumber),
        Cell("G/numbers/the last but one", exits={0}, prepare=mark(1, seq="999999998"),
             judge=one_for(OLDEST, stays=NEWEST), mend=renumber),
        # of one number, the one that was made first
        Cell("G/numbers/both the same", exits={0}, prepare=mark(1, seq="1"),
             judge=one_for(OLDEST, stays=NEWEST)),
        Cell("G/numbers/in the wrong order", exits={0}, judge=one_for(NEWEST, stays=OLDEST),
             prepare=all_of(mark(1, seq="9"), mark(0, seq="30"))),
        Cell("G/numbers/one of a stranger's", exits={0}, judge=one_more_than_two,
             prepare=lambda shop: shop.do("copy", vm=generation(shop, 1), name="rescue",
                                          folder="backup"), mend=remove("rescue")),
    ]


def nothing_lost(shop, result):
    """Whatever it says: what it calls a generation is one, and the good ones are there."""
    if len(shop.generations(SOURCE)) < 2:
        yield f"two generations were there, now {shop.generations(SOURCE)}"
    for line in result.of_type("backup"):
        if result.exit_code == 0 and \
                int(mark_of(shop.vcenter.vm(line["generation"]))["seq"]) > 999999999:
            yield "the new generation has a number that nobody can read"


def one_more_than_two(shop, _):
    if len(shop.generations(SOURCE)) != 2:
        yield f"there are {shop.generations(SOURCE)}"


def renumber(shop):
    for number, vm in enumerate(shop.vcenter.generation_vms(SOURCE), 1):
        shop.do("set", vm=vm["id"], extraConfig={"vmrotate.seq": str(number)})


# -- copies, and VMs that were restored

def copies():
    copy_newest = on_generation(1, "copy", name="rescue", folder="backup")
    return [
        Cell("G/copy/in the folder", prepare=copy_newest, exits={0}, judge=one_more_than_two),
        Cell("G/copy/of a copy", exits={0}, judge=one_more_than_two, prepare=all_of(
            copy_newest, does("copy", vm="rescue", name="rescue 2", folder="backup"))),
        Cell("G/copy/running", exits={0}, judge=one_more_than_two,
             prepare=all_of(copy_newest, does("power", vm="rescue", state="on"))),
        Cell("G/copy/under a generation's name", exits={0}, judge=one_more_than_two,
             prepare=on_generation(1, "copy", name=f"zz_{SOURCE}-03-202601010300",
                                   folder="backup")),
        Cell("G/copy/in the middle of a run", exits={0}, judge=one_more_than_two,
             rules=[rule("ReconfigVM_Task", "copy", vm=f"zz_{SOURCE}-02-202601010200",
                         name="rescue", folder="backup")]),
        Cell("G/restored/backed up in its own right", source="rescue",
             command=("backup", "rescue"), generations=0, exits={0}, prepare=restored,
             judge=restored_alone, healed=restored_alone),
        Cell("G/restored/in the place of the lost source", exits={0}, prepare=in_place_of_source,
             judge=judges(nothing_deleted), mend=old_ones_away,
             allow=("others untouched",)),
        Cell("G/restored/by starting a generation in the folder", exits={0},
             prepare=on_generation(1, "power", state="on"), judge=nothing_deleted,
             allow=UNCOUNTED, mend=on_generation(1, "power", state="off")),
    ]


def restored(shop):
    """A copy of a generation, with its mark, outside of the folder, running."""
    add_generations(shop, SOURCE, 2)
    shop.do("folder", path="production")
    shop.do("copy", vm=generation(shop, 1), name="rescue", folder="production")
    shop.do("power", vm="rescue", state="on")
    add_generations(shop, "rescue", 2)


def restored_alone(shop, _):
    if len(shop.generations(SOURCE)) != 2:
        yield f"of {SOURCE} there are {shop.generations(SOURCE)}"
    if mark_of(shop.vcenter.vm("rescue")).get("source-name") != SOURCE:
        yield "the restored VM's own mark was changed"


def in_place_of_source(shop):
    shop.do("folder", path="production")
    shop.do("copy", vm=generation(shop, 1), name="its copy", folder="production")
    shop.do("destroy", vm=SOURCE)
    shop.do("rename", vm="its copy", name=SOURCE)


def old_ones_away(shop):
    """The old source's generations are out of the count; the new one's first stays."""
    uuid = shop.vcenter.vm(SOURCE)["instanceUuid"]
    shop.do("folder", path="of the old one")
    for vm in shop.vcenter.vms_in():
        if mark_of(vm)["source"] != uuid:
            shop.do("move", vm=vm["id"], folder="of the old one")


# -- ages

def ages():
    return [
        Cell("G/min_age/too young, marked in the future", settings='min_age = "1d"', exits={0},
             prepare=mark(0, taken="2099-01-01T00:00:00Z"),
             judge=judges(nothing_deleted, says("min_age")), heal=False),
        Cell("G/min_age/old enough", settings='min_age = "1d"', exits={0}, judge=one_more,
             heal=False),
    ]


def cells():
    return edited() + numbers() + copies() + ages()
