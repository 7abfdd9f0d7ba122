"""Bytes from elsewhere, through fsspec: limited requests, attempts with backoff, bounded sizes."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Callable, Iterator, Optional, TypeVar
from urllib.parse import urlsplit

from ._extra import module
from .artifact import redacted

#: Bytes of one read, and of one request to an object store.
BLOCK = 8 << 20
#: Seconds without a byte after which an attempt ends.
SILENCE = 60
_LONGEST_PAUSE = 60.0
#: Statuses of HTTP that may be different next time (RFC 9110, section 15, and RFC 6585).
_TEMPORARY = {408, 425, 429}

_T = TypeVar("_T")


class FetchError(Exception):
    """Why a file was not fetched."""

    def __init__(self, kind: str, message: str, *, is_final: bool, pause: float = 0) -> None:
        super().__init__(redacted(message))
        #: `fetch`, `too-large` or `digest`.
        self.kind = kind
        self.is_final = is_final
        #: Seconds that the server asks to wait.
        self.pause = pause


class Rate:
    """Keeps requests to one host apart. Each thread that asks has its own, and its share of the limit."""

    def __init__(
        self, per_second: float, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._interval = 1 / per_second if per_second > 0 else 0.0
        self._clock, self._sleep = clock, sleep
        self._next: dict[str, float] = {}

    def wait(self, address: str) -> None:
        if not self._interval:
            return
        host = urlsplit(address).netloc.rpartition("@")[2]
        now = self._clock()
        start = max(now, self._next.get(host, now))
        self._next[host] = start + self._interval
        if start > now:
            self._sleep(start - now)


@dataclass
class Traffic:
    """What a file cost to fetch."""

    requests: int = 0
    bytes: int = 0
    attempts: int = 0


def attempt(
    work: Callable[[], _T], attempts: int, backoff: float, traffic: Traffic, sleep: Callable[[float], None] = time.sleep
) -> _T:
    """Repeats the work until it succeeds or fails for good.

    Raises FetchError.
    """
    while True:
        traffic.attempts += 1
        try:
            return work()
        except Exception as error:
            failure = _classified(error)
        if failure.is_final or traffic.attempts >= attempts:
            raise failure
        sleep(min(max(failure.pause, backoff * 2 ** (traffic.attempts - 1)), _LONGEST_PAUSE))


def blocks(address: str, traffic: Traffic, rate: Rate, accept: Optional[str] = None) -> Iterator[tuple[bytes, str]]:
    """The file in blocks, each with the address that it came from after redirections."""
    rate.wait(address)
    traffic.requests += 1
    if address.startswith(("http://", "https://")):
        # The size only keeps fsspec from asking for it first.
        opened = _http(accept).open(address, "rb", block_size=0, size=1)
    else:
        filesystem, path = module("fsspec.core").url_to_fs(address)
        opened = filesystem.open(path, "rb", block_size=BLOCK, cache_type="none")
    with closing(opened) as file:
        where = str(getattr(getattr(file, "r", None), "url", address))
        first = True
        while True:
            if not first and not hasattr(file, "r"):
                rate.wait(address)
                traffic.requests += 1
            block = file.read(BLOCK)
            if not block:
                return
            first = False
            traffic.bytes += len(block)
            yield block, where


def information(address: str, rate: Rate) -> dict[str, Any]:
    """What the place says of a file without sending it: `size`, and `ETag` where there is one."""
    rate.wait(address)
    if address.startswith(("http://", "https://")):
        found: dict[str, Any] = _http(None).info(address)
        return found
    filesystem, path = module("fsspec.core").url_to_fs(address)
    found = filesystem.info(path)
    return found


def _http(accept: Optional[str]) -> Any:
    timeout = module("aiohttp").ClientTimeout(total=None, sock_connect=SILENCE, sock_read=SILENCE)
    headers = {"User-Agent": "wheelscrub-sweep"}
    # A compressed transfer would have another length, and another digest if a proxy leaves it so.
    headers.update({"Accept": accept} if accept else {"Accept-Encoding": "identity"})
    # trust_env: credentials come from netrc, proxies from the environment.
    return module("fsspec").filesystem("http", client_kwargs={"trust_env": True, "timeout": timeout, "headers": headers})


def _classified(error: Exception) -> FetchError:
    if isinstance(error, FetchError):
        return error
    status = getattr(error, "status", None)
    if isinstance(status, int):
        pause = (getattr(error, "headers", None) or {}).get("Retry-After", "")
        is_final = status < 500 and status not in _TEMPORARY
        message = f"HTTP status {status}"
        return FetchError("fetch", message, is_final=is_final, pause=float(pause) if str(pause).isdigit() else 0)
    if isinstance(error, FileNotFoundError):
        return FetchError("fetch", "not found", is_final=True)
    if isinstance(error, PermissionError):
        return FetchError("fetch", "permission denied", is_final=True)
    return FetchError("fetch", f"{type(error).__name__}: {error}".rstrip(": "), is_final=False)
