"""The command line of `wheelscrub-sweep`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Iterator, NoReturn, Optional, Sequence

from ._extra import MissingExtra, module
from .index import Selection
from .progress import Progress
from .report import page, sections, text
from .schedule import SchedulerError, sweep
from .settings import Settings, fingerprint, program_version, rules
from .sources import Listing, SourceError, packages
from .store import Store, StoreError

_RULES = ("select", "extend_select", "ignore", "per_file_ignores", "exclude", "allow_path", "pattern")
_FAILURES = (MissingExtra, SourceError, StoreError, SchedulerError, FileNotFoundError)


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Returns 0 if every file has a row, 2 if the sweep could not be done, 130 if it was stopped."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _report(words[1:]) if words[:1] == ["report"] else _sweep(words)
    except _FAILURES as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped: --resume continues", file=sys.stderr)
        return 130


def _sweep(words: Sequence[str]) -> int:
    parser = _parser()
    asked = parser.parse_args(words)
    has_index = any(one.startswith(("http://", "https://")) and one.endswith("/") for one in asked.sources)
    if has_index and asked.packages is None and not asked.all:
        parser.error("an index needs --packages FILE or --all")
    for name in ("fsspec", "aiohttp", "pyarrow", "distributed", "packaging"):
        module(name)
    settings = _settings(asked)
    store = Store(asked.output)
    mark = fingerprint(settings)
    store.begin({"fingerprint": mark, "version": program_version()}, rules(), asked.resume)
    forgotten = store.forget_unfetched() if asked.resume else 0
    if forgotten:
        print(f"{forgotten} files that could not be fetched are tried again", file=sys.stderr)
    reuse = store.reuse(Store(asked.reuse), mark) if asked.reuse else None
    if asked.reuse and reuse is None:
        print(f"{asked.reuse}: made by another program or with other rules; nothing is reused", file=sys.stderr)
    projects = None if asked.packages is None else packages(asked.packages)
    with _client(asked) as client:
        # The listing asks the same host as the workers.
        parties = sum(client.nthreads().values()) + 1
        settings = replace(settings, rate=asked.rate / parties)
        listing = Listing(asked.sources, Selection(projects, asked.platform, asked.latest), settings)
        progress = Progress(listing)
        try:
            totals = sweep(listing, store, settings, client, partition=asked.partition, reuse=reuse, progress=progress)
        finally:
            progress.end()
    print(f"{progress.line(totals)}; {totals.before} done before, {totals.reused} reused", file=sys.stderr)
    return 0


def _report(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="wheelscrub-sweep report", description="Summarize the results of a sweep.")
    parser.add_argument("output", type=Path, metavar="OUT")
    parser.add_argument("--rule", help="only findings of this rule, or of codes that begin like this")
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write a page (default: OUT/report.html)")
    asked = parser.parse_args(words)
    found = sections(Store(asked.output), asked.rule)
    (asked.html or asked.output / "report.html").write_text(page(found), encoding="utf-8")
    print(text(found), end="")
    return 0


def _settings(asked: argparse.Namespace) -> Settings:
    chosen = {name: getattr(asked, name) for name in _RULES if getattr(asked, name)}
    return Settings(
        rules=chosen, max_bytes=asked.max_bytes, max_findings=asked.max_findings, timeout=asked.timeout,
        memory_limit=asked.memory_limit, attempts=asked.attempts, backoff=asked.backoff, spool=asked.spool,
        keys=not asked.no_keys,
    )


@contextmanager
def _client(asked: argparse.Namespace) -> Iterator[Any]:
    """A client of the scheduler, or of a cluster of processes on this machine that ends with the sweep."""
    distributed = module("distributed")
    signal.signal(signal.SIGTERM, _interrupted)
    if asked.scheduler:
        with distributed.Client(asked.scheduler) as client:
            client.wait_for_workers(1)
            print(f"dashboard: {client.dashboard_link}", file=sys.stderr)
            yield client
        return
    with distributed.LocalCluster(
        n_workers=asked.workers or os.cpu_count(), threads_per_worker=1, processes=True, host="127.0.0.1",
        dashboard_address="127.0.0.1:0", scheduler_kwargs={"dashboard": not asked.no_dashboard},
    ) as cluster, distributed.Client(cluster) as client:
        if not asked.no_dashboard:
            print(f"dashboard: {client.dashboard_link}", file=sys.stderr)
        yield client


def _interrupted(*_: Any) -> NoReturn:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wheelscrub-sweep",
        description="Check all wheels of an index, a bucket or a directory, and write the results as Parquet.",
        epilog="wheelscrub-sweep report OUT summarizes the results.",
    )
    parser.add_argument(
        "sources", nargs="+", metavar="SOURCE",
        help="a path, a directory, a glob, a URL that fsspec knows (s3, gs, az, https, file), "
        "a simple index (http or https, with / at its end), or @FILE, a file with one of these URLs in each line",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="directory for the results")
    parser.add_argument("--resume", action="store_true", help="continue the sweep whose results are in OUT")
    parser.add_argument("--reuse", type=Path, metavar="OLD", help="take results from an older sweep with the same rules")
    index = parser.add_argument_group("indexes")
    which = index.add_mutually_exclusive_group()
    which.add_argument("--packages", metavar="FILE", help="the projects, one in each line")
    which.add_argument("--all", action="store_true", help="all projects of the index")
    index.add_argument("--platform", action="append", default=[], metavar="GLOB", help="platform tags that count")
    index.add_argument("--latest", type=_positive, metavar="N", help="only the newest N versions of each project")
    index.add_argument("--rate", type=float, default=10, metavar="N", help="requests per second to one host; 0: no limit (10)")
    index.add_argument("--attempts", type=_positive, default=5, metavar="N", help="attempts to fetch one file (5)")
    index.add_argument("--backoff", type=float, default=1, metavar="SECONDS", help="pause before the second attempt (1)")
    work = parser.add_argument_group("work")
    work.add_argument("--scheduler", metavar="ADDRESS", help="a Dask scheduler, instead of processes on this machine")
    work.add_argument("--workers", type=_positive, metavar="N", help="processes on this machine (number of cores)")
    work.add_argument("--partition", type=_positive, default=64, metavar="N", help="files in one task and Parquet file (64)")
    work.add_argument("--no-dashboard", action="store_true", help="start no dashboard")
    work.add_argument("--no-keys", action="store_true", help="only check: no keys")
    limits = parser.add_argument_group("limits for one file")
    limits.add_argument("--max-bytes", type=_positive, default=1 << 30, metavar="N", help="bytes that are fetched (1 GiB)")
    limits.add_argument("--max-findings", type=_positive, default=100_000, metavar="N", help="findings (100000)")
    limits.add_argument("--timeout", type=float, default=600, metavar="SECONDS", help="time of one command (600)")
    limits.add_argument("--memory-limit", metavar="SIZE", help="as wheelscrub check has it")
    limits.add_argument("--spool", metavar="DIR", help="where files are while they are checked (the worker's directory)")
    chosen = parser.add_argument_group("rules, as wheelscrub check has them; configuration files are not read")
    for name in _RULES:
        chosen.add_argument("--" + name.replace("_", "-"), action="append", default=[], metavar="VALUE")
    return parser


def _positive(value: str) -> int:
    number = int(value)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
