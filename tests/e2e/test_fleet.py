# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs over many VMs: which ones, how many at once, when, and beside whom."""

import os
import signal
import time

from chronicle import chronicle
from harness import LONG, ShopTest, mark_of, wait_until


def vms(folder, datastore, *names):
    """The test vCenter's configuration of small VMs."""
    host = "esxi-2.example" if datastore == "local-2" else "esxi-1.example"
    return [{"name": name, "folder": folder, "datastore": datastore, "host": host,
             "disksGB": [1], "power": "off"} for name in names]


def copied(result):
    """The VMs with a new generation."""
    return sorted(line["vm"] for line in result.of_type("backup") if line.get("generation"))


def most_at_once(shop, counts=lambda vm: True):
    """The highest number of copies that were under way at the same time."""
    copying, most = {}, 0
    for event in chronicle(shop.vcenter):
        if event.what == "changed" and event.vm["copying"]:
            copying[event.vm["id"]] = event.vm
        else:
            copying.pop(event.vm["id"], None)
        most = max(most, sum(counts(one) for one in copying.values()))
    return most


class FleetTest(ShopTest):
    def fleet(self, inventory, config, **more):
        folders = {vm["folder"] for vm in inventory} | {more.get("folder", "backup")}
        shop = self.shop(vms=inventory, folders=sorted(folders - {""}), **more)
        shop.configure(config)
        return shop

    def copying(self, shop):
        """The names of the sources that are being copied."""
        return sorted(mark_of(vm).get("source-name", "") for vm in shop.vcenter.state()["vms"]
                      if vm["copying"])


class Selection(FleetTest):
    """Which VMs a job means."""

    def inventory(self):
        return (vms("Production", "NFS_mango", "mail", "web/100%") +
                vms("Production/web", "NFS_mango", "web1", "web2", "web3-test") +
                vms("Other", "local-1", "files", "build?"))

    def test_patterns_folders_and_exclude(self):
        shop = self.fleet(self.inventory(), """
            [job.nightly]
            folders = ["Production"]
            vms = ["fil*"]
            exclude = ["*-test"]
            [job.other]
            vms = ["build?"]
            """, copyMs=50)
        for verb in ("plan", "backup", "list", "prune"):
            with self.subTest(verb=verb):
                result = shop.run(verb, "nightly")
                self.assertExit(0, result)
                if verb in ("plan", "backup"):
                    self.assertEqual(["files", "mail", "web/100%", "web1", "web2"],
                                     sorted(line["vm"] for line in result.of_type(verb)))
        result = shop.run("backup", "other", "mail")
        self.assertExit(0, result)
        self.assertEqual(["build?", "mail"], copied(result))

    def test_custom_attributes(self):
        shop = self.fleet(self.inventory(), "[job.nightly]\nattributes = ['Backup=nightly']",
                          copyMs=50)
        for name, value in (("mail", "nightly"), ("web1", "weekly"), ("files", "nightly")):
            shop.do("set", vm=name, attributes={"Backup": value, "Owner": "nightly"})
        result = shop.run("backup", "nightly")
        self.assertExit(0, result)
        self.assertEqual(["files", "mail"], copied(result))

    def test_generations_in_their_place_are_never_meant(self):
        shop = self.fleet(vms("Production", "NFS_mango", "web1", "zz_web1"), """
            [job.all]
            vms = ["*"]
            folders = ["Production"]
            """, copyMs=50, folder="Production/backup")
        for _ in range(2):
            result = shop.run("backup", "all", "--folder", "Production/backup",
                              env={"TZ": shop.another_minute()})
            self.assertExit(0, result)
            self.assertEqual(["web1", "zz_web1"], copied(result))
            time.sleep(1.1)  # the server's clock counts seconds: the next job begins later

    def test_a_line_that_means_nothing_fails_alone(self):
        shop = self.fleet(self.inventory(), """
            [job.nightly]
            vms = ["nosuch*", "mail"]
            folders = ["Nowhere"]
            """, copyMs=50)
        result = shop.run("backup", "nightly")
        self.assertExit(3, result)
        self.assertEqual(["mail"], copied(result))
        self.assertIn("means no VM by 'nosuch*'", result.err)
        self.assertIn("means no VM by 'Nowhere'", result.err)
        self.assertExit(3, shop.run("plan", "nightly"))

    def test_conflicts_among_what_was_found_refuse_all_before_anything_is_changed(self):
        shop = self.fleet(self.inventory(), """
            [job.nightly]
            vms = ["mail"]
            keep = 3
            [job.weekly]
            vms = ["m*"]
            keep = 8
            """)
        result = shop.run("backup")
        self.assertExit(2, result)
        self.assertIn("'mail': job 'nightly' and job 'weekly' differ in keep", result.err)
        self.assertEqual([], [call["method"] for call in shop.vcenter.changes()])

    def test_a_word_that_is_a_job_and_a_vm_is_refused(self):
        shop = self.fleet(self.inventory(), "[job.files]\nvms = ['mail']", copyMs=50)
        result = shop.run("backup", "files")
        self.assertExit(2, result)
        self.assertIn("'files' is the name of a job and of a VM", result.err)
        result = shop.run("backup", "--job", "files")
        self.assertExit(0, result)
        self.assertEqual(["mail"], copied(result))


