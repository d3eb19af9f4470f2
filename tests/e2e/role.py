# SPDX-License-Identifier: GPL-3.0-or-later
"""A shop whose account has the roles of examples/role, and nothing more."""

import os
import re
import subprocess

from bad import BadTest
from harness import LIMIT, USER, program

ROLE_FOLDER = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../examples/role"))
SCRIPT = os.path.join(ROLE_FOLDER, "create-roles.sh")

ADMIN, ADMIN_PASSWORD = "administrator@vsphere.local", "Adm1n!-canary-55e0"

#: What the script is told; each of them is in the test vCenter.
WHERE = {"source": "/DC/vm", "folder": "/DC/vm/backup", "datastore": "/DC/datastore/NFS_durian",
         "pool": "/DC/host", "network": "/DC/network"}


def lines_of_the_file():
    """[(role, privilege, reason)] of examples/role/privileges."""
    found = []
    with open(os.path.join(ROLE_FOLDER, "privileges"), encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                role, privilege, reason = re.fullmatch(r"(\w+) +([\w.]+) +# (.+)\n", line).groups()
                found.append((role, privilege, reason))
    return found


class RoleTest(BadTest):
    def begin(self, shop, **more):
        """Gives the shop's account the roles, by the script and with govc."""
        shop.allow("only known calls")  # those of govc are in the log too
        shop.secrets.append(ADMIN_PASSWORD)
        self.bin = os.path.join(shop.folder, "bin")
        os.makedirs(self.bin, exist_ok=True)
        if not os.path.exists(os.path.join(self.bin, "govc")):
            os.symlink(program("VMROTATE_TEST_GOVC"), os.path.join(self.bin, "govc"))
        self.script(shop, **more)
        return shop

    def with_roles(self, **config):
        return self.begin(self.shop(copyMs=20, admin=ADMIN, adminPassword=ADMIN_PASSWORD, **config))

    def environment(self, shop, user=ADMIN, password=ADMIN_PASSWORD):
        return shop.environment(
            GOVC_URL=shop.vcenter.url, GOVC_USERNAME=user, GOVC_PASSWORD=password,
            GOVC_TLS_CA_CERTS=shop.vcenter.ca_file, GOVC_PERSIST_SESSION="false",
            PATH=self.bin + os.pathsep + os.environ.get("PATH", ""))

    def tool(self, shop, *command, **account):
        return subprocess.run(command, env=self.environment(shop, **account), text=True,
                              capture_output=True, timeout=LIMIT, check=False)

    def govc(self, shop, *words):
        """What the administrator's govc prints; it must end well."""
        done = self.tool(shop, os.path.join(self.bin, "govc"), *words)
        self.assertEqual(0, done.returncode, f"govc {words}: {done.stderr}")
        return done.stdout

    def script(self, shop, *more, **where):
        options = []
        for kind, path in {**WHERE, **where}.items():
            options += [f"--{kind}", path]
        done = self.tool(shop, SCRIPT, "--principal", USER, *options, *more)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        return done.stdout

    def take(self, shop, role, privilege):
        self.govc(shop, "role.update", "-r", f"vmrotate-{role}", privilege)

    def give_back(self, shop, role, privilege):
        self.govc(shop, "role.update", "-a", f"vmrotate-{role}", privilege)

    def ids(self, shop, kind, name="*"):
        """The ids of objects of the inventory: "f" folders, "m" VMs, "s" datastores, "n" networks,
        "p" resource pools."""
        found = self.govc(shop, "find", "-i", "/", "-type", kind, "-name", name).split()
        return [one.split(":")[1] for one in found]
