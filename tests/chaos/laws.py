# SPDX-License-Identifier: GPL-3.0-or-later
"""What cells and histories share about the runs without faults at their end."""

import paths  # noqa: F401  (finds tests/e2e)
from harness import wait_until


def wait_for_quiet(vcenter, limit=30):
    """Until all that runs began has come to its end."""
    def quiet():
        return all(task.get("over", task["state"] not in ("running", "queued"))
                   for task in vcenter.state()["tasks"])
    wait_until(quiet, "the end of all tasks", limit)


def more_than_rotation(vcenter, result, since, at_most=None):
    """One snapshot, one copy, one removal, one commit, one deletion, and nothing more; with
    `at_most`, so many deletions or fewer. Where the server drops the mark, it is written again."""
    changes = [call["method"] for call in vcenter.changes(since)]
    marks = 1 if vcenter.config.get("honourExtraConfig", True) else 2
    wanted = ["CreateSnapshot_Task", "CloneVM_Task", "RemoveSnapshot_Task",
              *["ReconfigVM_Task"] * marks]
    gone = changes.count("Destroy_Task")
    rest = [one for one in changes if one != "Destroy_Task"]
    if sorted(rest) != sorted(wanted) or gone > (1 if at_most is None else at_most) or \
            at_most is None and gone != 1:
        yield f"L2: the second run without faults sent {changes}"
    for line in result.lines:
        if line.get("healed"):
            yield f"L2: the second run without faults healed: {line['healed']}"
