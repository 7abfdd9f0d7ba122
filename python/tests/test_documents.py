"""The examples of docs/python.md and of the package's own documentation do what they show."""

from __future__ import annotations

import base64
import doctest
import hashlib
import pathlib
import py_compile
import zipfile

import pytest

import wheelscrub

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "python.md"
ROOT = "/tmp/pip-install-ab12cd34/demo_0123456789abcdef0123456789abcdef"


def digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


@pytest.fixture
def reader(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """The directory of a reader: dist/ holds a wheel that leaks."""
    source, module = tmp_path / "m.py", tmp_path / "m.pyc"
    source.write_text("x = 1\n")
    py_compile.compile(str(source), str(module), dfile=f"{ROOT}/m.py", doraise=True)
    info = "demo-1.0.dist-info"
    members = {
        "demo/m.pyc": module.read_bytes(),
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [f"{name},sha256={digest(content)},{len(content)}\n" for name, content in members.items()]
    members[f"{info}/RECORD"] = "".join([*rows, f"{info}/RECORD,,\n"]).encode()
    (tmp_path / "dist").mkdir()
    with zipfile.ZipFile(tmp_path / "dist" / "demo-1.0-py3-none-any.whl", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    source.unlink()
    module.unlink()
    monkeypatch.chdir(tmp_path)
    return tmp_path


FLAGS = doctest.ELLIPSIS | doctest.REPORT_UDIFF | doctest.IGNORE_EXCEPTION_DETAIL


def examples(text: str, name: str) -> doctest.DocTest:
    """What stands between fences is no part of what is printed, and `…` is any text."""
    text = text.replace("```", "").replace("…", "...")
    return doctest.DocTestParser().get_doctest(text, {}, name, None, None)


@pytest.mark.parametrize("name", ["docs/python.md", "wheelscrub"])
def test_examples(reader: pathlib.Path, name: str) -> None:
    text = DOCUMENT.read_text() if name == "docs/python.md" else wheelscrub.__doc__ or ""
    test = examples(text, name)
    assert len(test.examples) >= 3
    outcome = doctest.DocTestRunner(optionflags=FLAGS).run(test)
    assert outcome.failed == 0


def test_the_document_names_what_there_is() -> None:
    text = DOCUMENT.read_text()
    functions = [name for name in wheelscrub.__all__ if name[0].islower()]
    assert [name for name in functions if f"`{name}" not in text and f"{name}(" not in text] == []
