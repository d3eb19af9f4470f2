# SPDX-License-Identifier: GPL-3.0-or-later
"""The oracle sees each thing that it is there for: here a vandal does them."""

import re
import ssl
import time
import unittest
import urllib.error
import urllib.request

from harness import PASSWORD, USER, Shop, mark_of

NAMESPACE = 'xmlns="urn:vim25" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


class Vandal:
    """A client of the vCenter without any scruples, and without the product."""

    def __init__(self, shop):
        self.shop, self.cookie = shop, ""
        self.trust = ssl.create_default_context(cafile=shop.vcenter.ca_file)
        self.call("Login", "SessionManager", "SessionManager",
                  f"<userName>{USER}</userName><password>{PASSWORD}</password>")

    def call(self, method, kind, this, fields=""):
        body = ('<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>'
                f'<{method} {NAMESPACE}><_this type="{kind}">{this}</_this>{fields}</{method}>'
                "</Body></Envelope>")
        request = urllib.request.Request(self.shop.vcenter.url, data=body.encode(), headers={
            "Content-Type": "text/xml", "SOAPAction": "urn:vim25/8.0.0.0", "Cookie": self.cookie})
        try:
            with urllib.request.urlopen(request, timeout=10, context=self.trust) as answer:
                self.cookie = answer.headers.get("Set-Cookie", self.cookie).split(";")[0]
                text = answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.read().decode()
        task = re.search(r'<returnval type="Task">([^<]*)<', text)
        if task:
            self.wait(task.group(1))
        return text

    def wait(self, task):
        while any(one["id"] == task and one["state"] in ("running", "queued")
                  for one in self.shop.vcenter.state()["tasks"]):
            time.sleep(0.01)

    def vm(self, method, name, fields=""):
        return self.call(method, "VirtualMachine", self.shop.vcenter.vm(name)["id"], fields)

    def logout(self):
        self.call("Logout", "SessionManager", "SessionManager")


def destroys_the_source(shop, vandal):
    vandal.vm("Destroy_Task", "papaya3")


def destroys_the_newest(shop, vandal):
    vandal.vm("Destroy_Task", shop.generations("avocado2")[-1])


def destroys_one_too_many(shop, vandal):
    vandal.vm("Destroy_Task", shop.generations("avocado2")[0])


def destroys_a_copy_of_a_generation(shop, vandal):
    oldest = shop.generations("avocado2")[0]
    shop.do("copy", vm=oldest, name=oldest + "x", folder="backup")
    vandal.vm("Destroy_Task", oldest + "x")


def destroys_a_pinned_one(shop, vandal):
    oldest = shop.generations("avocado2")[0]
    shop.do("set", vm=oldest, extraConfig={"vmrotate.pinned": "yes"})
    vandal.vm("Destroy_Task", oldest)


def destroys_one_that_was_moved(shop, vandal):
    oldest = shop.generations("avocado2")[0]
    shop.do("folder", path="kept")
    shop.do("move", vm=oldest, folder="kept")
    vandal.vm("Destroy_Task", oldest)


def more_generations(shop, count, source="avocado2"):
    """As good as the last one, with higher numbers; of another source if one is named."""
    last = shop.vcenter.generation_vms("avocado2")[-1]
    for seq in range(3, 3 + count):
        name = f"zz_{source}-{seq:02}-20260101{seq:02}00"
        made = shop.do("copy", vm=last["id"], name=name, folder="backup")["id"]
        uuid = shop.vcenter.vm(made)["instanceUuid"]
        shop.do("set", vm=made, extraConfig={
            "vmrotate.self": uuid, "vmrotate.seq": str(seq), "vmrotate.slot": str(seq),
            "vmrotate.source": shop.vcenter.vm(source)["instanceUuid"],
            "vmrotate.source-name": source, "vmrotate.stem": source})


def destroys(shop, vandal, *seqs, source="avocado2"):
    for vm in shop.vcenter.generation_vms(source):
        if int(mark_of(vm)["seq"]) in seqs:
            vandal.vm("Destroy_Task", vm["name"])


def passes_over_the_oldest(shop, vandal):
    more_generations(shop, 4)
    destroys(shop, vandal, 2)


def leaves_too_few_newer_ones(shop, vandal):
    """Three stay, as many as are wanted, and the oldest is one of them."""
    more_generations(shop, 2)
    destroys(shop, vandal, 2)


def prunes_unasked(shop, vandal):
    more_generations(shop, 4)
    destroys(shop, vandal, 1, 2, 3)


def destroys_what_nobody_had_named(shop, vandal):
    more_generations(shop, 5, "papaya3")
    destroys(shop, vandal, 3, source="papaya3")


def destroys_of_another_set(shop, vandal):
    more_generations(shop, 4)
    for vm in shop.vcenter.generation_vms("avocado2"):
        shop.do("set", vm=vm["id"], extraConfig={"vmrotate.set": "weekly"})
    destroys(shop, vandal, 1)


def destroys_without_a_look_at_a_newer_one(shop, vandal):
    more_generations(shop, 4)
    destroys(shop, vandal, 1)


def looks_at(shop, vandal, vm):
    vandal.call("RetrievePropertiesEx", "PropertyCollector", "propertyCollector",
                "<specSet><propSet><type>VirtualMachine</type><pathSet>name</pathSet></propSet>"
                f'<objectSet><obj type="VirtualMachine">{vm["id"]}</obj></objectSet></specSet>'
                "<options/>")


