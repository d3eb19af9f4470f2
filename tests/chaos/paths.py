# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the modules of these tests are: import it first."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
END_TO_END = os.path.join(os.path.dirname(HERE), "e2e")

for folder in (HERE, END_TO_END):
    if folder not in sys.path:
        sys.path.append(folder)
