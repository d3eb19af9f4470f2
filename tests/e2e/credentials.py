# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of `credential` share."""

import os
import pty
import select
import time

from harness import LIMIT, PASSWORD, USER, ShopTest, program


class CredentialTest(ShopTest):
    """A shop whose store is still empty."""

    def empty(self, **fields):
        return self.shop(logon=False, **fields)

    def add(self, shop, *words, password=PASSWORD, **fields):
        return shop.run("credential", "add", "--user", USER, "--password-stdin", *words,
                        stdin=password + "\n", **fields)

    def bytes_of(self, path):
        with open(path, "rb") as file:
            return file.read()

    def bare(self, shop, *words, **fields):
        """Without --ca-file."""
        return shop.run(*words, "--vcenter", shop.vcenter.server, "--store", shop.store,
                        defaults=False, **fields)

    def talk(self, shop, words, answers):
        """Runs it at a terminal of its own; what was shown, and the exit code. `answers` are
        pairs: what to wait for, and what to type."""
        child, screen = pty.fork()
        if child == 0:
            os.execve(program("VMROTATE"), ["vmrotate", *words], shop.environment(TERM="xterm"))
        shown, end, answers = b"", time.monotonic() + LIMIT, list(answers)
        try:
            while time.monotonic() < end:
                if select.select([screen], [], [], 0.1)[0]:
                    try:
                        part = os.read(screen, 65536)
                    except OSError:
                        break
                    if not part:
                        break
                    shown += part
                if answers and answers[0][0].encode() in shown:
                    os.write(screen, answers.pop(0)[1].encode() + b"\n")
            else:
                os.kill(child, 9)
        finally:
            _, status = os.waitpid(child, 0)
            os.close(screen)
        self.assertEqual([], answers, shown.decode())
        return shown.decode(), os.waitstatus_to_exitcode(status)
