#!/usr/bin/env python3
"""A sweep beside one `wheelscrub check` of the same wheels, and two workers beside one.

usage: Benchmarks/sweep.py DIRECTORY     with wheels; the Python needs wheelscrub[sweep] (make test-sweep makes one)
"""

from __future__ import annotations

import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import wheelscrub


def measured(line: list[str]) -> tuple[float, float]:
    """Elapsed seconds, and seconds of CPU time with all children."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # 1: check found something.
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(line)}: {done.stderr}")
    return time.monotonic() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    wheels = sorted(str(path) for path in pathlib.Path(sys.argv[1]).glob("*.whl"))
    program = wheelscrub.find_bin()
    with tempfile.TemporaryDirectory() as work:
        def sweep(source: str, workers: int, *more: str) -> list[str]:
            return [sys.executable, "-m", "wheelscrub.sweep", source, "--workers", str(workers), "--no-dashboard",
                    "--partition", "8", *more, "-o"]

        listed = os.path.join(work, "none")
        pathlib.Path(listed).write_text("")
        rows = {
            "check of all, one job": [program, "check", "--isolated", "--jobs", "1", "--output-format", "json-lines", *wheels],
            "sweep of nothing, 2 workers": sweep(f"@{listed}", 2),
            "sweep --no-keys, 1 worker": sweep(sys.argv[1], 1, "--no-keys"),
            "sweep --no-keys, 2 workers": sweep(sys.argv[1], 2, "--no-keys"),
            "sweep, 1 worker": sweep(sys.argv[1], 1),
            "sweep, 2 workers": sweep(sys.argv[1], 2),
        }
        size = sum(os.path.getsize(path) for path in wheels)
        print(f"{len(wheels)} wheels, {size / 1e6:.0f} MB, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        print(f"{'':30}{'elapsed s':>11}{'CPU s':>9}{'CPU ms/wheel':>14}")
        for name, line in rows.items():
            if line[-1] == "-o":
                line = [*line, os.path.join(work, name)]
            elapsed, cpu = measured(line)
            print(f"{name:30}{elapsed:11.1f}{cpu:9.1f}{1000 * cpu / len(wheels):14.1f}", flush=True)


if __name__ == "__main__":
    main()
