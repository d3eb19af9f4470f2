# SPDX-License-Identifier: GPL-3.0-or-later
"""The steady state that cells begin in: a shop with complete generations of a source."""

import functools

import paths  # noqa: F401  (finds tests/e2e)
from harness import Shop
from judge import ChaosOracle

SOURCE = "avocado2"


def open_shop(cell):
    """A shop in the steady state that the cell asks for, with short waits."""
    world = {"copyMs": 20, **cell.world}
    shop = Shop(world)
    try:
        shop.oracle = ChaosOracle(shop)
        shop.allow(*cell.allow)
        shop.keep = cell.keep
        shop.configure(settings(cell))
        add_generations(shop, cell.source, cell.generations)
        if cell.prepare:
            cell.prepare(shop)
    except BaseException:
        shop.close()
        raise
    return shop


def settings(cell):
    lines = ["[vcenter]", 'retry_for = "2s"', cell.vcenter_settings, "[defaults]",
             f"keep = {cell.keep}", 'task_wait = "3s"', f'grace = "{cell.grace}"']
    return "\n".join([*lines, cell.settings, ""])


@functools.lru_cache(maxsize=None)
def model_generation():
    """A generation's VM as /state shows it, made by a real run, beside its source."""
    shop = Shop({"copyMs": 0})
    try:
        result = shop.backups(1)[0]
        made = shop.vcenter.vm(result.lines[0]["generation"])
        return made, shop.vcenter.vm(SOURCE)
    finally:
        shop.close()


def add_generations(shop, source, count, first=1):
    """Puts complete generations of a source there, without running anything."""
    if not count:
        return  # the source may not be there yet
    made, its_source = model_generation()
    vm = shop.vcenter.vm(source)
    for number in range(first, first + count):
        name = f"zz_{source}-{number:02}-20260101{number:02}00"
        uuid = f"00000000-0000-4000-8000-{number:012}"
        mark = {key: value for key, value in made["extraConfig"].items()
                if key.startswith("vmrotate.")}
        mark.update({
            "vmrotate.seq": str(number), "vmrotate.slot": str(number), "vmrotate.self": uuid,
            "vmrotate.run": f"{number:032x}", "vmrotate.source": vm["instanceUuid"],
            "vmrotate.source-name": source, "vmrotate.stem": source,
            "vmrotate.taken": f"2026-01-01T{number:02}:00:00Z",
            "vmrotate.disks": " ".join(f"{disk['controller']}={disk['capacity']}"
                                       for disk in vm["disks"])})
        shop.do("add_vm", name=name, folder="backup", datastore=made["datastores"][0],
                host=made["host"], power="off", instanceUuid=uuid, extraConfig=mark,
                annotation=made["annotation"].replace(its_source["name"], source),
                disks=[{"gb": disk["capacity"] >> 30} for disk in vm["disks"]])
    wrong = len(shop.vcenter.generation_vms(source)) - (first - 1 + count)
    if wrong:
        raise AssertionError("the steady state is not what was wanted")
