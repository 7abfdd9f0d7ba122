"""What the command line names: paths, globs, URLs, indexes and files with URLs."""

from __future__ import annotations

import os
from typing import Any, Iterator, Mapping, Optional, Sequence

from ._extra import module
from .artifact import Artifact, make, failed, public
from .index import Index, Selection
from .remote import FetchError, Rate, Traffic, attempt, information
from .settings import Settings


class SourceError(Exception):
    """A source that names nothing."""


class Listing:
    """Iterates over all artifacts, each once.

    `fraction` says how much has been listed, between 0 and 1: an index is listed while its files are checked.
    """

    def __init__(self, sources: Sequence[str], selection: Selection, settings: Settings) -> None:
        self._sources = sources
        self._selection = selection
        self._settings = settings
        self._rate = Rate(settings.rate)
        self.fraction = 0.0
        self.listed = 0

    def __iter__(self) -> Iterator[Artifact]:
        seen = set()
        for number, source in enumerate(self._sources):
            for artifact, share in self._of(source):
                self.fraction = (number + share) / len(self._sources)
                if artifact.identity not in seen:
                    seen.add(artifact.identity)
                    self.listed += 1
                    yield artifact
        self.fraction = 1.0

    def _of(self, source: str) -> Iterator[tuple[Artifact, float]]:
        if source.startswith("@"):
            lines = _words(source[1:])
            for number, line in enumerate(lines):
                yield self._one(line), (number + 1) / len(lines)
        elif source.startswith(("http://", "https://")) and source.endswith("/"):
            yield from self._of_index(source)
        elif source.startswith(("http://", "https://")):
            yield self._one(source), 1.0
        else:
            found = self._found(source)
            for number, artifact in enumerate(found):
                yield artifact, (number + 1) / len(found)

    def _of_index(self, source: str) -> Iterator[tuple[Artifact, float]]:
        index = Index(source, self._settings, self._rate)
        try:
            names = index.projects() if self._selection.projects is None else self._selection.projects
        except FetchError as error:
            raise SourceError(f"{public(source)}: {error}") from None
        for number, name in enumerate(names):
            for artifact in index.artifacts(name, self._selection):
                yield artifact, (number + 1) / len(names)

    def _one(self, address: str) -> Artifact:
        """A URL. Without a sha256 in its fragment, its size and ETag are asked for."""
        known = make(address)
        if known.sha256 or "://" not in address:
            return known if known.sha256 else _local(address)
        try:
            said = attempt(
                lambda: information(known.address, self._rate), self._settings.attempts, self._settings.backoff, Traffic()
            )
        except FetchError as error:
            return failed(address, known.name, str(error))
        return _made(known.address, said)

    def _found(self, source: str) -> list[Artifact]:
        """A file, all wheels below a directory, or what fits a glob."""
        try:
            filesystem, path = module("fsspec.core").url_to_fs(source)
            if any(character in path for character in "*?[") and not filesystem.exists(path):
                found = filesystem.glob(path, detail=True)
            elif filesystem.isdir(path):
                found = {name: said for name, said in filesystem.find(path, detail=True).items() if name.endswith(".whl")}
            else:
                found = {path: filesystem.info(path)}
        except FileNotFoundError:
            found = {}
        files = {name: said for name, said in sorted(found.items()) if said.get("type") == "file"}
        if not files:
            raise SourceError(f"{public(source)}: no such file, and no wheels there")
        is_local = "file" in (filesystem.protocol if isinstance(filesystem.protocol, tuple) else (filesystem.protocol,))
        return [_local(name) if is_local else _made(filesystem.unstrip_protocol(name), files[name]) for name in files]


def _made(address: str, said: Mapping[str, Any]) -> Artifact:
    etag: Optional[str] = None
    for name in ("ETag", "etag", "Content-MD5", "Last-Modified", "LastModified", "mtime"):
        if said.get(name):
            etag = str(said[name]).strip('"')
            break
    return make(address, size=said.get("size"), etag=etag)


def _local(path: str) -> Artifact:
    try:
        said = os.stat(path)
    except OSError as error:
        return failed(path, os.path.basename(path), error.strerror or str(error))
    return make(os.path.abspath(path), size=said.st_size, etag=f"mtime-{said.st_mtime_ns}")


def _words(path: str) -> list[str]:
    """The lines of a file without comments, which have a # at the beginning or behind a space."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line.split(" #")[0].strip() for line in file]
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from None
    return [line for line in lines if line and not line.startswith("#")]


def packages(path: str) -> list[str]:
    """The projects that a file names, one in a line."""
    return _words(path)
