"""One file to check: where it is, and what makes it the same file in another sweep."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Optional
from urllib.parse import unquote, urlsplit, urlunsplit

_ADDRESS = re.compile(r"\w+://[^\s'\"<>]+")


@dataclass(frozen=True)
class Artifact:
    """Dask logs the arguments of a task that fails, so `repr` has no credentials."""

    #: Name and sha256 where the index says it, else the place with size and ETag.
    identity: str
    name: str
    #: The path or URL without credentials and without query.
    place: str
    #: What is opened. It can contain credentials and signatures, and appears in no table, message or log.
    address: str = field(repr=False)
    #: As the listing says; bytes.
    size: Optional[int] = None
    sha256: Optional[str] = None
    etag: Optional[str] = None
    #: Why the listing cannot name the file: a page of the index that cannot be read, an unsafe name.
    problem: Optional[str] = None

    @property
    def project(self) -> Optional[str]:
        """Normalized as PEP 503 says; None if the name is not that of a wheel."""
        parts = self.name.split("-")
        if not self.name.endswith(".whl") or len(parts) < 5:
            return None
        return re.sub(r"[-_.]+", "-", parts[0]).lower()

    @property
    def version(self) -> Optional[str]:
        return self.name.split("-")[1] if self.project else None

    @property
    def platform(self) -> Optional[str]:
        """The wheel's platform tags, joined by dots (PEP 425)."""
        return self.name[: -len(".whl")].rsplit("-", 1)[1] if self.project else None


def make(
    address: str,
    *,
    name: Optional[str] = None,
    size: Optional[int] = None,
    sha256: Optional[str] = None,
    etag: Optional[str] = None,
) -> Artifact:
    """The artifact at a path or URL. A fragment `#sha256=...` counts as said by the index (PEP 503)."""
    address, _, fragment = address.partition("#")
    found = re.search(r"(?:^|&)sha256=([0-9a-fA-F]{64})(?:&|$)", fragment)
    sha256 = (sha256 or (found[1] if found else "")).lower() or None
    place = public(address)
    path = urlsplit(address).path if "://" in address else address
    name = unquote(path).rsplit("/", 1)[-1] if name is None else name
    if sha256 and re.fullmatch(r"[0-9a-f]{64}", sha256):
        # With the name, on which results depend: two names can have the same bytes.
        identity = f"sha256:{sha256}:{name}"
    else:
        sha256 = None
        query = urlsplit(address).query if "://" in address else ""
        query = "?" + hashlib.sha256(query.encode()).hexdigest()[:16] if query else ""
        identity = f"{place}{query}#{'' if size is None else size},{etag or ''}"
    problem = None if _is_safe(name) else f"unsafe file name {name[:80]!r}"
    return Artifact(identity, name, place, address, size, sha256, etag, problem)


def failed(place: str, name: str, problem: str) -> Artifact:
    """A page of an index that could not be read: it has a row in the table as well."""
    return Artifact(f"index:{public(place)}", name, public(place), place, problem=problem)


def public(address: str) -> str:
    """Without user, password and query, any of which may be a credential."""
    if "://" not in address:
        return address
    try:
        parts = urlsplit(address)
    except ValueError:
        return "an invalid URL"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def redacted(text: str) -> str:
    """A message without the credentials of the URLs in it."""
    return _ADDRESS.sub(lambda found: public(found[0]), text)


def _is_safe(name: str) -> bool:
    # The name becomes that of a file in the spool.
    return 0 < len(name.encode("utf-8", "replace")) <= 255 and name not in (".", "..") and not re.search(r"[/\\\0]", name)
