# SPDX-License-Identifier: GPL-3.0-or-later
"""Matrix E, time: odd clocks here, there and on both sides, and days that are no ordinary ones.

"backup" has nothing to expire, "retention" has one generation that is due. What must hold:

* above an hour of difference between here and vCenter nothing is deleted, however the difference
  came about: the new generation is there, a warning says why, and a retention that is owed is
  exit 1; below, all goes as ever;
* what expires is the one with the lowest seq, whatever clocks, stamps and `taken` say;
* each name has the local time of its run, an existing one.
"""

import calendar
import datetime
import os
import re
import time
import zoneinfo

import shim
from cell import SOURCE, Cell
from local_time import stamps
from vcenter import mark_of

LETTER, TITLE = "E", "time"

LIMIT = 3600  # seconds of difference above which nothing expires
TOLD_FROM = 180
YEARS = 10 * 365 * 86400

#: what: (seconds here, seconds at vCenter)
SKEWS = {f"{side} {sign}{name}":
         ((factor * seconds, 0) if side == "here" else (0, factor * seconds))
         for side in ("here", "there") for sign, factor in (("+", 1), ("-", -1))
         for name, seconds in (("1min", 60), ("4min", 240), ("59min", 3540), ("2h", 7200),
                               ("10years", YEARS))}

#: what: (UTC that both clocks show at the start, the time zone here). The run goes on over the
#: moment that is odd, as it is some seconds later.
DAYS = {
    "a DST gap": ("2026-03-29T00:59:58", "Europe/Vienna"),
    "a DST overlap, the first time": ("2026-10-25T00:30:00", "Europe/Vienna"),
    "a DST overlap, its end": ("2026-10-25T00:59:58", "Europe/Vienna"),
    "a DST overlap, the second time": ("2026-10-25T01:30:00", "Europe/Vienna"),
    "a DST gap of half an hour": ("2026-10-03T15:29:58", "Australia/Lord_Howe"),
    "a DST overlap of half an hour": ("2027-04-03T14:59:58", "Australia/Lord_Howe"),
    "23:59:59": ("2026-11-20T22:59:59", "Europe/Vienna"),
    "29 February": ("2028-02-29T12:00:00", "Europe/Vienna"),
    "the end of 29 February": ("2028-02-29T22:59:58", "Europe/Vienna"),
    "week 53": ("2026-12-31T12:00:00", "Europe/Vienna"),
    "the end of a year": ("2026-12-31T22:59:58", "Europe/Vienna"),
    "the end of 32-bit time": ("2038-01-19T03:14:06", "Europe/Vienna"),
    "ten years ago": ("2016-11-20T12:00:00", "Europe/Vienna"),
    "a leap second": ("2016-12-31T23:59:59", "Europe/Vienna"),
}

#: what: (seconds by which a clock steps while the copy is made, whose)
STEPS = {"here +4min": (240, "here"), "here -4min": (-240, "here"), "here +2h": (7200, "here"),
         "here -2h": (-7200, "here"), "there +4min": (240, "there"), "there +2h": (7200, "there"),
         "there -2h": (-7200, "there")}

#: what: (the time zone of the earlier run, that of this one)
ZONES = {"east to west": ("Pacific/Kiritimati", "Etc/GMT+12"),
         "west to east": ("Etc/GMT+12", "Pacific/Kiritimati"),
         "an unknown one": ("Europe/Vienna", "Nowhere/At_All")}

GENERATIONS = {"backup": 1, "retention": 2}  # with keep 2


def deleted(shop):
    return [call["this"] for call in shop.vcenter.calls("Destroy_Task")]


def oldest(shop):
    """The generation of the lowest seq, before the run."""
    return shop.vcenter.generation_vms(SOURCE)[0]["id"]


