# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of the oracle: a generation that goes is the right one, and was asked for.

Everything is judged by the world just before the request to delete came in.
"""

import collections
import re

from asked import verb_of, wishes_of
from chronicle import is_good, key_of, seq_of
from vcenter import is_generation, mark_in, mark_of

BRAKE = 2  #: so many expire for each source and run, unless somebody prunes


def has_known_mark(mark):
    """Neither spoilt nor of a version that nobody knows yet."""
    return mark.get("version") == "1" and \
        re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", mark.get("taken", ""))


class Expiry:
    """A part of `Oracle`; `self.events`, `self.calls` and `self.shop` are there."""

    RULES = {
        "asked for": "_asked_for_by_somebody",
        "expires in order": "_expires_in_order",
        "few at a time": "_few_at_a_time",
        "newer is sure": "_newer_is_sure",
    }

    def _before(self, seq):
        """All VMs as they were when a call came in, by reference."""
        world = {}
        for event in self.events:
            if event.seq >= seq:
                break
            world = event.world
        return world

    def _is_in_place(self, vm):
        return any(vm["folder"].endswith("/vm/" + folder) for folder in self.shop.folders)

    def _may_go(self, vm):
        """Whether nothing speaks against a generation: it is one of those that are counted."""
        mark = mark_of(vm)
        return is_good(vm) and has_known_mark(mark) and self._is_in_place(vm) and not mark.get("pinned") and \
            not vm["snapshots"] and not vm["template"] and \
            vm["connection"] == "connected" and \
            vm["name"].startswith(f"{mark.get('prefix')}{mark.get('stem')}-")

    def _runs_of(self, call):
        """The runs that may have sent a call: several where they went on at once."""
        return [run for run in self.shop.results if run.since < call["seq"] <= run.until]

    def _keep_at(self, _seq):
        """How many were to stay, where no file and no command line says it."""
        return self.shop.keep

    def _wishes(self, call):
        """What was asked for about a call; of a call of nobody's: what anybody ever asked for."""
        runs = self._runs_of(call) or self.shop.results
        known = {(event.vm["name"], event.vm["folder"]) for event in self.events}
        return [wish for run in runs
                for wish in wishes_of(run, self._keep_at(call["seq"]), known)]

    def _sources_called(self, name):
        """The instance uuids of all VMs that ever had this name."""
        return {event.vm["instanceUuid"] for event in self.events
                if name in (event.vm["name"], event.vm["id"], event.vm["instanceUuid"])}

    def _wish_for(self, call, vm):
        """The wish by which a VM may go, the one for the fewest to stay; None without one."""
        source, name = key_of(vm)
        fitting = [wish for wish in self._wishes(call)
                   if wish.set == name and source in self._sources_called(wish.vm)]
        return min(fitting, key=lambda wish: wish.keep, default=None)

    def _deletions(self):
        """(call, VM, world) of each VM with our mark that was to go, as it was just before."""
        for call in self._methods("Destroy_Task"):
            world = self._before(call["seq"])
            vm = world.get(call["this"])
            if vm and mark_of(vm).get("version"):
                yield call, vm, world

    def _asked_for_by_somebody(self):
        """Its source and set are those of the run."""
        for call, vm, _ in self._deletions():
            if not self._wish_for(call, vm):
                yield (f"'{vm['name']}' ({vm['id']}) was to be deleted, and nobody had asked "
                       f"for a run of its source and set {key_of(vm)}")

    def _expires_in_order(self):
        """As many as wanted stay that are not older, and the older ones have gone before."""
        for call, vm, world in self._deletions():
            wish = self._wish_for(call, vm)
            if not wish or not is_generation(vm):
                continue
            others = [other for other in world.values() if other["id"] != vm["id"] and
                      key_of(other) == key_of(vm) and self._may_go(other)]
            what = f"'{vm['name']}' ({vm['id']}) was to be deleted"
            stay = sum(seq_of(other) >= seq_of(vm) for other in others)
            if stay < wish.keep:
                yield f"{what} with {stay} good ones that are not older, of {wish.keep}"
            skipped = [other["name"] for other in others if seq_of(other) < seq_of(vm) and
                       other["datastores"] == vm["datastores"] and
                       not self._was_tried(other, call)]
            if skipped and not self._ages_count(call):
                yield f"{what}, and older ones of its set were not: {skipped}"

    def _was_tried(self, vm, call):
        return any(one["this"] == vm["id"] and one["seq"] < call["seq"]
                   for one in self._methods("Destroy_Task"))

    def _ages_count(self, call):
        """By `min_age` an older number may be the younger one."""
        return any("min_age" in run.config for run in self._runs_of(call))

    def _few_at_a_time(self):
        """The brake: so many of one set in one run; what nobody ran goes by its logon."""
        gone = collections.defaultdict(set)
        for call, vm, _ in self._deletions():
            runs = self._runs_of(call)
            if is_generation(vm) and not any(verb_of(run) == "prune" for run in runs):
                logons = [one["seq"] for one in self._methods("Login") if one["seq"] < call["seq"]]
                owner = tuple(map(id, runs)) or max(logons, default=0)
                gone[owner, max(len(runs), 1), key_of(vm)].add(vm["name"])
        for (_, runs, (_, name)), names in gone.items():
            if len(names) > BRAKE * runs:
                yield f"{sorted(names)} of the set {name!r} were to go at once"

    def _newer_is_sure(self):
        """A newer one was committed by the very run, or read by it: as a VM, not in a list."""
        for call, vm, world in self._deletions():
            if not is_generation(vm):
                continue
            newer = [other["id"] for other in world.values() if is_good(other) and
                     key_of(other) == key_of(vm) and seq_of(other) > seq_of(vm)]
            if not any(self._is_sure(one, self._began(call), call["seq"]) for one in newer):
                yield (f"'{vm['name']}' ({vm['id']}) was to be deleted, and of {newer} none was "
                       "committed or read before")

    def _began(self, call):
        """The number of the call before the first one of the run that sent this one."""
        runs = [run.since for run in self._runs_of(call)]
        logons = [one["seq"] for one in self._methods("Login") if one["seq"] < call["seq"]]
        return min(runs, default=max(logons, default=0))

    def _is_sure(self, vm, first, last):
        for call in self.calls:
            if first < call["seq"] < last and call["executed"]:
                if call["method"] == "ReconfigVM_Task" and call["this"] == vm and \
                        mark_in(call["body"]).get("state") == "complete":
                    return True
                if call["method"] == "RetrievePropertiesEx" and f">{vm}<" in call["body"]:
                    return True
        return False
