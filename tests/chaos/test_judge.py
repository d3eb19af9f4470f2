# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge of the cells sees each thing that it is there for: here they are done on purpose."""

import os
import threading
import unittest

import paths  # noqa: F401  (finds tests/e2e)
from cell import Cell, run_cell
from harness import mark_of, wait_until
from judge import ChaosOracle
from oracle import Oracle
from steady import open_shop
from test_oracle import Vandal

RUN = "0" * 32


def destroys_the_newest(shop, vandal):
    vandal.vm("Destroy_Task", shop.generations("avocado2")[-1])


def destroys_one_too_many(shop, vandal):
    vandal.vm("Destroy_Task", shop.generations("avocado2")[0])


def destroys_unread(shop, vandal):
    vandal.call("RetrieveServiceContent", "ServiceInstance", "ServiceInstance")
    vandal.vm("Destroy_Task", shop.generations("avocado2")[0])


def destroys_one_beside_a_running_one(shop, vandal):
    old, new = shop.generations("avocado2")
    shop.do("power", vm=new, state="on")
    vandal.vm("Destroy_Task", old)


def destroys_after_a_lost_reply(shop, vandal):
    oldest = shop.generations("avocado2")[0]
    shop.do("rule", rule={"method": "ReconfigVM_Task", "action": "dropReply"})
    try:
        vandal.vm("ReconfigVM_Task", oldest, "<spec><annotation>x</annotation></spec>")
    except OSError:
        pass
    vandal.vm("Destroy_Task", oldest)


def reconfigures_the_source(shop, vandal):
    vandal.vm("ReconfigVM_Task", "avocado2", "<spec><annotation>was here</annotation></spec>")


def takes_two_snapshots(shop, vandal):
    for number in range(2):
        run = f"{number:032}"
        vandal.vm("CreateSnapshot_Task", "avocado2",
                  f"<name>vmrotate {run}</name><description>vmrotate 1 run={run} set=default"
                  "</description><memory>false</memory><quiesce>false</quiesce>")


def clone(shop, vandal, source, name, mark):
    folder = shop.vcenter.generation_vms("avocado2")[0]["folderId"]
    keys = "".join(f"<extraConfig><key>vmrotate.{key}</key><value "
                   f'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xsi:type="xsd:string">{value}'
                   "</value></extraConfig>" for key, value in mark.items())
    vandal.vm("CloneVM_Task", source,
              f'<folder type="Folder">{folder}</folder><name>{name}</name><spec><location/>'
              f"<powerOn>false</powerOn><template>false</template><config>{keys}</config></spec>")


def copies_twice_at_once(shop, vandal):
    shop.do("speed", copyMs=60000)
    mark = {"version": "1", "state": "copying", "source": "somebody", "set": "x", "run": RUN}
    threads = [threading.Thread(target=clone, args=(shop, vandal, source, source + "-copy", mark))
               for source in ("papaya3", "avocado2")]
    for thread in threads:
        thread.start()
    wait_until(lambda: sum(vm["copying"] for vm in shop.vcenter.state()["vms"]) == 2, "two copies")
    shop.do("speed", copyMs=20)
    for thread in threads:
        thread.join()


def calls_half_a_copy_complete(shop, vandal):
    shop.do("speed", copyMs=60000)
    whole = shop.vcenter.generation_vms("avocado2")[-1]
    mark = {**mark_of(whole), "seq": "9", "state": "copying", "self": ""}
    thread = threading.Thread(target=clone, args=(shop, vandal, "avocado2", "half", mark))
    thread.start()
    half = shop.vcenter.wait_for_copy()
    shop.do("set", vm=half["id"], extraConfig={"vmrotate.state": "complete",
                                               "vmrotate.self": half["instanceUuid"]})
    shop.do("speed", copyMs=20)
    thread.join()


def stays_logged_in(shop, vandal):
    vandal.logout = lambda: None


def opens_its_files(shop, vandal):
    name = os.path.join(shop.state_folder, "history")
    with open(name, "w", encoding="utf-8"):
        os.chmod(name, 0o644)


def last_state(shop):
    return [moment for moment in shop.vcenter.history if moment["what"] == "run"][-1]["state"]


def leaves_its_snapshot_and_ends_with_0(shop, vandal):
    for vm in last_state(shop)["vms"]:
        if vm["name"] == "avocado2":
            vm["snapshots"].append({"id": "s", "name": "vmrotate x", "parent": "",
                                    "description": "vmrotate 1 run=x"})