class Row:
    """A cell, and what it remembers between its beginning and its end."""

    def __init__(self, name, verb, here=0, there=0, start="", zone="Europe/Vienna", step=None,
                 earlier_zone=""):
        self.name, self.verb, self.zone, self.step = name, verb, zone, step
        self.here, self.there, self.start = here, there, start
        self.earlier_zone = earlier_zone
        self.env = {}

    def cell(self):
        late = abs(self.here - self.there) > LIMIT or self.step and abs(self.step[0]) > LIMIT
        self.is_odd = bool(late)
        owed = self.is_odd and self.verb == "retention"
        return Cell(f"E/{self.verb}/{self.name}", prepare=self.prepare, judge=self.judge,
                    during=self.make_step if self.step else None, mend=self.mend, env=self.env,
                    generations=GENERATIONS[self.verb], exits={1} if owed else {0},
                    world={"copyMs": 60000} if self.step else {})

    # -- the clocks

    def clock_file(self, shop):
        return os.path.join(shop.vcenter.folder, "clock")

    def set_here(self, shop, seconds):
        fresh = self.clock_file(shop) + ".new"
        with open(fresh, "w", encoding="ascii") as file:
            file.write(str(seconds))
        os.rename(fresh, self.clock_file(shop))

    def prepare(self, shop):
        if self.earlier_zone:
            result = shop.run("backup", SOURCE, env={"TZ": self.earlier_zone})
            if result.exit_code != 0:
                raise AssertionError(f"the earlier run went wrong:\n{result}")
        if self.start:
            moment = calendar.timegm(time.strptime(self.start, "%Y-%m-%dT%H:%M:%S"))
            self.here = self.there = moment - int(time.time())
        self.set_here(shop, self.here)
        shop.do("clock", offsetSeconds=self.there)
        self.env.update(shim.variables(shop, clock="@" + self.clock_file(shop)), TZ=self.zone)
        self.oldest, self.since = oldest(shop), shop.vcenter.last_call()
        self.before = {vm["id"] for vm in shop.vcenter.generation_vms(SOURCE)}
        self.began = time.time()

    def make_step(self, shop, process):
        """While the copy is made, which would take a minute; then it goes fast."""
        shop.vcenter.wait_for_copy()
        seconds, whose = self.step
        if whose == "here":
            self.set_here(shop, seconds)
        else:
            shop.do("clock", offsetSeconds=seconds)
        shop.do("speed", copyMs=20)

    def mend(self, shop):
        shop.do("clock", offsetSeconds=0)

    # -- what must hold

    def judge(self, shop, result):
        gone = [call["this"] for call in shop.vcenter.calls("Destroy_Task", since=self.since)]
        if self.is_odd or self.verb == "backup" and not self.earlier_zone:
            if gone:
                yield f"{gone} was to be deleted"
        elif gone != [self.oldest]:
            yield f"{gone} was to be deleted, not {self.oldest}, which has the lowest seq"
        if self.is_told() != ("clock" in result.err):
            yield f"the difference of the clocks is {'not ' if self.is_told() else ''}told"
        yield from self.wrong_name(shop, time.time())

    def is_told(self):
        if self.step:  # it began without one
            return self.is_odd and self.verb == "retention"
        return abs(self.here - self.there) > TOLD_FROM

    def wrong_name(self, shop, ended):
        made = [vm for vm in shop.vcenter.generation_vms(SOURCE) if vm["id"] not in self.before]
        if len(made) != 1:
            yield f"{len(made)} generations were made"
            return
        name = re.fullmatch(rf"zz_{SOURCE}-(\d\d)-(\d{{12}})", made[0]["name"])
        if not name or int(name[1]) != int(mark_of(made[0])["slot"]):
            yield f"'{made[0]['name']}' is no name of a generation"
            return
        try:
            zone = zoneinfo.ZoneInfo(self.zone)
        except zoneinfo.ZoneInfoNotFoundError:
            zone = datetime.timezone.utc  # as the C library has it
        here = self.here
        if name[2] not in stamps(zone, self.began + here - 1, ended + here):
            yield f"'{made[0]['name']}' does not have the local time of its run"


def cells():
    rows = [Row("skew/" + name, verb, here=here, there=there)
            for name, (here, there) in SKEWS.items() for verb in GENERATIONS]
    rows += [Row("day/" + name, verb, start=start, zone=zone)
             for name, (start, zone) in DAYS.items() for verb in GENERATIONS]
    rows += [Row("step/" + name, verb, step=step)
             for name, step in STEPS.items() for verb in GENERATIONS]
    rows += [Row("zone/" + name, verb, zone=zone, earlier_zone=earlier)
             for name, (earlier, zone) in ZONES.items() for verb in GENERATIONS]
    return [row.cell() for row in rows]
