# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a run can be cut short: each call of a run, before, during and after it."""

import dataclasses
import functools

from cell import record
from vcenter import CHANGES

#: Before the request is carried out; after that, before the reply; after the reply.
MOMENTS = ("before", "executed", "replied")

FILTER, WAIT = "CreateFilter", "WaitForUpdatesEx"


@dataclasses.dataclass(frozen=True)
class Point:
    """A moment of the nth call of a method. `heavy` are those around a change.

    How often a wait is repeated differs from run to run, so the nth wait is the first one with
    the nth filter.
    """

    method: str
    nth: int
    moment: str
    heavy: bool = False

    @property
    def name(self):
        return f"{self.method}-{self.nth}/{self.moment}"

    def rule(self, action, **more):
        rule = {"method": self.method, "nth": self.nth, "moment": self.moment, "action": action,
                **more}
        if self.method != WAIT:
            return rule
        return {"method": FILTER, "nth": self.nth, "moment": "executed", "action": "do",
                "do": {"action": "rule", "rule": {**rule, "nth": 1}}}


@functools.lru_cache(maxsize=None)
def boundaries():
    """[(method, nth, heavy)], in the order of a run: made from runs that nothing disturbs.

    Of the waits there is one for each filter. Only those calls are taken that both recorded
    runs made. Heavy is what changes something, and the two calls behind it: the first that
    waits for it, and the first that looks at it.
    """
    runs = [record(), record()]
    counts = [{call["method"]: call["nth"] for call in calls} for calls in runs]
    found = []
    for number, call in enumerate(runs[0]):
        if any(count.get(call["method"], 0) < call["nth"] for count in counts):
            continue
        before = [one["method"] for one in runs[0][max(0, number - 2):number + 1]]
        heavy = any(method in CHANGES for method in before) or call["method"] == "Login"
        if call["method"] != WAIT:
            found.append((call["method"], call["nth"], heavy))
        if call["method"] == FILTER:
            found.append((WAIT, call["nth"], True))
    return found


def points():
    return [Point(method, nth, moment, heavy) for method, nth, heavy in boundaries()
            for moment in MOMENTS]