class Limits(FleetTest):
    """How many at once, in which order, and until when."""

    def test_never_more_copies_than_the_limits_allow(self):
        shop = self.fleet(vms("", "NFS_mango", "a1", "a2", "a3", "a4") +
                          vms("", "local-1", "b1"), """
            [job.nightly]
            vms = ["a?", "b?"]
            concurrency = 3
            per_source_datastore = 2
            """, copyMs=LONG)
        process = shop.start("backup", "nightly")
        wait_until(lambda: len(self.copying(shop)) == 3, "three copies at once", 60)
        self.assertEqual(2, sum(name.startswith("a") for name in self.copying(shop)))
        shop.do("speed", copyMs=100)
        result = process.wait()
        self.assertExit(0, result)
        self.assertEqual(["a1", "a2", "a3", "a4", "b1"], copied(result))
        self.assertEqual(3, most_at_once(shop))
        self.assertEqual(2, most_at_once(
            shop, lambda vm: mark_of(vm).get("source-name", "").startswith("a")))

    def test_the_most_overdue_come_first(self):
        shop = self.fleet(vms("", "NFS_mango", "a1", "a2", "a3"), """
            [job.nightly]
            vms = ["a1", "a2", "a3"]
            concurrency = 1
            """, copyMs=50)
        for number, name in enumerate(("a3", "a1"), 1):  # the ages are whole seconds
            self.assertExit(0, shop.run("backup", name))
            shop.do("clock", offsetSeconds=60 * number)
        since = shop.vcenter.last_call()
        shop.do("speed", copyMs=LONG)
        process = shop.start("backup", "nightly", env={"TZ": shop.another_minute()})
        wait_until(lambda: process.out().count("waiting for its turn to be copied") == 2,
                   "two that are prepared")
        shop.do("speed", copyMs=50)
        self.assertExit(0, process.wait())
        order = [call["target"] for call in shop.vcenter.calls("CloneVM_Task", since=since)]
        self.assertEqual(["a2", "a3"], sorted(order[:2]))  # which are prepared side by side
        self.assertEqual("a1", order[2])

    def test_what_the_window_leaves_over_is_skipped(self):
        hour = int(time.strftime("%H", time.gmtime()))
        shop = self.fleet(vms("", "NFS_mango", "a1", "a2"), f"""
            [job.closed]
            vms = ["a*"]
            window = "{(hour + 2) % 24:02}:00-{(hour + 3) % 24:02}:00"
            """)
        result = shop.run("backup", "closed", env={"TZ": "UTC"})
        self.assertExit(0, result)
        self.assertEqual(["skipped"] * 2, [line["result"] for line in result.of_type("backup")])
        self.assertIn("window (", result.of_type("backup")[0]["skipped"])
        self.assertEqual(["a1", "a2"], sorted(result.summary["skipped_vms"]))
        self.assertEqual([], shop.vcenter.changes())
        with open(shop.config_file, "a", encoding="utf-8") as file:
            file.write("window_is_failure = true\n")
        result = shop.run("backup", "closed", env={"TZ": "UTC"})
        self.assertExit(3, result)

    def test_a_young_generation_is_enough_for_a_job_and_not_for_a_person(self):
        shop = self.fleet(vms("", "NFS_mango", "a1", "a2"), """
            [job.nightly]
            vms = ["a1", "a2"]
            min_interval = "12h"
            """, copyMs=50)
        self.assertExit(0, shop.run("backup", "a1"))
        result = shop.run("backup", "nightly")
        self.assertExit(0, result)
        self.assertEqual(["a2"], copied(result))
        self.assertEqual(["a1"], result.summary["skipped_vms"])
        result = shop.run("backup", "a1", env={"TZ": shop.another_minute()})
        self.assertExit(0, result)
        self.assertEqual(["a1"], copied(result))

    def test_a_vm_of_two_jobs_is_backed_up_for_both(self):
        shop = self.fleet(vms("", "NFS_mango", "a1", "a2"), """
            [job.nightly]
            vms = ["a1", "a2"]
            [job.weekly]
            vms = ["a1"]
            set = "weekly"
            prefix = "zw_"
            """, copyMs=100)
        for words in ((), ("--job", "nightly", "--job", "weekly")):
            result = shop.run("backup", *words, env={"TZ": shop.another_minute()})
            self.assertExit(0, result)
            self.assertEqual(["a1", "a1", "a2"], copied(result))
            time.sleep(1.1)  # the server's clock counts seconds: the next job begins later
        result = shop.run("backup", "--job", "weekly", "a1", env={"TZ": shop.another_minute()})
        self.assertExit(0, result)
        self.assertEqual(["a1"], copied(result))

    def test_a_copy_beyond_its_deadline_is_cancelled_and_cleaned_up(self):
        shop = self.fleet(vms("", "NFS_mango", "a1"), """
            [vm.a1]
            deadline = "1s"
            """, copyMs=LONG)
        result = shop.run("backup", "a1")
        self.assertExit(1, result)
        self.assertIn("its copy took longer than the deadline of 1 s: cancelled", result.err)
        self.assertEqual([], shop.generations("a1"))


