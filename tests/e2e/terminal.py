# SPDX-License-Identifier: GPL-3.0-or-later
"""A terminal: a pseudo-terminal for a program to write to, and what a screen makes of that.

The screen knows the control sequences that a program of ours may send, as ECMA-48 and xterm's
documents tell them; any other is kept as rubbish. Two kinds of terminals are in use, and they
differ when the window gets narrower: one cuts its lines off (xterm), the other breaks them anew
(most others).
"""

import errno
import fcntl
import os
import pty
import re
import struct
import termios
import threading
import unicodedata

SEQUENCE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")


def width_of(character):
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Screen:
    """Rows of cells, those that scrolled off the top included. A wide character's second cell
    is empty."""

    def __init__(self, columns=80, rows=24, reflows=False):
        self.columns, self.height, self.reflows = columns, rows, reflows
        self.rows, self.goes_on = [[]], [False]  #: whether a row's line goes on in the next row
        self.top = self.row = self.column = 0
        self.cursor_is_shown = True
        self.rubbish = []
        self._rest = b""

    # -- what is sent

    def feed(self, data):
        data = self._rest + data
        text, used = self._decoded(data)
        self._rest = data[used:]
        at = 0
        while at < len(text):
            if text[at] == "\x1b":
                found = SEQUENCE.match(text, at)
                if not found:
                    if len(text) - at < 16 and re.fullmatch(r"\x1b(\[[0-9;?]*)?", text[at:]):
                        self._rest = text[at:].encode() + self._rest
                        return
                    self.rubbish.append(text[at:at + 8])
                    at += 1
                    continue
                self._obey(*found.groups())
                at = found.end()
                continue
            self._put(text[at])
            at += 1

    @staticmethod
    def _decoded(data):
        """The text of all whole characters, and how many bytes they took."""
        for missing in range(4):
            try:
                return data[:len(data) - missing].decode("utf-8"), len(data) - missing
            except UnicodeDecodeError:
                continue
        return data.decode("utf-8", "replace"), len(data)

    def _put(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self._to_next_row()
        elif character in "\x07\x08\t" or ord(character) < 0x20:
            self.rubbish.append(character)
        else:
            self._print(character)

    def _print(self, character):
        width = width_of(character)
        if width == 0:
            if self.column:
                self.rows[self.row][self.column - 1] += character
            return
        if self.column + width > self.columns:
            self.goes_on[self.row] = True
            self._to_next_row()
            self.column = 0
        row = self.rows[self.row]
        row.extend(" " * (self.column + width - len(row)))
        row[self.column:self.column + width] = [character] + [""] * (width - 1)
        self.column += width

    def _to_next_row(self):
        self.row += 1
        if self.row == len(self.rows):
            self.rows.append([])
            self.goes_on.append(False)
        self.top = max(self.top, self.row - self.height + 1)

    def _obey(self, number, letter):
        if letter == "A":
            self.row = max(self.top, self.row - int(number or 1))
        elif letter == "K" and number in ("", "0"):
            del self.rows[self.row][self.column:]
            self.goes_on[self.row] = False
        elif letter == "J" and number in ("", "0"):
            del self.rows[self.row][self.column:]
            del self.rows[self.row + 1:], self.goes_on[self.row + 1:]
            self.goes_on[self.row] = False
        elif number == "?25" and letter in "hl":
            self.cursor_is_shown = letter == "h"
        else:
            self.rubbish.append(f"ESC [ {number} {letter}")

    # -- what a person does with the window

    def resize(self, columns, rows):
        if self.reflows and columns != self.columns:
            self._reflow(columns)
        elif columns < self.columns:
            for row in self.rows[self.top:]:
                del row[columns:]
        self.columns, self.height = columns, rows
        self.column = min(self.column, columns - 1)
        self.top = max(self.row - rows + 1, min(self.top, len(self.rows) - 1), 0)

    def _reflow(self, columns):
        rows, goes_on, line = [], [], []
        for number, row in enumerate(self.rows):
            if number == self.row:
                self.row = len(rows) + (len(line) + self.column) // columns
                self.column = (len(line) + self.column) % columns
            line += row
            if self.goes_on[number]:
                continue
            pieces = [line[at:at + columns] for at in range(0, len(line), columns)] or [[]]
            rows += pieces
            goes_on += [True] * (len(pieces) - 1) + [False]
            line = []
        self.rows, self.goes_on = rows, goes_on
        while self.row >= len(self.rows):
            self.rows.append([])
            self.goes_on.append(False)
        self.top = max(0, self.row - self.height + 1)

    # -- what a person sees

    def lines(self):
        """All rows, what scrolled off first, without the blanks at their ends."""
        return ["".join(row).rstrip() for row in self.rows]

    def visible(self):
        return self.lines()[self.top:]

    def __str__(self):
        return "\n".join(self.lines())


class Terminal:
    """A pseudo-terminal with a screen, that a program can have as its own."""

    def __init__(self, columns=80, rows=24, reflows=False):
        self.screen = Screen(columns, rows, reflows)
        self._lock = threading.Lock()
        self._master, self.slave = pty.openpty()
        self._set_size(columns, rows)
        self._sent = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _set_size(self, columns, rows):
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self):
        while True:
            try:
                data = os.read(self._master, 65536)
            except OSError as e:
                if e.errno != errno.EIO:  # that is the end: nobody has the other side any more
                    raise
                return
            with self._lock:
                self._sent += data
                self.screen.feed(data)

    def become_controlling(self):
        """In the child: the signals of this terminal's keys and of its size come to it."""
        os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)

    def is_given_away(self):
        """In the parent: from now on the program alone has it."""
        os.close(self.slave)
        self.slave = None

    def settle(self):
        """Waits until all is shown that the program sent, which has ended."""
        self._reader.join(10)
        if self._reader.is_alive():
            raise AssertionError("somebody still has the terminal")

    def resize(self, columns, rows):
        """As a person who drags the window's edge: the program gets a SIGWINCH."""
        with self._lock:
            self.screen.resize(columns, rows)
            self._set_size(columns, rows)

    def type(self, text):
        os.write(self._master, text.encode())

    def look(self, question=lambda screen: screen.lines()):
        with self._lock:
            return question(self.screen)

    @property
    def sent(self):
        """All bytes that came."""
        with self._lock:
            return self._sent

    def close(self):
        if self.slave is not None:
            self.is_given_away()
        self.settle()
        os.close(self._master)
