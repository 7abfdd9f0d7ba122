"""The tables of a sweep. docs/scale.md describes the columns."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ._extra import module

_LARGEST = (1 << 63) - 1


def schemas() -> dict[str, Any]:
    """By name of the table."""
    arrow = module("pyarrow")
    text, whole, real, yes = arrow.string(), arrow.int64(), arrow.float64(), arrow.bool_()
    error = arrow.struct([("member", text), ("section", text), ("offset", whole), ("message", text)])
    artifact = {"identity": text, "name": text, "project": text, "version": text}
    return {
        "artifacts": arrow.schema({
            **artifact, "platform": text, "place": text, "size": whole, "sha256": text, "etag": text,
            "key_full": text, "key_runtime": text, "raw_reasons": arrow.list_(text),
            "outcome": text, "findings": whole, "error_kind": text, "errors": arrow.list_(error),
            "attempts": whole, "requests": whole, "bytes_read": whole,
            "fetch_seconds": real, "check_seconds": real, "cpu_seconds": real,
        }),
        "findings": arrow.schema({
            **artifact, "code": text, "rule": text, "severity": text, "origin": text, "member": text,
            "section": text, "offset": whole, "position": text, "root": text, "text": text, "context": text,
            "replacement": text, "message": text, "fixable": yes, "fate": text, "reason": text,
        }),
        "rules": arrow.schema({
            "code": text, "name": text, "family": text, "severity": text, "default": yes, "origin": text,
            "cause": text, "help": text,
        }),
    }


def table(name: str, rows: Iterable[Mapping[str, Any]]) -> Any:
    """The rows as an Arrow table. Keys that are no column are left out."""
    schema = schemas()[name]
    return module("pyarrow").Table.from_pylist([{key: _clean(row.get(key)) for key in schema.names} for row in rows], schema)


def _clean(value: Any) -> Any:
    """Files choose names and numbers: what Arrow cannot hold is replaced here instead of ending a partition."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_clean(one) for one in value]
    if isinstance(value, dict):
        return {key: _clean(one) for key, one in value.items()}
    if isinstance(value, int) and value > _LARGEST:
        return None
    return value
