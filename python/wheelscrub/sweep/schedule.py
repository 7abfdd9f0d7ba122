"""Hands partitions to Dask and results to the store, and goes on where workers do not."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Callable, Iterable, Iterator, Optional

from ._extra import module
from .artifact import Artifact
from .schema import table
from .settings import Settings
from .store import Reuse, Store
from .worker import check_partition, failure

#: How often a partition is handed out again after the scheduler lost it.
_LOSSES = 5


class SchedulerError(Exception):
    """The scheduler does not come back. What was done is in the store."""


@dataclass
class Totals:
    """What a sweep has done so far."""

    artifacts: int = 0
    reused: int = 0
    #: Artifacts that had a row when the sweep began.
    before: int = 0
    findings: int = 0
    errors: int = 0
    bytes: int = 0
    #: Partitions that were divided because workers died of them.
    divided: int = 0


@dataclass
class _Task:
    artifacts: list[Artifact]
    is_suspect: bool = False
    losses: int = 0
    future: Any = field(default=None)


def sweep(
    artifacts: Iterable[Artifact],
    store: Store,
    settings: Settings,
    client: Any,
    *,
    partition: int = 64,
    reuse: Optional[Reuse] = None,
    progress: Callable[[Totals], None] = lambda totals: None,
) -> Totals:
    """Checks all artifacts that have no row in the store yet.

    Raises SchedulerError if the scheduler goes away and does not return.
    """
    totals = Totals()
    reused: list[str] = []
    tasks = _partitions(_missing(artifacts, store.done(), reuse, reused, totals), partition)
    _run(tasks, store, settings, client, totals, progress)
    if reuse is not None:
        for rows, findings in reuse.rows(reused):
            store.add(rows, findings)
            totals.reused += rows.num_rows
            totals.findings += findings.num_rows
            progress(totals)
    return totals


def _missing(
    artifacts: Iterable[Artifact], done: set[str], reuse: Optional[Reuse], reused: list[str], totals: Totals
) -> Iterator[Artifact]:
    for artifact in artifacts:
        if artifact.identity in done:
            totals.before += 1
        elif reuse is not None and artifact.identity in reuse:
            reused.append(artifact.identity)
        else:
            yield artifact


def _partitions(artifacts: Iterator[Artifact], size: int) -> Iterator[_Task]:
    while part := list(islice(artifacts, size)):
        yield _Task(part)


def _run(
    tasks: Iterator[_Task], store: Store, settings: Settings, client: Any, totals: Totals,
    progress: Callable[[Totals], None],
) -> None:
    distributed = module("distributed")
    running: dict[str, _Task] = {}
    suspects: deque[Artifact] = deque()
    finished = distributed.as_completed(loop=client.loop)

    def submit(task: _Task) -> None:
        task.future = client.submit(check_partition, task.artifacts, settings, pure=False)
        running[task.future.key] = task
        finished.add(task.future)

    def fill() -> None:
        # Two for each thread: one runs, one waits. An index of millions is never in memory at once.
        free = max(4, 2 * sum(client.nthreads().values())) - len(running)
        for task in islice(tasks, max(free, 0)):
            submit(task)
        # One at a time: Dask blames every task that a worker had when it died.
        if suspects and not any(task.is_suspect for task in running.values()):
            submit(_Task([suspects.popleft()], is_suspect=True))

    fill()
    while running or suspects:
        future = next(finished)
        task = running.pop(future.key)
        if future.status == "finished":
            rows, findings = future.result()
            _keep(rows, findings, store, totals)
        elif future.status == "error":
            _recover(task, future.exception(), suspects, store, totals)
        else:
            # Cancelled or lost: the scheduler was restarted, or the connection to it.
            task.losses += 1
            if task.losses > _LOSSES:
                raise SchedulerError("the scheduler lost the same partition again and again; --resume continues")
            time.sleep(settings.backoff * 2 ** (task.losses - 1))
            submit(task)
        task.future = None
        progress(totals)
        fill()


def _recover(
    task: _Task, error: BaseException, suspects: deque[Artifact], store: Store, totals: Totals
) -> None:
    """Workers died while they had this partition, or it did not get to one: its files are tried one by one."""
    if not task.is_suspect:
        totals.divided += 1
        suspects.extend(task.artifacts)
        return
    artifact = task.artifacts[0]
    message = f"not checked: {type(error).__name__}; a worker needs more memory, or ends for another reason"
    _keep(table("artifacts", [failure(artifact, "worker", message)]), table("findings", []), store, totals)


def _keep(rows: Any, findings: Any, store: Store, totals: Totals) -> None:
    store.add(rows, findings)
    totals.artifacts += rows.num_rows
    totals.findings += findings.num_rows
    totals.errors += sum(outcome == "error" for outcome in rows["outcome"].to_pylist())
    totals.bytes += sum(value or 0 for value in rows["size"].to_pylist())
