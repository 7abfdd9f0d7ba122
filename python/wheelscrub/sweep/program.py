"""Runs the program on one file and reads its JSON lines, within bounds of time and output."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import threading
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Generator, Mapping

from .._find_bin import find_bin
from .._run import Option, arguments
from .settings import Settings

#: Bytes of one line of output. The program's own lines are far shorter.
_LONGEST_LINE = 16 << 20


class Ended(Exception):
    """The program did not finish: it was ended by a signal, by us, or said nothing."""


@dataclass
class Examination:
    """What the program says of one file."""

    findings: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    #: By level: `full` and `runtime`.
    keys: dict[str, str] = field(default_factory=dict)
    #: Why a key is raw.
    reasons: list[str] = field(default_factory=list)
    #: Seconds, user and system.
    cpu: float = 0


def examine(path: str, settings: Settings, result: Examination) -> None:
    """Adds to the result, which holds what was found so far if Ended is raised."""
    common: dict[str, Option] = {**settings.rules, "isolated": True, "jobs": 1, "memory_limit": settings.memory_limit}
    # Closed: the program ends with the loop, however the loop ends.
    with closing(_lines("check", path, common, settings, result)) as lines:
        for line in lines:
            kind = line.get("type")
            if kind == "finding":
                if len(result.findings) >= settings.max_findings:
                    raise Ended(f"more than {settings.max_findings} findings")
                result.findings.append(line)
            elif kind == "error":
                result.errors.append(line)
    for level in ("full", "runtime") if settings.keys else ():
        options: dict[str, Option] = {**common, "level": level, "canonical": True}
        for line in _lines("key", path, options, settings, result):
            if line.get("type") != "key":
                continue
            if line["key"] is not None:
                result.keys[level] = line["key"]
            result.reasons += [one["message"] for one in line["reasons"] if one["message"] not in result.reasons]
            known = {(one["member"], one["message"]) for one in result.errors}
            result.errors += [one for one in line["errors"] if (one["member"], one["message"]) not in known]


def _lines(
    command: str, path: str, options: Mapping[str, Option], settings: Settings, result: Examination
) -> Generator[dict[str, Any], None, None]:
    line = [find_bin(), *arguments(command, path, {**options, "output_format": "json-lines"})]
    late = threading.Event()
    # Not a pipe: what nobody reads while it fills would stop the program.
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)

        def end() -> None:
            late.set()
            _kill(process)

        timer = threading.Timer(settings.timeout, end)
        timer.daemon = True
        timer.start()
        assert process.stdout is not None
        count = 0
        is_whole = False
        try:
            while text := process.stdout.readline(_LONGEST_LINE):
                if not text.endswith(b"\n"):
                    break
                count += 1
                yield json.loads(text)
            is_whole = not text
        finally:
            if not is_whole:
                _kill(process)
            process.stdout.close()
            # Not process.wait(), which does not say what the process used.
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            timer.cancel()
            result.cpu += usage.ru_utime + usage.ru_stime
        if late.is_set():
            raise Ended(f"wheelscrub {command} took more than {settings.timeout:g} seconds")
        if process.returncode < 0:
            raise Ended(f"wheelscrub {command} was ended by signal {-process.returncode}")
        if not is_whole or count == 0:
            errors.seek(0)
            said = errors.read(2000).decode(errors="replace").strip()
            raise Ended(said or f"wheelscrub {command} said nothing, exit code {process.returncode}")


def _kill(process: subprocess.Popen[bytes]) -> None:
    # Not process.kill(), which would ask for the status that os.wait4 is about to take.
    if process.returncode is None:
        os.kill(process.pid, signal.SIGKILL)