def leaves_a_copy_and_says_nothing(shop, vandal):
    for vm in last_state(shop)["vms"]:
        if vm["name"] == "avocado2":
            last_state(shop)["vms"].append({**vm, "name": "zz_left-01-202601010100",
                                            "extraConfig": {"vmrotate.state": "copying"}})
            return


def makes_nothing_and_ends_with_0(shop, vandal):
    made = shop.results[-1].of_type("backup")[0]["generation"]
    state = last_state(shop)
    state["vms"] = [vm for vm in state["vms"] if vm["name"] != made]


def keeps_too_many_and_ends_with_0(shop, vandal):
    state = last_state(shop)
    good = [vm for vm in state["vms"] if mark_of(vm)]
    state["vms"] += [{**good[0], "id": "other"}]


class Judgement(unittest.TestCase):
    TABLE = [
        (destroys_the_newest, "deleted rightly"),
        (destroys_the_newest, "never too few"),
        (destroys_one_too_many, "never too few"),
        (destroys_unread, "read before deletion"),
        (destroys_one_beside_a_running_one, "deleted rightly"),
        (destroys_after_a_lost_reply, "read before again"),
        (reconfigures_the_source, "only ours changed"),
        (takes_two_snapshots, "one snapshot of ours"),
        (copies_twice_at_once, "one copy in flight"),
        (calls_half_a_copy_complete, "complete is whole"),
        (stays_logged_in, "sessions closed"),
        (opens_its_files, "files are private"),
        (leaves_its_snapshot_and_ends_with_0, "exit code is honest"),
        (leaves_a_copy_and_says_nothing, "leaves nothing unsaid"),
        (makes_nothing_and_ends_with_0, "exit code is honest"),
        (keeps_too_many_and_ends_with_0, "exit code is honest"),
    ]

    def test_each_deed_is_seen(self):
        for deed, rule in self.TABLE:
            with self.subTest(deed.__name__, rule=rule):
                shop = open_shop(Cell("x"))
                self.addCleanup(shop.close)
                shop.backups(1)
                self.assertEqual([], shop.oracle.violations())
                vandal = Vandal(shop)
                deed(shop, vandal)
                vandal.logout()
                told = shop.oracle.violations()
                self.assertTrue([one for one in told if one.startswith(rule + ":")], told)

    def test_each_rule_of_the_judge_has_a_deed(self):
        own = {name for name, method in ChaosOracle.RULES.items()
               if hasattr(ChaosOracle, method) and name not in Oracle.RULES}
        self.assertEqual(set(), own - {rule for _, rule in self.TABLE})


class Cells(unittest.TestCase):
    """What `run_cell` itself looks at."""

    def assertTold(self, cell, *words):
        told = "\n".join(run_cell(cell).problems)
        for word in words:
            self.assertIn(word, told)

    def test_a_cell_without_a_fault_has_no_problem(self):
        self.assertEqual([], run_cell(Cell("x", exits={0})).problems)

    def test_a_fault_that_was_not_met(self):
        self.assertTold(Cell("x", rules=[{"method": "CreateFolder", "action": "drop"}]), "L3:")

    def test_an_order_that_nobody_took(self):
        self.assertTold(Cell("x", orders=[{"method": "ConsolidateVMDisks_Task", "failAt": 1}]),
                        "L3:")

    def test_a_run_that_does_not_end(self):
        self.assertTold(Cell("x", limit=1, rules=[
            {"method": "CloneVM_Task", "action": "delay", "delayMs": 3000}], heal=False), "S7:")

    def test_another_exit_code(self):
        self.assertTold(Cell("x", exits={77}), "exit code 0, not one of [77]")

    def test_a_run_without_faults_that_does_not_heal(self):
        def denies(shop):
            shop.do("deny", methods=["CloneVM_Task"])
        self.assertTold(Cell("x", mend=denies), "L1:")

    def test_a_second_run_that_does_more_than_rotate(self):
        def leaves_work(shop, _):
            shop.do("set", vm="avocado2", consolidationNeeded=True)
        self.assertTold(Cell("x", healed=leaves_work), "L2:", "ConsolidateVMDisks_Task")


if __name__ == "__main__":
    unittest.main()
