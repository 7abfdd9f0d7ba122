"""What a sweep was asked to do, as far as workers need to know."""

from __future__ import annotations

import hashlib
import json
import subprocess
from dataclasses import dataclass, field
from typing import Any, Mapping, Optional

from .._find_bin import find_bin
from .._run import Option, arguments

#: Increased if a column gets another meaning, so that no result of an older kind is reused.
FORMAT = 1


@dataclass(frozen=True)
class Settings:
    """Contains no credentials: fsspec finds them on the worker."""

    #: Options of rules, as `wheelscrub check` has them.
    rules: Mapping[str, Option] = field(default_factory=dict)
    #: Bytes of the largest file that is fetched.
    max_bytes: int = 1 << 30
    #: Findings of one file; a file with more gets an error.
    max_findings: int = 100_000
    #: Seconds of one run of the program on one file.
    timeout: float = 600
    memory_limit: Optional[str] = None
    #: Attempts at one file, the first included.
    attempts: int = 5
    #: Seconds before the second attempt; twice as long before each further one, at most 60.
    backoff: float = 1
    #: Requests per second to one host, by one thread; 0 for no limit.
    rate: float = 0
    #: The directory for files that are being checked; the worker's own if None.
    spool: Optional[str] = None
    keys: bool = True


def program_version() -> str:
    return subprocess.run([find_bin(), "--version"], check=True, capture_output=True, text=True).stdout.strip()


def rules() -> list[dict[str, Any]]:
    """All rules that the program has."""
    done = subprocess.run([find_bin(), "rules", "--output-format", "json"], check=True, capture_output=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)["rules"]
    return found


def fingerprint(settings: Settings) -> str:
    """Equal if two sweeps say the same about the same file: format, program, rules, limits."""
    said = [
        FORMAT, program_version(), rules(), arguments("check", [], settings.rules),
        settings.max_bytes, settings.max_findings, settings.memory_limit, settings.keys,
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
