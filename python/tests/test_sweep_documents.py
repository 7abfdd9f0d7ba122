"""The examples of docs/scale.md, and what it says of options and columns."""

from __future__ import annotations

import pathlib
import re
import shutil
from typing import Any

import pytest

from sweep_index import make_wheels
from sweep_tables import SETTINGS, store

for name in ("pyarrow", "distributed", "duckdb", "pandas", "polars"):
    pytest.importorskip(name, reason="needs wheelscrub[sweep], duckdb, pandas and polars: make test-sweep")

from wheelscrub.sweep._extra import module  # noqa: E402
from wheelscrub.sweep.cli import main  # noqa: E402
from wheelscrub.sweep.index import Selection  # noqa: E402
from wheelscrub.sweep.schema import schemas  # noqa: E402
from wheelscrub.sweep.sources import Listing  # noqa: E402
from wheelscrub.sweep.worker import check_partition  # noqa: E402

TEXT = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "scale.md").read_text()


@pytest.fixture
def results(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """Seven wheels, and the first again as another platform's."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    first = make_wheels(wheels, 7)[0]
    shutil.copy(first, wheels / first.name.replace("any.whl", "win32.whl"))
    made = store(tmp_path / "results")
    made.add(*check_partition(list(Listing([str(wheels)], Selection(), SETTINGS)), SETTINGS))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "results"


def test_examples(results: pathlib.Path) -> None:
    (query,) = re.findall(r"```sql\n(.*?)```", TEXT, re.DOTALL)
    rows = module("duckdb").sql(query).fetchall()
    assert [(row[0], row[3]) for row in rows] == [
        ("pkg-000", ["pkg_000-1.0-py3-none-any.whl", "pkg_000-1.0-py3-none-win32.whl"])]
    said: list[Any] = []
    for code in re.findall(r"<!-- run by a test -->\n```python\n(.*?)```", TEXT, re.DOTALL):
        scope: dict[str, Any] = {}
        exec(code, scope)
        said.append(scope["result"])
    by_rule, by_project = said
    assert by_rule["BP102"] == 3
    assert by_project["project"][0] == "pkg-000" and set(by_project["project"]) == {"pkg-000", "pkg-006"}


def test_report(results: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(results)]) == 0
    said = capsys.readouterr().out
    assert re.search(r"(?m)^BP102 +pip-install +warning +2 +3 +3 +3$", said)
    assert re.search(r"(?m)^broken +1$", said) and "The same program" in said
    page = (results / "report.html").read_text()
    assert "<td>BP102<td>" in page and "pkg_000-1.0-py3-none-win32.whl" in page and "<script" not in page
    assert main(["report", str(results), "--rule", "BP4"]) == 0
    assert "BP102" not in capsys.readouterr().out
    assert main(["report", str(results / "absent")]) == 2


def test_the_document_names_all_columns() -> None:
    for schema in schemas().values():
        assert [name for name in schema.names if f"`{name}`" not in TEXT] == []
