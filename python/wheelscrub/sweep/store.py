"""The output directory. One process writes to it; a partition is there in whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, Iterable, Iterator, Optional

from ._extra import module
from .schema import schemas, table

#: Kinds of errors that say nothing of the file, and that may be gone next time.
_UNFETCHED = ("fetch", "index", "worker")


class StoreError(Exception):
    """The directory cannot be used for this sweep."""


class Store:
    """`artifacts/` and `findings/` have one Parquet file for each partition, of the same name.

    The findings are written first: a partition counts once its artifacts are there.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def begin(self, run: dict[str, Any], rules: Iterable[dict[str, Any]], resume: bool) -> None:
        """Raises StoreError if the directory has results of other rules, or of any without `resume`."""
        before = self._run()
        if before is not None and not resume:
            raise StoreError(f"{self.directory} contains results: --resume continues them")
        if before is not None and before["fingerprint"] != run["fingerprint"]:
            raise StoreError(
                f"{self.directory} was made by wheelscrub {before['version']} with other rules or limits: "
                "use another directory"
            )
        for name in ("artifacts", "findings"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        self._clean()
        self._write(self.directory / "rules.parquet", table("rules", rules))
        self._replace(self.directory / "run.json", (json.dumps(run, indent=2) + "\n").encode())

    def add(self, artifacts: Any, findings: Any) -> None:
        """Writes a partition. Its name follows from what it contains."""
        names = artifacts["identity"].to_pylist()
        name = "part-" + hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:24] + ".parquet"
        # There are no findings in most partitions of pure Python.
        if findings.num_rows:
            self._write(self.directory / "findings" / name, findings)
        self._write(self.directory / "artifacts" / name, artifacts)

    def done(self) -> set[str]:
        """The identities of all artifacts that have a row."""
        found: set[str] = set()
        for path in self._parts():
            found.update(module("pyarrow.parquet").read_table(path, columns=["identity"])["identity"].to_pylist())
        return found

    def forget_unfetched(self) -> int:
        """Removes the rows of files that could not be fetched, so that they are tried again. Returns their number."""
        count, compute = 0, module("pyarrow.compute")
        for path in self._parts():
            rows = module("pyarrow.parquet").read_table(path)
            is_unfetched = compute.is_in(rows["error_kind"], module("pyarrow").array(_UNFETCHED))
            kept = rows.filter(compute.invert(is_unfetched))
            count += rows.num_rows - kept.num_rows
            if kept.num_rows == 0:
                path.unlink()
            elif kept.num_rows < rows.num_rows:
                self._write(path, kept)
        return count

    def reuse(self, other: "Store", fingerprint: str) -> Optional["Reuse"]:
        """The other's results, if the same program with the same rules made them."""
        run = other._run()
        return Reuse(other) if run is not None and run["fingerprint"] == fingerprint else None

    def tables(self) -> tuple[Any, Any]:
        """All artifacts and all findings."""
        if self._run() is None:
            raise StoreError(f"{self.directory}: no results of a sweep")
        dataset, known = module("pyarrow.dataset"), schemas()
        names = ("artifacts", "findings")
        found = [dataset.dataset(self.directory / name, known[name], format="parquet").to_table() for name in names]
        return found[0], found[1]

    def _parts(self) -> list[Path]:
        return sorted((self.directory / "artifacts").glob("part-*.parquet"))

    def _clean(self) -> None:
        """Removes what a sweep left that was killed while it wrote."""
        for path in self.directory.rglob(".*.unfinished"):
            path.unlink()
        for path in (self.directory / "findings").glob("part-*.parquet"):
            if not (self.directory / "artifacts" / path.name).exists():
                path.unlink()

    def _run(self) -> Optional[dict[str, Any]]:
        try:
            run: dict[str, Any] = json.loads((self.directory / "run.json").read_bytes())
        except FileNotFoundError:
            return None
        except ValueError:
            raise StoreError(f"{self.directory / 'run.json'} is no JSON") from None
        return run

    def _write(self, path: Path, rows: Any) -> None:
        sink = module("pyarrow").BufferOutputStream()
        module("pyarrow.parquet").write_table(rows, sink, compression="zstd")
        self._replace(path, sink.getvalue().to_pybytes())

    def _replace(self, path: Path, content: bytes) -> None:
        unfinished = path.with_name(f".{path.name}.unfinished")
        with open(unfinished, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)


class Reuse:
    """Results of an older sweep. A failure to fetch is no result."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._part: dict[str, Path] = {}
        for path in store._parts():
            rows = module("pyarrow.parquet").read_table(path, columns=["identity", "error_kind"])
            for identity, kind in zip(rows["identity"].to_pylist(), rows["error_kind"].to_pylist()):
                if kind not in (*_UNFETCHED, "ended", "internal"):
                    self._part[identity] = path

    def __contains__(self, identity: str) -> bool:
        return identity in self._part

    def rows(self, identities: Iterable[str]) -> Iterator[tuple[Any, Any]]:
        """Artifacts and findings of these, partition by partition."""
        by_part: dict[Path, list[str]] = {}
        for identity in identities:
            by_part.setdefault(self._part[identity], []).append(identity)
        parquet, compute, arrow = module("pyarrow.parquet"), module("pyarrow.compute"), module("pyarrow")
        for path, wanted in sorted(by_part.items()):
            artifacts = parquet.read_table(path)
            place = self._store.directory / "findings" / path.name
            findings = parquet.read_table(place) if place.exists() else table("findings", [])
            values = arrow.array(wanted)
            kept = [rows.filter(compute.is_in(rows["identity"], values)) for rows in (artifacts, findings)]
            yield kept[0], kept[1]
