# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of each VM, call by call, as the test vCenter's history tells it."""

import collections

from vcenter import is_generation, mark_of


class Event:
    """A VM after a change, or just before it was deleted, with all VMs of that moment."""

    def __init__(self, seq, what, vm, before, world):
        self.seq, self.what, self.vm = seq, what, vm
        self.before = before  #: the VM before it, None if it is new
        self.world = world    #: all VMs after it, by reference

    def __repr__(self):
        return f"<{self.seq} {self.what} {self.vm['name']}>"


def chronicle(vcenter):
    """All events, oldest first."""
    world, events = {}, []
    for told in vcenter._ask("/history")["events"]:
        vm = told["vm"]
        before = world.get(vm["id"])
        world = dict(world)
        if told["what"] == "gone":
            world.pop(vm["id"], None)
        else:
            world[vm["id"]] = vm
        events.append(Event(told["seq"], told["what"], vm, before, world))
    return events


def is_whole(vm):
    """Whether every disk holds all that was to be copied, of what was to be copied."""
    return not any(told_wrong(vm))


def told_wrong(vm):
    """What is wrong with the data of a VM."""
    for disk in vm["disks"]:
        wanted = disk.get("bytes", disk["capacity"])
        if disk["copied"] < wanted:
            yield f"{disk['copied']} of {wanted} bytes of {disk['controller']} are copied"
    if vm["copying"]:
        yield "it is still being copied"


def is_good(vm):
    """A generation that somebody could start: complete, its own, off, whole."""
    return is_generation(vm) and vm["power"] == "off" and is_whole(vm)


def key_of(vm):
    """The source and set that a VM's mark names."""
    mark = mark_of(vm)
    return mark.get("source"), mark.get("set")


def seq_of(vm):
    """Its number in its set; 0 where somebody spoilt it."""
    seq = mark_of(vm).get("seq", "")
    return int(seq) if seq.isdecimal() else 0


def good_ones(world):
    """The good generations of a moment: {(source, set): {reference: seq}}."""
    sets = collections.defaultdict(dict)
    for vm in world.values():
        if is_good(vm):
            sets[key_of(vm)][vm["id"]] = seq_of(vm)
    return sets
