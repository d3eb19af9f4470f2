# SPDX-License-Identifier: GPL-3.0-or-later
"""What a process holds in its memory. Only root may look: vmrotate lets nobody trace it."""

import os
import re

#: A mapping beyond this is a sanitizer's bookkeeping, mostly never touched.
LARGEST = 4 << 30
STEP = 16 << 20

HEAD = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \S+\s*(.*)$")


class Area:
    """A mapping: where, what, and its flags as of /proc/PID/smaps."""

    def __init__(self, start, end, access, name):
        self.start, self.end, self.access, self.name = start, end, access, name
        self.flags = set()

    def is_secret(self, locks):
        """Left out of core files, and locked where mlock does anything: what a Secret lives in."""
        return "dd" in self.flags and ("lo" in self.flags or not locks)

    def __str__(self):
        return f"{self.start:x}-{self.end:x} {self.access} {self.name}"


def locks(pid):
    """Whether mlock works in this process. Sanitizers make it do nothing."""
    return all(area.end - area.start <= LARGEST for area in areas(pid))


def areas(pid):
    found = []
    with open(f"/proc/{pid}/smaps", encoding="ascii", errors="replace") as file:
        for line in file:
            head = HEAD.match(line)
            if head:
                found.append(Area(int(head[1], 16), int(head[2], 16), head[3], head[4]))
            elif line.startswith("VmFlags:"):
                found[-1].flags = set(line.split()[1:])
    return found


def places_of(pid, texts):
    """Where one of these byte strings is: [(area, text)]. And how many bytes were looked at."""
    longest = max(map(len, texts))
    hits, looked = [], 0
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for area in areas(pid):
            if "r" not in area.access or area.name in ("[vvar]", "[vsyscall]") or \
                    area.end - area.start > LARGEST:
                continue
            at, rest = area.start, b""
            while at < area.end:
                try:
                    part = os.pread(memory.fileno(), min(STEP, area.end - at), at)
                except OSError:  # never touched, or not to be read
                    break
                if not part:
                    break
                looked += len(part)
                hits += [(area, text) for text in texts if text in rest + part]
                rest, at = part[-longest:], at + len(part)
    return hits, looked
