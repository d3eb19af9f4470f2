# SPDX-License-Identifier: GPL-3.0-or-later
"""All matrices, and their cells."""

import glob
import importlib
import os

from paths import HERE


def matrices(letters=None):
    """The modules matrix_*.py of this folder; those of some letters if any are given."""
    names = sorted(os.path.splitext(os.path.basename(path))[0]
                   for path in glob.glob(os.path.join(HERE, "matrix_*.py")))
    modules = [importlib.import_module(name) for name in names]
    return [one for one in modules if letters is None or one.LETTER in letters]


def cells_of(module, options):
    """The cells of a matrix: those that it always has, and those that the options ask for."""
    drawn = getattr(module, "drawn", lambda _: [])
    return module.cells() + drawn(options)
