# SPDX-License-Identifier: GPL-3.0-or-later
"""Hooks: programs that run at the points of a backup, and the examples of them."""

import json
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import unittest

from harness import ShopTest, wait_until
from readme import ROOT

EXAMPLES = os.path.join(ROOT, "examples", "hooks")
RUN = "0123456789abcdef" * 2


class HookTest(ShopTest):
    def script(self, shop, name, text):
        """An executable file of the shop's: its path."""
        path = os.path.join(shop.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n" + text)
        os.chmod(path, 0o700)
        return path

    def hooked(self, shop, keys, more=""):
        """Hooks that write what they are told into files of their names, then do as they like."""
        lines = []
        for key, text in keys.items():
            path = self.script(shop, key, f"cat >>'{shop.folder}/{key}.told'\n{text}\n")
            lines.append(f'{key} = ["{path}"]')
        shop.configure("[defaults]\n" + "\n".join(lines) + "\n" + more)

    def told(self, shop, key):
        """The objects that the hook has read."""
        try:
            with open(os.path.join(shop.folder, key + ".told"), encoding="utf-8") as file:
                return [json.loads(line) for line in file]
        except FileNotFoundError:
            return []


class Hooks(HookTest):
    POINTS = ("before_snapshot", "thaw", "after_snapshot", "after_clone", "on_failure")

    def test_a_night_with_hooks(self):
        shop = self.shop(copyMs=50)
        self.hooked(shop, {key: f"echo told {key}; echo $VMROTATE_HOOK >>'{shop.folder}/order'"
                           for key in self.POINTS})
        result = shop.run("backup", "avocado2")
        self.assertExit(0, result)
        with open(os.path.join(shop.folder, "order"), encoding="utf-8") as file:
            self.assertEqual(list(self.POINTS[:-1]), file.read().split())
        told = self.told(shop, "after_snapshot")[0]
        vm = shop.vcenter.vm("avocado2")
        self.assertEqual((1, "avocado2", vm["id"], ["NFS_mango"], shop.datastore),
                         (told["schema"], told["vm"], told["source"], told["source_datastores"],
                          told["datastore"]))
        self.assertIn(told["snapshot"], [call["this"] for call in
                                         shop.vcenter.calls("RemoveSnapshot_Task")])
        self.assertEqual(shop.vcenter.generation_vms("avocado2")[0]["name"], told["generation"])
        self.assertEqual([], result.not_json, "what a hook writes is in standard output")
        self.assertIn("avocado2: hook thaw: told thaw", result.err)

    def test_a_failing_hook_stops_the_backup_before_anything_was_changed(self):
        shop = self.shop(copyMs=50)
        self.hooked(shop, {"before_snapshot": "echo no; exit 3", "thaw": "", "on_failure": ""})
        result = shop.run("backup", "avocado2")
        self.assertExit(1, result)
        self.assertIn("before_snapshot", result.err)
        self.assertIn("exit code 3", result.err)
        self.assertEqual([], shop.vcenter.calls("CreateSnapshot_Task", "CloneVM_Task"))
        self.assertEqual(1, len(self.told(shop, "thaw")))
        self.assertIn("exit code 3", self.told(shop, "on_failure")[0]["message"])

    def test_sigterm_ends_a_hook_and_thaws(self):
        shop = self.shop(copyMs=50)
        self.hooked(shop, {"before_snapshot": f"echo $$ >'{shop.folder}/pid'; sleep 1000",
                           "thaw": "echo thawed"})
        process = shop.start("backup", "avocado2")
        path = os.path.join(shop.folder, "pid")
        wait_until(lambda: os.path.exists(path) and os.path.getsize(path), "the hook runs")
        process.signal(signal.SIGTERM)
        result = process.wait()
        self.assertExit(143, result)
        self.assertIn("hook thaw: thawed", result.err)
        with open(path, encoding="utf-8") as file:
            self.assertFalse(os.path.exists(f"/proc/{file.read().strip()}/cwd"))
        self.assertEqual([], shop.vcenter.calls("CreateSnapshot_Task"))

    def test_a_guest_is_thawed_when_vcenter_goes_away(self):
        shop = self.shop(copyMs=50)
        self.hooked(shop, {"before_snapshot": "", "thaw": ""},
                    '[vcenter]\nretry_for = "1s"\nreply_timeout = "2s"\n')
        shop.allow("no snapshot left", "sessions closed")
        shop.do("rule", method="CreateSnapshot_Task", effect="refuse", downMs=-1)
        result = shop.run("backup", "avocado2")
        self.assertEqual(10, result.exit_code, str(result))
        self.assertEqual(1, len(self.told(shop, "thaw")))
        shop.do("refuse", downMs=0)

    def test_a_hook_that_cannot_be_run_is_said_before_anything_is_contacted(self):
        shop = self.shop()
        plain = os.path.join(shop.folder, "plain")
        with open(plain, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n")
        shop.configure(f'[defaults]\nthaw = ["{plain}"]\non_failure = ["/gone/away"]\n')
        for words in (("backup", "avocado2"), ("backup", "avocado2", "--dry-run"),
                      ("plan", "avocado2")):
            result = shop.run(*words)
            self.assertExit(2, result)
            self.assertIn(plain, result.err)
            self.assertIn("/gone/away", result.err)
        shop.configure('[defaults]\nthaw = ["sh"]\n')
        result = shop.run("backup", "avocado2")
        self.assertExit(2, result)
        self.assertIn("absolute path", result.err)
        self.assertEqual([], shop.vcenter.calls())


class HooksOfAJob(HookTest):
    NIGHT = ('[job.night]\nvms = ["avocado2", "avocado20"]\n{}'
             '[job.other]\nvms = ["support private"]\nbefore_job = []\nafter_job = []\n')

    def configure(self, shop, before, after, more=""):
        """Hooks of the job "night", which write down what they are told."""
        self.hooked(shop, {"before_job": before, "after_job": after}, self.NIGHT.format(more))

    def test_a_night_and_its_plan(self):
        shop = self.shop(copyMs=50)
        self.configure(shop, "echo told before", "echo $VMROTATE_OUTCOME $VMROTATE_GENERATIONS")
        plan = shop.run("backup", "--dry-run")
        self.assertExit(0, plan)
        hooks = [(line["vm"], sorted(line["hooks"])) for line in plan.of_type("plan")]
        self.assertEqual([("avocado2", ["after_job", "before_job"]),
                          ("avocado20", ["after_job", "before_job"]), ("support private", [])],
                         hooks)
        self.assertEqual(([], []), (self.told(shop, "before_job"), self.told(shop, "after_job")))

        result = shop.run("backup")
        self.assertExit(0, result)
        self.assertIn("night: hook before_job: told before\n", result.err)
        self.assertIn("night: hook after_job: ok 2\n", result.err)
        (before,), (after,) = self.told(shop, "before_job"), self.told(shop, "after_job")
        self.assertEqual(("night", "", "2"), (before["job"], before["outcome"], before["vms"]))
        self.assertEqual(("ok", "2", "2", "0", "0"),
                         tuple(after[key] for key in ("outcome", "vms", "generations", "failed",
                                                      "skipped")))
        (line,) = result.of_type("job")
        self.assertEqual(("night", "ok", 2), (line["job"], line["result"], line["generations"]))

    def test_a_job_whose_hook_fails_changes_nothing_and_the_others_go_on(self):
        for more, word in (("", "failed"), ('hook_failure = "skip"\n', "skipped")):
            with self.subTest(word):
                shop = self.shop(copyMs=50)
                self.configure(shop, "exit 4", "exit 5", more)
                result = shop.run("backup")
                self.assertExit(3, result)
                self.assertEqual({"avocado2": word, "avocado20": word, "support private": "ok"},
                                 {line["vm"]: line["result"] for line in result.of_type("backup")})
                (after,) = self.told(shop, "after_job")
                self.assertEqual((word, "2"), (after["outcome"], after[word]))
                self.assertIn("exit code 4", result.of_type("job")[0]["message"])
                self.assertIn("night: the hook after_job", result.err)
                self.assertEqual([0, 0, 1], [len(shop.vcenter.generation_vms(vm)) for vm in
                                             ("avocado2", "avocado20", "support private")])
                self.assertEqual(1, len(shop.vcenter.calls("CreateSnapshot_Task")))

    def test_a_signal_does_not_keep_the_hook_after_a_job_from_running(self):
        shop = self.shop(copyMs=60000)
        self.configure(shop, "", "")
        process = shop.start("backup", "--job", "night")
        wait_until(lambda: shop.vcenter.calls("CloneVM_Task"), "a copy is under way")
        process.signal(signal.SIGTERM)
        self.assertExit(143, process.wait())
        (after,) = self.told(shop, "after_job")
        self.assertEqual(("interrupted", "0"), (after["outcome"], after["generations"]))


class Examples(unittest.TestCase):
    """With stand-ins for ssh and curl that write down how they were called."""

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.calls = os.path.join(self.folder, "calls")

    def stand_in(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\nfor word; do printf '%s|' \"$word\"; done "
                       f">>'{self.calls}'\necho >>'{self.calls}'\n{text}\n")
        os.chmod(path, 0o755)

    def run_example(self, name, *words, **variables):
        environment = {"PATH": self.folder + ":" + os.environ["PATH"], "VMROTATE_VM": "web 1/ü",
                       "VMROTATE_SOURCE": "vm-42", "VMROTATE_RUN": RUN,
                       "VMROTATE_SOURCE_DATASTORES": "NFS_mango\nlocal 2", **variables}
        return subprocess.run([os.path.join(EXAMPLES, name), *words], env=environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=30, check=False)

    def lines(self):
        if not os.path.exists(self.calls):
            return []
        with open(self.calls, encoding="utf-8") as file:
            return file.read().splitlines()

    def test_zfs(self):
        mine = "vmrotate-web_1___-vm-42-"
        listed = [f"tank/vm@{mine}{RUN}", f"tank/vm@{mine}{'a' * 32}", "tank/vm@nightly",
                  f"tank/vm@vmrotate-web-1-vm-4-{'d' * 32}", f"tank/vm@{mine}{'b' * 32}"]
        self.stand_in("ssh", "case \"$*\" in *'zfs list'*tank/vm) printf '%s\\n' "
                      + " ".join(listed) + ";; esac")
        done = self.run_example("zfs-snapshot.sh", "root@nas", "NFS_mango=tank/vm",
                                "local 2=pool", "2")
        self.assertEqual(0, done.returncode, done.stderr)
        begin = "-o|BatchMode=yes|-o|ConnectTimeout=20|--|root@nas|zfs|"
        self.assertEqual([
            f"{begin}snapshot|tank/vm@{mine}{RUN}|",
            f"{begin}list|-H|-d|1|-t|snapshot|-o|name|-S|creation|tank/vm|",
            f"{begin}destroy|tank/vm@{mine}{'b' * 32}|",
            f"{begin}snapshot|pool@{mine}{RUN}|",
            f"{begin}list|-H|-d|1|-t|snapshot|-o|name|-S|creation|pool|"], self.lines())

    def test_zfs_refuses_what_it_does_not_know(self):
        self.stand_in("ssh", "")
        for words in (("root@nas", "NFS_mango=tank/vm", "2"),
                      ("root@nas", "NFS_mango=tank/vm", "local 2=$(x)", "2"),
                      ("root@nas", "NFS_mango=tank/vm", "local 2=pool", "none"), ("root@nas",)):
            self.assertNotEqual(0, self.run_example("zfs-snapshot.sh", *words).returncode, words)
            self.assertEqual([], self.lines())

    def test_zfs_fails_where_the_nas_does(self):
        self.stand_in("ssh", "exit 255")
        self.assertNotEqual(0, self.run_example("zfs-snapshot.sh", "root@nas", "NFS_mango=a",
                                                "local 2=b", "2").returncode)
        self.assertEqual(1, len(self.lines()))

    def netrc(self, mode=0o600):
        path = os.path.join(self.folder, "netrc")
        with open(path, "w", encoding="utf-8") as file:
            file.write("machine c login vmrotate password canary-5c1d\n")
        os.chmod(path, mode)
        return path

    def test_ontap(self):
        uuid = "028baa66-41bd-11e9-81d5-00a0986138f7"
        self.stand_in("curl", "case \"$*\" in *GET*) printf '%s' "
                      f"'{{\"records\": [{{\"uuid\": \"{uuid}\", \"name\": \"v\"}}]}}';; esac")
        netrc = self.netrc()
        done = self.run_example("ontap-snapshot.sh", "c", netrc, "NFS_mango=svm1:vol_m",
                                "local 2=svm1:v2")
        self.assertEqual(0, done.returncode, done.stderr)
        calls = self.lines()
        self.assertEqual(4, len(calls))
        self.assertIn(f"|--netrc-file|{netrc}|", calls[0])
        self.assertTrue(calls[0].endswith(
            "|GET|https://c/api/storage/volumes?svm.name=svm1&name=vol_m&fields=uuid|"), calls[0])
        self.assertIn(f"|{{\"name\":\"vmrotate-web_1___-{RUN}\"}}|", calls[1])
        self.assertTrue(calls[1].endswith(
            f"|https://c/api/storage/volumes/{uuid}/snapshots?return_timeout=60|"), calls[1])
        self.assertNotIn("canary-5c1d", "".join(calls) + done.stdout + done.stderr)

    def test_ontap_refuses_what_it_does_not_know(self):
        self.stand_in("curl", "echo '{\"records\": []}'")
        pairs = ("NFS_mango=svm1:a", "local 2=svm1:b")
        netrc = self.netrc()
        for words in ((netrc, pairs[0]), (netrc, pairs[0], "local 2=x"), ("/gone", *pairs)):
            self.assertNotEqual(0, self.run_example("ontap-snapshot.sh", "c", *words).returncode)
            self.assertEqual([], self.lines())
        done = self.run_example("ontap-snapshot.sh", "c", self.netrc(0o640), *pairs)
        self.assertIn("others can read", done.stderr)
        self.assertEqual([], self.lines())
        done = self.run_example("ontap-snapshot.sh", "c", self.netrc(), *pairs)
        self.assertNotEqual(0, done.returncode)
        self.assertIn("knows no volume", done.stderr)

    def test_they_are_well_written(self):
        for name in os.listdir(EXAMPLES):
            path = os.path.join(EXAMPLES, name)
            self.assertTrue(os.stat(path).st_mode & stat.S_IXUSR, name)
            done = subprocess.run(["shellcheck", path], capture_output=True, text=True,
                                  check=False)
            self.assertEqual("", done.stdout)


if __name__ == "__main__":
    unittest.main()
