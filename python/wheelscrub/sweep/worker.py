"""What Dask runs on a worker: fetch, check and key each file of a partition."""

from __future__ import annotations

import threading
import time
from typing import Any, Optional, Sequence

from ._extra import module
from .artifact import Artifact, redacted
from .program import Ended, Examination, examine
from .remote import FetchError, Rate, Traffic
from .schema import table
from .settings import Settings
from .spool import fetched

_thread = threading.local()


def check_partition(artifacts: Sequence[Artifact], settings: Settings) -> tuple[Any, Any]:
    """The partition's rows: artifacts and findings. No file ends it: what goes wrong is part of the file's row."""
    rate = _rate(settings)
    spool = settings.spool or _own_directory()
    rows, findings = [], []
    for artifact in artifacts:
        row, found = check_artifact(artifact, settings, rate, spool)
        rows.append(row)
        findings += found
    return table("artifacts", rows), table("findings", findings)


def check_artifact(
    artifact: Artifact, settings: Settings, rate: Rate, spool: Optional[str]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    if artifact.problem:
        return failure(artifact, "index", artifact.problem), []
    traffic, said = Traffic(), Examination()
    measured: dict[str, Any] = {}
    kind: Optional[str] = None
    start = time.monotonic()
    try:
        with fetched(artifact, settings, rate, traffic, spool) as file:
            now = time.monotonic()
            measured = {"size": file.size, "sha256": file.sha256, "fetch_seconds": now - start}
            start = now
            examine(file.path, settings, said)
    except FetchError as error:
        kind = error.kind
        said.errors.append({"message": str(error)})
    except Ended as error:
        kind = "ended"
        said.errors.append({"message": str(error)})
    except Exception as error:
        # One file must not end the partition. The row says what happened.
        kind = "internal"
        said.errors.append({"message": redacted(f"{type(error).__name__}: {error}")})
    if said.errors and kind is None:
        kind = "broken"
    row = {
        **_described(artifact),
        "key_full": said.keys.get("full"),
        "key_runtime": said.keys.get("runtime"),
        "raw_reasons": said.reasons,
        "outcome": "error" if kind else "findings" if said.findings else "clean",
        "findings": len(said.findings),
        "error_kind": kind,
        "errors": said.errors,
        "attempts": traffic.attempts,
        "requests": traffic.requests,
        "bytes_read": traffic.bytes,
        "check_seconds": time.monotonic() - start,
        "cpu_seconds": said.cpu,
        **measured,
    }
    return row, [{**finding, **_described(artifact)} for finding in said.findings]


def failure(artifact: Artifact, kind: str, message: str) -> dict[str, Any]:
    """The row of a file that was not checked."""
    return {
        **_described(artifact), "outcome": "error", "findings": 0, "error_kind": kind,
        "errors": [{"message": message}], "raw_reasons": [], "attempts": 0, "requests": 0, "bytes_read": 0,
    }


def _described(artifact: Artifact) -> dict[str, Any]:
    return {
        "identity": artifact.identity, "name": artifact.name, "project": artifact.project,
        "version": artifact.version, "platform": artifact.platform, "place": artifact.place,
        "size": artifact.size, "sha256": artifact.sha256, "etag": artifact.etag,
    }


def _rate(settings: Settings) -> Rate:
    """One for each thread, for all its partitions."""
    rates: dict[float, Rate] = _thread.__dict__.setdefault("rates", {})
    return rates.setdefault(settings.rate, Rate(settings.rate))


def _own_directory() -> Optional[str]:
    """Dask removes a worker's directory, also after the worker was killed."""
    try:
        directory: str = module("distributed").get_worker().local_directory
    except ValueError:
        return None
    return directory
