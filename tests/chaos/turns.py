# SPDX-License-Identifier: GPL-3.0-or-later
"""Which cells are played where not all are: one share of several, and some always.

Of each matrix the cells of a turn are drawn by their names, so that no row and no column of it is
left out for ever; of each of its parts (the second word of a name) there is one at least. What has
found something before, by TRACK_RECORD.md, is played every time.
"""

import os
import re
import time
import zlib

from paths import HERE


#: So that a failure comes from the change that is tested, and never from the date.
USUAL_TURN = 3


def turn_of(share):
    """The turn that VMROTATE_CHAOS_TURN names; "day": another one each day."""
    wanted = os.environ.get("VMROTATE_CHAOS_TURN") or USUAL_TURN
    return (int(time.time()) // 86400 if wanted == "day" else int(wanted)) % share


def on_record():
    """The cells that TRACK_RECORD.md names: names, and beginnings of names that end in "/"."""
    with open(os.path.join(HERE, "TRACK_RECORD.md"), encoding="utf-8") as file:
        named = re.findall(r"`([A-Z]/[^`]+)`", file.read())
    return {re.sub(r"\.\.\.$", "", one) for one in named}


def is_named(name, record):
    """Whether a record means this very cell."""
    return name in record


def is_meant(name, record):
    """Whether a record means this cell, or cells of which it is one."""
    return any(name == one or name.startswith(one.rstrip("/") + "/") for one in record)


def number_of(name):
    """The same for a name on each day and machine."""
    return zlib.crc32(name.encode())


def part_of(name):
    """The matrix and the part of it."""
    return tuple(name.split("/")[:2])


def in_turn(cells, share, turn, record=frozenset()):
    """Those of the cells that are played in a turn, in their order."""
    chosen = {cell.name for cell in cells
              if number_of(cell.name) % share == turn or is_named(cell.name, record)}
    parts = {}
    for cell in cells:
        if not cell.not_applicable:
            parts.setdefault(part_of(cell.name), []).append(cell.name)
    for names in parts.values():
        if not chosen.intersection(names):
            names.sort(key=number_of)
            chosen.add(names[turn % len(names)])
    return [cell for cell in cells if cell.name in chosen]
