"""The line that says how far a sweep is."""

from __future__ import annotations

import sys
import time
from typing import Callable, TextIO

from .schedule import Totals
from .sources import Listing


class Progress:
    """One line that is written again and again on a terminal, and nothing elsewhere."""

    def __init__(
        self, listing: Listing, stream: TextIO = sys.stderr, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._listing = listing
        self._stream = stream
        self._clock = clock
        self._start = clock()
        self._is_terminal = stream.isatty()

    def __call__(self, totals: Totals) -> None:
        if self._is_terminal:
            self._stream.write(f"\r\x1b[2K{self.line(totals)}")
            self._stream.flush()

    def line(self, totals: Totals) -> str:
        seconds = max(self._clock() - self._start, 1e-9)
        done = totals.artifacts + totals.reused + totals.before
        # As many as were listed, and as many again for each equal part of the sources that was not.
        total = max(done, round(self._listing.listed / self._listing.fraction)) if self._listing.fraction else done
        share = done / total if total else 1.0
        bar = "#" * round(20 * share)
        rate = totals.artifacts / seconds
        left = _duration((total - done) / rate) if rate else "unknown"
        return (
            f"[{bar:20}] {done}/{total} files, {rate:.1f}/s, {_size(totals.bytes / seconds)}/s, "
            f"{_size(totals.bytes)}, {totals.findings} findings, {totals.errors} errors, {left} left"
        )

    def end(self) -> None:
        if self._is_terminal:
            self._stream.write("\n")


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