def removes_somebodys_snapshot(shop, vandal):
    shop.do("snapshot", vm="avocado2", name="Clone Snapshot")
    (snapshot,) = shop.vcenter.vm("avocado2")["snapshots"]
    vandal.call("RemoveSnapshot_Task", "VirtualMachineSnapshot", snapshot["id"],
                "<removeChildren>false</removeChildren>")


def leaves_a_snapshot(shop, vandal):
    run = "0" * 32
    vandal.vm("CreateSnapshot_Task", "avocado2",
              f"<name>vmrotate {run}</name><description>vmrotate 1 run={run} set=default"
              "</description><memory>false</memory><quiesce>false</quiesce>")


def takes_a_nameless_snapshot(shop, vandal):
    vandal.vm("CreateSnapshot_Task", "avocado2",
              "<name>mine</name><memory>false</memory><quiesce>false</quiesce>")


def removes_all_snapshots(shop, vandal):
    vandal.vm("RemoveAllSnapshots_Task", "avocado2")


def stops_the_source(shop, vandal):
    vandal.vm("PowerOffVM_Task", "avocado2")


def notes_something_on_the_source(shop, vandal):
    vandal.vm("ReconfigVM_Task", "avocado2", "<spec><annotation>was here</annotation></spec>")


def clones_without_a_mark(shop, vandal):
    folder = shop.vcenter.generation_vms("avocado2")[0]["folderId"]
    vandal.vm("CloneVM_Task", "papaya3",
              f'<folder type="Folder">{folder}</folder><name>x</name><spec><location/>'
              "<powerOn>false</powerOn><template>false</template></spec>")


def clones_a_generation(shop, vandal):
    generation = shop.vcenter.generation_vms("avocado2")[0]
    vandal.vm("CloneVM_Task", generation["name"],
              f'<folder type="Folder">{generation["folderId"]}</folder><name>mine</name>'
              "<spec><location/><powerOn>false</powerOn><template>false</template></spec>")


def clones_somebodys_snapshot(shop, vandal):
    shop.do("snapshot", vm="avocado2", name="vmrotate", description="mine")
    (snapshot,) = shop.vcenter.vm("avocado2")["snapshots"]
    folder = shop.vcenter.generation_vms("avocado2")[0]["folderId"]
    vandal.vm("CloneVM_Task", "avocado2",
              f'<folder type="Folder">{folder}</folder><name>x</name><spec><location/>'
              "<powerOn>false</powerOn><template>false</template>"
              f'<snapshot type="VirtualMachineSnapshot">{snapshot["id"]}</snapshot></spec>')


def tells_the_password(shop, vandal):
    vandal.vm("ReconfigVM_Task", shop.generations("avocado2")[0],
              f"<spec><annotation>{PASSWORD}</annotation></spec>")


def stays_logged_in(shop, vandal):
    vandal.call("Login", "SessionManager", "SessionManager",
                f"<userName>{USER}</userName><password>{PASSWORD}</password>")
    vandal.logout = lambda: None


class Judgement(unittest.TestCase):
    def test_each_deed_is_seen(self):
        table = [
            (destroys_the_source, "deletions allowed"),
            (destroys_the_newest, "newer before deletion"),
            (destroys_one_too_many, "generations enough"),
            (destroys_a_copy_of_a_generation, "deletions allowed"),
            (destroys_a_pinned_one, "deletions allowed"),
            (destroys_one_that_was_moved, "deletions allowed"),
            (passes_over_the_oldest, "expires in order"),
            (leaves_too_few_newer_ones, "expires in order"),
            (prunes_unasked, "few at a time"),
            (destroys_what_nobody_had_named, "asked for"),
            (destroys_of_another_set, "asked for"),
            (destroys_without_a_look_at_a_newer_one, "newer is sure"),
            (clones_without_a_mark, "cloned under its lock"),
            (clones_somebodys_snapshot, "cloned under its lock"),
            (removes_somebodys_snapshot, "snapshots ours"),
            (leaves_a_snapshot, "no snapshot left"),
            (takes_a_nameless_snapshot, "marked at birth"),
            (removes_all_snapshots, "only known calls"),
            (stops_the_source, "only known calls"),
            (stops_the_source, "others untouched"),
            (notes_something_on_the_source, "others untouched"),
            (clones_without_a_mark, "marked at birth"),
            (clones_a_generation, "cloned under its lock"),
            (tells_the_password, "no secret"),
            (stays_logged_in, "sessions closed"),
        ]
        for deed, rule in table:
            with self.subTest(deed.__name__, rule=rule):
                shop = Shop({"copyMs": 20})
                self.addCleanup(shop.close)
                shop.backups(2)
                self.assertEqual([], shop.oracle.violations())
                vandal = Vandal(shop)
                deed(shop, vandal)
                vandal.logout()
                told = shop.oracle.violations()
                self.assertTrue([one for one in told if one.startswith(rule + ":")], told)

    def test_nobody_is_accused_of_what_is_right(self):
        shop = Shop({"copyMs": 20})
        self.addCleanup(shop.close)
        shop.backups(2)
        more_generations(shop, 3)
        vandal = Vandal(shop)
        looks_at(shop, vandal, shop.vcenter.generation_vms("avocado2")[-1])
        destroys(shop, vandal, 1, 2)
        vandal.logout()
        self.assertEqual([], shop.oracle.violations())


if __name__ == "__main__":
    unittest.main()
