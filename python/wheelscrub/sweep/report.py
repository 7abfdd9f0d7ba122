"""Summaries of the tables: by rule, by project, and which wheels of a version are the same program."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from html import escape
from typing import Any, Optional, Sequence

from .store import Store


@dataclass(frozen=True)
class Section:
    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def sections(store: Store, rule: Optional[str] = None) -> list[Section]:
    """With a rule, or the beginning of its code, only its findings count."""
    artifacts, findings = store.tables()
    chosen = [
        one for one in findings.select(["code", "rule", "severity", "project", "name", "identity", "fixable"]).to_pylist()
        if rule is None or one["code"].startswith(rule)
    ]
    files = artifacts.select(
        ["identity", "name", "project", "version", "outcome", "error_kind", "size", "bytes_read", "key_full", "key_runtime"]
    ).to_pylist()
    return [_outcomes(files), _by_rule(chosen), _by_project(chosen), _errors(files), _same(files)]


def text(found: list[Section]) -> str:
    """Sections without rows are left out."""
    return "\n\n".join(_table(section) for section in found if section.rows) + "\n"


def page(found: list[Section]) -> str:
    """A page of its own, without scripts and without links elsewhere."""
    parts = []
    for section in found:
        if section.rows:
            head = "".join(f"<th>{escape(name)}" for name in section.columns)
            body = "\n".join(
                "<tr>" + "".join(f"<td>{escape(value)}" for value in row) for row in section.rows
            )
            parts.append(f"<h2>{escape(section.title)}</h2>\n<table>\n<thead><tr>{head}</thead>\n<tbody>\n{body}\n</tbody></table>")
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>wheelscrub sweep</title>\n'
        "<style>body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}"
        "table{border-collapse:collapse}th,td{text-align:left;padding:.2rem .8rem;border-bottom:1px solid #ccc;"
        "overflow-wrap:anywhere}</style>\n<h1>wheelscrub sweep</h1>\n" + "\n".join(parts) + "\n</html>\n"
    )


def _outcomes(files: list[dict[str, Any]]) -> Section:
    count = Counter(one["outcome"] for one in files)
    size = Counter[str]()
    for one in files:
        size[one["outcome"]] += one["size"] or 0
    rows = [(name, str(count[name]), f"{size[name] / 1e6:.1f}") for name in ("clean", "findings", "error") if count[name]]
    return Section("Files", ("outcome", "files", "MB"), rows)


def _by_rule(findings: list[dict[str, Any]]) -> Section:
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for one in findings:
        groups[one["severity"], one["code"], one["rule"]].append(one)
    rows = [
        (
            code, rule, severity, str(len({one["project"] for one in found})),
            str(len({one["identity"] for one in found})), str(len(found)), str(sum(one["fixable"] for one in found)),
        )
        for (severity, code, rule), found in groups.items()
    ]
    # Errors first, then what concerns most files.
    rows.sort(key=lambda row: (row[2] != "error", -int(row[4]), row[0]))
    return Section("By rule", ("code", "rule", "severity", "projects", "files", "findings", "fixable"), rows)


def _by_project(findings: list[dict[str, Any]]) -> Section:
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in findings:
        groups[one["project"] or one["name"]].append(one)
    rows = []
    for project, found in groups.items():
        codes = Counter(one["code"] for one in found)
        said = " ".join(f"{code}×{number}" for code, number in sorted(codes.items()))
        rows.append((project, str(len({one["identity"] for one in found})), str(len(found)), said))
    rows.sort(key=lambda row: (-int(row[2]), row[0]))
    return Section("By project", ("project", "files", "findings", "rules"), rows)


def _errors(files: list[dict[str, Any]]) -> Section:
    count = Counter(one["error_kind"] for one in files if one["error_kind"])
    return Section("Errors", ("kind", "files"), [(kind, str(number)) for kind, number in sorted(count.items())])


def _same(files: list[dict[str, Any]]) -> Section:
    """Raw keys say nothing of other builds."""
    groups: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for one in files:
        key = one["key_full"]
        if key and one["project"] and not key.startswith("raw:"):
            groups[one["project"], one["version"], key].add(one["name"])
    rows = [
        (project, version, " ".join(sorted(names)))
        for (project, version, _), names in sorted(groups.items()) if len(names) > 1
    ]
    return Section("The same program", ("project", "version", "files"), rows)


def _table(section: Section) -> str:
    rows = [section.columns, *section.rows]
    widths = [max(len(row[number]) for row in rows) for number in range(len(section.columns))]
    lines = ["  ".join(value.ljust(width) for value, width in zip(row, widths)).rstrip() for row in rows]
    return f"{section.title}\n" + "\n".join(lines)