class Ends(FleetTest):
    """Signals, and other runners."""

    def test_a_signal_ends_all_that_are_in_flight_and_leaves_nothing(self):
        names = [f"a{number}" for number in range(8)]
        shop = self.fleet(vms("", "NFS_mango", *names), """
            [job.nightly]
            vms = ["a*"]
            per_source_datastore = 4
            """, copyMs=LONG)
        process = shop.start("backup", "nightly")
        wait_until(lambda: len(self.copying(shop)) == 4, "four copies at once", 60)
        process.signal(signal.SIGTERM)
        result = process.wait()
        self.assertExit(143, result)
        self.assertEqual([], copied(result))
        self.assertEqual(4, len(shop.vcenter.calls("CloneVM_Task")))
        self.assertEqual([], shop.vcenter.vms_in("backup"))

    def test_two_runners_share_the_work(self):
        names = [f"a{number}" for number in range(6)]
        shop = self.fleet(vms("", "NFS_mango", *names), """
            [job.nightly]
            vms = ["a*"]
            concurrency = 2
            min_interval = "1h"
            """, copyMs=300)
        other = os.path.join(shop.folder, "other state")
        os.makedirs(other)
        runs = [shop.start("backup", "nightly"),
                shop.start("backup", "nightly", env={"STATE_DIRECTORY": other})]
        results = [run.wait() for run in runs]
        for result in results:
            self.assertExit(0, result)
            self.assertEqual(sorted(names), sorted(copied(result) +
                                                   result.summary["skipped_vms"]))
        self.assertEqual(names, sorted(copied(results[0]) + copied(results[1])))
        for name in names:
            self.assertEqual(1, len(shop.generations(name)), name)
