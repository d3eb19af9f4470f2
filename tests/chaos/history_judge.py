# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge of histories: the rules of judge.py that hold whatever happened before.

A history changes `keep`, has people act in between and sees runs end early, so some rules are
asked with what was true at their moment. The shop of a history says that by two lists:
`keeps`, [(number of the last call, keep)], and `gone`, the references of generations that
somebody else deleted and said so.
"""

import bisect

from chronicle import good_ones
from judge import ChaosOracle
from vcenter import is_generation, is_ours, mark_of


class HistoryOracle(ChaosOracle):
    """Like its base; a generation that is gone must in addition have been asked for."""

    RULES = {**ChaosOracle.RULES, "gone as told": "_gone_as_told"}

    def _keep_at(self, seq):
        """What --keep was when a call was made: the smaller one around a change of it."""
        keeps = self.shop.keeps
        at = bisect.bisect_right([since for since, _ in keeps], seq)
        return keeps[max(at - 1, 0)][1]

    def _gone_as_told(self):
        for event in self.events:
            vm = event.vm
            if event.what == "gone" and is_generation(vm) and not self._asked_for(event) and \
                    vm["id"] not in self.shop.gone:
                yield f"'{vm['name']}' ({vm['id']}) is gone, and nobody said that he deleted it"

    def _never_too_few(self):
        """After every call: no fewer good generations than before, or than `keep` then."""
        floors = {}
        for event in self.events:
            now = {key: len(members) for key, members in good_ones(event.world).items()}
            asked = event.what == "gone" and self._asked_for(event)
            for key in set(floors) | set(now):
                count, keep = now.get(key, 0), self._keep_at(event.seq)
                if asked and count < min(floors.get(key, 0), keep):
                    yield (f"after call {event.seq} {key[1]!r} had {count} good generations of at "
                           f"least {min(floors.get(key, 0), keep)}")
                floors[key] = count

    def _not_done(self, result, vms):
        """As many as were wanted then."""
        lowest, self.shop.keep = self.shop.keep, result.keep
        try:
            sources = {line["vm"] for line in result.of_type("backup")}
            yield from super()._not_done(result, [
                vm for vm in vms if self._counts(vm) or vm["name"] in sources])
        finally:
            self.shop.keep = lowest

    def _counts(self, vm):
        """A generation that somebody started, renamed or moved away is not one of the set."""
        mark = mark_of(vm)
        return self._is_in_place(vm) and vm["power"] == "off" and \
            vm["name"].startswith(f"{mark.get('prefix')}{mark.get('stem')}-")

    def _nothing_unfinished(self):
        """What has to be left is named by every run, so also by the last ones."""
        last = "".join(result.out + result.err for result in self.shop.results[-4:])
        for sentence in super()._nothing_unfinished():
            if sentence.split("'")[1] not in last:
                yield sentence

    def _leaves_nothing_unsaid(self):
        """A backup names what it leaves of its own; what was there before it may not be seen."""
        before, results = set(), iter([one for one in self.shop.results
                                       if one.arguments[:1] != ["credential"]])
        for moment in self.history:
            now = set(left_of(moment["state"]["vms"]))
            if moment["what"] == "run":
                result = next(results)
                for name in sorted(now - before if result.exit_code >= 0 else ()):
                    if name not in result.out + result.err:
                        yield (f"vmrotate {' '.join(result.arguments[:2])} ended with "
                               f"{result.exit_code} and did not say that '{name}' is left")
            before = now


def left_of(vms):
    """The names of our snapshots, and of copies that are not complete."""
    for vm in vms:
        yield from (one["name"] for one in vm["snapshots"] if is_ours(one))
        if mark_of(vm).get("state") == "copying":
            yield vm["name"]
