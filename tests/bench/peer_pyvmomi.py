#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same job as `vmrotate backup VM`, written the way a careful admin writes it with pyvmomi.

It is the yardstick, not an example to follow: snapshot, full clone from the snapshot, remove the snapshot,
delete the oldest clone beyond KEEP. It asks for names only, in one view, and waits for a task by its updates.

usage: peer_pyvmomi.py URL VM DATASTORE FOLDER KEEP       (URL: https://user:password@host:port/sdk)
"""
import datetime
import re
import ssl
import sys
from urllib.parse import unquote, urlparse

from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim, vmodl


def named(content, kind):
    """Every managed object of one kind with its name, by one property collector call and its pages."""
    view = content.viewManager.CreateContainerView(content.rootFolder, [kind], True)
    pc = vmodl.query.PropertyCollector
    spec = pc.FilterSpec(
        objectSet=[pc.ObjectSpec(obj=view, skip=True, selectSet=[
            pc.TraversalSpec(name="v", type=vim.view.ContainerView, path="view", skip=False)])],
        propSet=[pc.PropertySpec(type=kind, pathSet=["name"])])
    page = content.propertyCollector.RetrievePropertiesEx([spec], pc.RetrieveOptions(maxObjects=1000))
    found = []
    while page:
        found += [(o.propSet[0].val, o.obj) for o in page.objects]
        page = content.propertyCollector.ContinueRetrievePropertiesEx(page.token) if page.token else None
    view.Destroy()
    return found


def wait(content, task):
    """Blocks until the task has ended; its result, or its fault raised."""
    collector, pc = content.propertyCollector, vmodl.query.PropertyCollector
    spec = pc.FilterSpec(objectSet=[pc.ObjectSpec(obj=task)],
                         propSet=[pc.PropertySpec(type=vim.Task, pathSet=["info.state", "info.result", "info.error"])])
    watch, version, seen = collector.CreateFilter(spec, True), "", {}
    try:
        while seen.get("info.state") not in ("success", "error"):
            update = collector.WaitForUpdatesEx(version, pc.WaitOptions(maxWaitSeconds=60))
            if update:
                version = update.version
                for f in update.filterSet:
                    for o in f.objectSet:
                        seen.update((c.name, c.val) for c in o.changeSet)
    finally:
        watch.Destroy()
    if seen["info.state"] == "error":
        raise seen["info.error"]
    return seen.get("info.result")


def main(url, vm_name, datastore, folder, keep):
    u = urlparse(url)
    si = SmartConnect(host=u.hostname, port=u.port, user=unquote(u.username), pwd=unquote(u.password),
                      sslContext=ssl._create_unverified_context())
    try:
        content = si.RetrieveContent()
        vms = named(content, vim.VirtualMachine)
        source = [o for n, o in vms if n == vm_name]
        if len(source) != 1:
            sys.exit(f"{vm_name}: {len(source)} virtual machines have this name")
        target = [o for n, o in named(content, vim.Datastore) if n == datastore][0]
        place = [o for n, o in named(content, vim.Folder) if n == folder][0]
        pattern = re.compile(rf"zz_{re.escape(vm_name)}-(\d\d)-(\d{{12}})")
        old = sorted((m[2], int(m[1]), o) for n, o in vms if (m := pattern.fullmatch(n)))
        slot = old[-1][1] % (keep + 1) + 1 if old else 1

        snapshot = wait(content, source[0].CreateSnapshot_Task(name="Clone Snapshot", memory=False, quiesce=False))
        spec = vim.vm.CloneSpec(snapshot=snapshot, powerOn=False, template=False,
                                location=vim.vm.RelocateSpec(datastore=target, transform="sparse"))
        stamp = datetime.datetime.now().strftime("%Y%m%d%H%M")
        wait(content, source[0].CloneVM_Task(place, f"zz_{vm_name}-{slot:02}-{stamp}", spec))
        wait(content, snapshot.RemoveSnapshot_Task(removeChildren=False))
        for _, _, expired in old[:max(0, len(old) + 1 - keep)]:
            wait(content, expired.Destroy_Task())
    finally:
        Disconnect(si)


main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
