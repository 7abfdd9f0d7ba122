"""Holds one file for as long as it is checked."""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Iterator, Optional

from .artifact import Artifact
from .remote import BLOCK, FetchError, Rate, Traffic, attempt, blocks
from .settings import Settings


@dataclass(frozen=True)
class Fetched:
    path: str
    sha256: str
    #: Bytes.
    size: int


@contextmanager
def fetched(
    artifact: Artifact, settings: Settings, rate: Rate, traffic: Traffic, directory: Optional[str]
) -> Iterator[Fetched]:
    """The file on this machine. One that is here already is not copied; all others go when the block ends.

    A thread holds one file of at most `max_bytes`, so a worker's spool is bounded by their number.

    Raises FetchError.
    """
    if artifact.size is not None:
        _check_size(artifact.size, settings)
    if "://" not in artifact.address:
        yield attempt(lambda: _measured(artifact, settings), 1, 0, traffic)
        return
    with TemporaryDirectory(prefix="wheelscrub-sweep-", dir=directory) as spool:
        path = os.path.join(spool, artifact.name)
        yield attempt(
            lambda: _downloaded(artifact, path, settings, rate, traffic), settings.attempts, settings.backoff, traffic
        )


def _measured(artifact: Artifact, settings: Settings) -> Fetched:
    digest, size = hashlib.sha256(), 0
    with open(artifact.address, "rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            size += len(block)
            _check_size(size, settings)
    return _checked(artifact, Fetched(artifact.address, digest.hexdigest(), size))


def _downloaded(artifact: Artifact, path: str, settings: Settings, rate: Rate, traffic: Traffic) -> Fetched:
    digest, size = hashlib.sha256(), 0
    with open(path, "wb") as file:
        for block, _ in blocks(artifact.address, traffic, rate):
            size += len(block)
            _check_size(size, settings)
            digest.update(block)
            file.write(block)
    return _checked(artifact, Fetched(path, digest.hexdigest(), size))


def _check_size(size: int, settings: Settings) -> None:
    if size > settings.max_bytes:
        raise FetchError("too-large", f"more than --max-bytes ({settings.max_bytes} bytes)", is_final=True)


def _checked(artifact: Artifact, fetched: Fetched) -> Fetched:
    if artifact.size is not None and fetched.size != artifact.size:
        raise FetchError("fetch", f"{artifact.size} bytes were promised, {fetched.size} came", is_final=False)
    if artifact.sha256 is not None and fetched.sha256 != artifact.sha256:
        raise FetchError("digest", f"the index says sha256 {artifact.sha256}, it is {fetched.sha256}", is_final=False)
    return fetched
