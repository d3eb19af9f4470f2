# SPDX-License-Identifier: GPL-3.0-or-later
"""examples/ansible: a real ansible-playbook runs the real vmrotate."""

import os
import re
import shlex
import shutil
import subprocess
import unittest

from bad import BadTest
from harness import program
from readme import ROOT, readme_block

PLAY_LIMIT = 120  # seconds; Ansible takes a few before it does anything


@unittest.skipUnless(shutil.which("ansible-playbook"), "there is no ansible-playbook here")
class Playbook(BadTest):
    def prepared(self):
        shop = self.shop(copyMs=20)
        shop.configure(f'[vcenter]\nserver = "{shop.vcenter.server}"\n'
                       f'ca_file = "{shop.vcenter.ca_file}"\nstore = "{shop.store}"\n'
                       '[defaults]\ndatastore = "NFS_durian"\n'
                       '[job.nightly]\nvms = ["avocado2", "papaya3"]\n')
        self.bin = os.path.join(shop.folder, "bin")
        os.mkdir(self.bin)
        os.symlink(program("VMROTATE"), os.path.join(self.bin, "vmrotate"))
        return shop

    def play(self, shop, *more, path=None):
        """README's command, which is one of check mode, for this machine; without --check unless
        `more` says so. Its exit code, its recap, all that it says."""
        words = shlex.split(readme_block("ansible-playbook"))
        self.assertIn("--check", words)
        words = [{"backup.example.com,": "localhost,"}.get(word, word) for word in words
                 if word != "--check"]
        environment = shop.environment(
            PATH=(path or self.bin) + os.pathsep + os.environ.get("PATH", ""),
            ANSIBLE_LOCALHOST_WARNING="False", ANSIBLE_NOCOLOR="1", ANSIBLE_HOME=shop.folder,
            TZ=shop.another_minute())
        done = subprocess.run(
            [*words, "-c", "local", "-e", "ansible_python_interpreter=/usr/bin/python3", *more],
            env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PLAY_LIMIT, check=False)
        recap = dict(re.findall(r"(\w+)=(\d+)", done.stdout.rpartition("PLAY RECAP")[2]))
        return done.returncode, recap, done.stdout

    def assertPlayed(self, played, code, changed, failed):
        got, recap, text = played
        self.assertEqual((code, str(changed), str(failed)),
                         (got, recap.get("changed"), recap.get("failed")), f"\n{text}")
        return text

    def test_every_backup_is_a_change(self):
        shop = self.prepared()
        for count in (1, 2):
            self.assertPlayed(self.play(shop), 0, 1, 0)
            self.assertEqual([count, count], [len(shop.generations(vm))
                                              for vm in ("avocado2", "papaya3")])

    def test_check_mode_tells_what_would_be_done_and_changes_nothing(self):
        shop = self.prepared()
        text = self.assertPlayed(self.play(shop, "--check"), 0, 1, 0)
        self.assertIn("zz_avocado2-01-", text)
        self.assertUnchanged(shop)

    def test_a_failure_is_failed_and_says_why(self):
        shop = self.prepared()
        shop.do("next", method="CloneVM_Task", vm="avocado2", failAt=50, fault="NoDiskSpace")
        text = self.assertPlayed(self.play(shop), 2, 0, 1)
        self.assertIn("the datastore is full", text)
        self.assertEqual([0, 1], [len(shop.generations(vm)) for vm in ("avocado2", "papaya3")])

    @unittest.skipIf(shutil.which("vmrotate"), "vmrotate is installed here")
    def test_where_vmrotate_is_missing_that_is_what_it_says(self):
        shop = self.prepared()
        text = self.assertPlayed(self.play(shop, path="/nowhere"), 2, 0, 1)
        self.assertIn("vmrotate", text)
        self.assertIn("No such file", text)
