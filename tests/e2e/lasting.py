# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a VM nobody but its owner may change."""

from vcenter import is_ours


def lasting(vm):
    """What nobody but its owner may change of a VM."""
    disks = [{"key": disk["key"], "controller": disk["controller"],
              "capacity": disk["capacity"]} for disk in vm["disks"]]
    if not vm["snapshots"]:  # a snapshot gives a disk another file for a while
        for short, disk in zip(disks, vm["disks"]):
            short["file"] = disk["file"]
    snapshots = [(snapshot["id"], snapshot["name"], snapshot["description"])
                 for snapshot in vm["snapshots"] if not is_ours(snapshot)]
    same = {key: vm[key] for key in ("name", "folder", "power", "template", "annotation",
                                     "extraConfig", "instanceUuid", "host", "datastores")}
    return {**same, "disks": disks, "snapshots": snapshots}


def difference(before, after):
    return ", ".join(f"{key} was {before[key]!r} and is {after[key]!r}" for key in before
                     if before[key] != after.get(key) and
                     not (key == "disks" and _same_disks(before[key], after[key])))


def _same_disks(before, after):
    """A file is compared only where both sides know it."""
    if len(before) != len(after):
        return False
    return all(a.get(key) == b.get(key) for a, b in zip(before, after) for key in a
               if key in a and key in b)
