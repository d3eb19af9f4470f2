# SPDX-License-Identifier: GPL-3.0-or-later
"""Local times: the stamps of names, and the moments at which a zone changes its clocks."""

import datetime
import functools
import zoneinfo

DAY = 86400


def stamps(zone, began, ended):
    """The stamps that a run may give between two moments."""
    return {datetime.datetime.fromtimestamp(second, zone).strftime("%Y%m%d%H%M")
            for second in range(int(began), int(ended) + 2)}


def offset(zone, moment):
    """Seconds by which a zone is ahead of UTC."""
    return int(datetime.datetime.fromtimestamp(moment, zone).utcoffset().total_seconds())


@functools.lru_cache(maxsize=None)
def changes(name, since, until):
    """[(moment, seconds)] between two moments: when a zone's clocks go forward, or back (< 0)."""
    zone, found = zoneinfo.ZoneInfo(name), []
    for day in range(since, until, DAY):
        before, after = day, day + DAY
        jump = offset(zone, after) - offset(zone, before)
        while jump and after - before > 1:
            middle = (before + after) // 2
            if offset(zone, middle) == offset(zone, before):
                before = middle
            else:
                after = middle
        if jump:
            found.append((after, jump))
    return found
