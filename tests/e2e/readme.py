# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands of README.md, so that tests run what people type."""

import os
import re

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))


def readme_text():
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        return file.read()


def readme_block(word):
    """The one block of commands in README.md that has the word in it."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", readme_text(), re.M | re.S)
    found = [block for block in blocks if word in block]
    if len(found) != 1:
        raise AssertionError(f"{len(found)} blocks of README.md have '{word}'")
    return found[0]
