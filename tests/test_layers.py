"""The dependency law: who may import whom, type-only and lazy imports included."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src" / "forebay"

# part -> parts it may import. Read top to bottom: only names above may appear.
LAW: dict[str, str] = {
    "errors": "",
    "clock": "",
    "wire": "errors",
    "records": "errors wire",
    "physics": "errors",
    "plan": "errors physics",
    "client": "errors clock wire",
    "emulator": "errors clock wire physics",
    "store": "errors clock records",
    "exchange": "errors records store",
    "recorder": "errors clock wire records client store",
    "scheduler": "errors clock wire records plan client store",
    "views": "errors clock records plan store",
    "notify": "errors clock records store",
    "config": "errors plan notify",
    "run": "errors clock wire records client emulator store recorder scheduler views notify config",
    "testing": "errors clock wire client emulator store recorder views notify config run",
    "pytest_plugin": "testing",
    "cli": "errors clock wire records client emulator store exchange recorder scheduler views notify config run",
    "__init__": "errors client wire",
    "__main__": "cli",
}
MODULES = {p.relative_to(SRC): p for p in sorted(SRC.rglob("*.py"))}
LINE_LIMIT = 400


def part(path: Path) -> str:
    """Top-level part a file belongs to."""
    return path.parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Dotted forebay modules named anywhere in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: absolute imports only"
            base = node.module or ""
            if base.split(".")[0] == "forebay":
                for alias in node.names:
                    full = f"{base}.{alias.name}"
                    file = SRC.parent.joinpath(*full.split("."))
                    known = file.with_suffix(".py").exists() or (file / "__init__.py").exists()
                    found.add(full if known else base)
        elif isinstance(node, ast.Import):
            found |= {a.name for a in node.names if a.name.split(".")[0] == "forebay"}
    return found


@pytest.mark.parametrize("relative", MODULES, ids=str)
def test_imports_obey_the_law(relative: Path) -> None:
    here = part(relative)
    for name in imports(MODULES[relative]):
        there = name.split(".")[1] if "." in name else "__init__"
        assert there == here or there in LAW[here].split(), f"{relative} imports {name}"


def test_the_law_itself_looks_upward_only() -> None:
    seen: list[str] = []
    for name, allowed in LAW.items():
        assert set(allowed.split()) <= set(seen) or name == "__main__", f"{name} looks down the list"
        seen.append(name)


def test_no_module_is_in_a_cycle() -> None:
    def dotted(relative: Path) -> str:
        parts = ["forebay", *relative.with_suffix("").parts]
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    graph = {dotted(r): imports(p) - {dotted(r)} for r, p in MODULES.items()}
    while leaves := {m for m, deps in graph.items() if not deps & graph.keys()}:
        graph = {m: deps for m, deps in graph.items() if m not in leaves}
    assert graph == {}


@pytest.mark.parametrize("folder", ["src", "tests", "bench", "tools"])
def test_every_file_stays_under_the_limit(folder: str) -> None:
    long = {
        str(p.relative_to(SRC.parents[1])): n
        for p in (SRC.parents[1] / folder).rglob("*.py")
        if (n := p.read_text().count("\n")) >= LINE_LIMIT
    }
    assert long == {}


def test_only_the_session_imports_the_http_library() -> None:
    importers = {str(r) for r, p in MODULES.items() if "import aiohttp" in p.read_text() and part(r) == "client"}
    assert importers <= {"client/session.py", "client/http.py"}
