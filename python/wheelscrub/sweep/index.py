"""Reads a simple index: HTML as PEP 503 says, JSON as PEP 691 says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from html.parser import HTMLParser
from typing import Any, Iterator, Optional, Sequence
from urllib.parse import urljoin, urlsplit, urlunsplit
import re

from ._extra import module
from .artifact import Artifact, failed, make
from .remote import FetchError, Rate, Traffic, attempt, blocks
from .settings import Settings

_ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
#: Bytes of a page. The list of all projects of PyPI has about 40 million.
_LARGEST_PAGE = 256 << 20


@dataclass(frozen=True)
class Selection:
    """Which files of an index count."""

    #: Names of projects; None for all.
    projects: Optional[Sequence[str]] = None
    #: Globs; a wheel counts if one of its platform tags fits one of them.
    platforms: Sequence[str] = ()
    #: How many versions of each project, newest first; None for all.
    latest: Optional[int] = None


@dataclass(frozen=True)
class _File:
    name: str
    address: str
    sha256: Optional[str]
    size: Optional[int]
    is_yanked: bool


class Index:
    def __init__(self, address: str, settings: Settings, rate: Rate) -> None:
        self._address = address.rstrip("/") + "/"
        self._settings = settings
        self._rate = rate

    def projects(self) -> list[str]:
        """All of them. Raises FetchError."""
        page, where = self._page(self._address)
        if page.lstrip()[:1] == b"{":
            names = [str(one["name"]) for one in _object(page).get("projects", [])]
        else:
            names = [urlsplit(href).path.rstrip("/").rsplit("/", 1)[-1] for href, _ in _links(page)]
        return sorted({_normalized(name) for name in names if name})

    def artifacts(self, project: str, selection: Selection) -> Iterator[Artifact]:
        """The wheels of a project. A page that cannot be read is an artifact with a problem."""
        address = f"{self._address}{_normalized(project)}/"
        try:
            page, where = self._page(address)
            files = list(_files(page, where))
        except FetchError as error:
            yield failed(address, project, str(error))
            return
        for file in _selected(files, selection):
            yield make(self._with_user(file.address), name=file.name, size=file.size, sha256=file.sha256)

    def _page(self, address: str) -> tuple[bytes, str]:
        def read() -> tuple[bytes, str]:
            content, where = bytearray(), address
            for block, where in blocks(address, Traffic(), self._rate, _ACCEPT):
                content += block
                if len(content) > _LARGEST_PAGE:
                    raise FetchError("fetch", f"a page of more than {_LARGEST_PAGE} bytes", is_final=True)
            return bytes(content), where

        return attempt(read, self._settings.attempts, self._settings.backoff, Traffic())

    def _with_user(self, address: str) -> str:
        """A file on the index's own host is fetched as its pages are."""
        ours, theirs = urlsplit(self._address), urlsplit(address)
        user, at, host = ours.netloc.rpartition("@")
        if not at or (theirs.scheme, theirs.netloc) != (ours.scheme, host):
            return address
        return urlunsplit(theirs._replace(netloc=f"{user}@{host}"))


def _files(page: bytes, where: str) -> Iterator[_File]:
    if page.lstrip()[:1] == b"{":
        for one in _object(page).get("files", []):
            sha256, size = one.get("hashes", {}).get("sha256"), one.get("size")
            yield _File(str(one["filename"]), urljoin(where, str(one["url"])), sha256, size, bool(one.get("yanked")))
        return
    for href, is_yanked in _links(page):
        address = urljoin(where, href)
        yield _File(make(address).name, address, None, None, is_yanked)


def _object(page: bytes) -> dict[str, Any]:
    try:
        value = json.loads(page)
    except ValueError as error:
        raise FetchError("fetch", f"the page is no JSON: {error}", is_final=True) from None
    if not isinstance(value, dict):
        raise FetchError("fetch", "the page is no JSON object", is_final=True)
    return value


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Optional[str]]]) -> None:
        values = dict(attrs)
        href = values.get("href")
        if tag == "a" and href:
            self.found.append((href, "data-yanked" in values))


def _links(page: bytes) -> list[tuple[str, bool]]:
    parser = _Links()
    parser.feed(page.decode("utf-8", "replace"))
    return parser.found


def _selected(files: list[_File], selection: Selection) -> Iterator[_File]:
    wheels = [file for file in files if file.name.endswith(".whl") and _fits(file.name, selection.platforms)]
    if selection.latest is not None:
        version = {file: _version(file.name) for file in wheels if not file.is_yanked}
        newest = sorted({one for one in version.values() if one is not None}, reverse=True)[: selection.latest]
        wheels = [file for file in wheels if version.get(file) in newest]
    yield from sorted(wheels, key=lambda file: file.name)


def _fits(name: str, platforms: Sequence[str]) -> bool:
    tags = name[: -len(".whl")].rsplit("-", 1)[-1].split(".")
    return not platforms or any(fnmatchcase(tag, glob) for tag in tags for glob in platforms)


def _version(name: str) -> Any:
    packaging = module("packaging.version")
    try:
        return packaging.Version(name.split("-")[1])
    except (IndexError, packaging.InvalidVersion):
        return None


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
