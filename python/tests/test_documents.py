"""The examples of docs/python.md and of the package's own documentation do what they show."""

from __future__ import annotations

import base64
import doctest
import hashlib
import importlib.metadata
import pathlib
import py_compile
import re
import zipfile

import pytest

import wheelscrub

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = CHECKOUT / "docs" / "python.md"
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


def block(name: str, mark: str) -> str:
    """What stands between the fences behind the mark."""
    return (CHECKOUT / name).read_text().split(f"<!-- {mark} -->\n")[1].split("```")[1]


def test_there_is_one_recipe_for_cibuildwheel() -> None:
    assert block("README.md", "cibuildwheel") == block("docs/integrations.md", "cibuildwheel")


def test_an_index_shows_no_dead_link() -> None:
    try:
        metadata = importlib.metadata.distribution("wheelscrub").read_text("METADATA") or ""
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("the package is not installed: make test-wheel")
    targets = re.findall(r"\]\(([^)]*)\)", metadata)
    assert [target for target in targets if not target.startswith("https://")] == []
    assert "Rules, each with cause and cure (`docs/rules.md`)" in metadata


def test_versions_agree() -> None:
    def found(pattern: str, name: str) -> set[str]:
        return set(re.findall(pattern, (CHECKOUT / name).read_text()))

    (version,) = found(r'(?m)^version = "(.*)"', "pyproject.toml")
    assert wheelscrub.run(["-V"], capture_output=True, text=True).stdout.split()[0] == version
    assert found(r"wheelscrub==([0-9][0-9a-z.]*)", "integrations/pre-commit-mirror/pyproject.toml") == {version}
    assert found(r"(?:wheelscrub==|wheelscrub@v|rev: v|version: )([0-9][0-9a-z.]*)", "docs/integrations.md") == {version}
    # What is compiled in, as the wheel's bill of materials has it.
    package = (CHECKOUT / "Package.swift").read_text()
    pinned = [match.groups() for match in re.finditer(r'package\(url: "([^"]*)", exact: "([^"]*)"', package)]
    sources = (CHECKOUT / "python/backend/_wheelscrub/linked.py").read_text()
    assert pinned and all(f'"{number}", "{address}"' in sources for address, number in pinned)
    # Nothing else is taken from elsewhere.
    assert package.count(".package(") == len(pinned)
