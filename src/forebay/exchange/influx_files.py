"""InfluxDB 1.x out of files: portable and older backups, its data folder, and line protocol; packed or not."""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import re
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from forebay.errors import ConfigError
from forebay.exchange.dashboard import FIELDS, MEASUREMENT, Minutes, left_out_notes, series_tags
from forebay.exchange.influx_line import Lines
from forebay.exchange.intake import Bad, Taken
from forebay.exchange.tsm import MAGIC, Damaged, blocks

_SKIPPED = (".manifest", ".meta", ".idx", ".tsi", ".tsl", ".db", ".lock", ".conf", ".sql", ".json", ".md")
_OLD_META = re.compile(r"meta\.\d+$")


@dataclass(slots=True)
class _Reading:
    """One import from files. database, policy: what is taken where a path or a line names them."""

    database: str
    policy: str
    progress: Callable[[str], object]
    minutes: Minutes = field(default_factory=Minutes)
    bad: list[Bad] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)
    n_logs: int = 0

    def wants(self, database: str, policy: str) -> bool:
        """Whether a database and policy are those that are asked for; "" is one that nobody named."""
        if database not in ("", self.database):
            self.others.add(database)
        return database in ("", self.database) and policy in ("", self.policy)


def read(
    paths: Sequence[Path], database: str, policy: str, progress: Callable[[str], object] = lambda _: None
) -> Taken:
    """Return what the files and folders hold. Raises ConfigError where nothing of it is InfluxDB's."""
    reading = _Reading(database, policy, progress)
    total = hashlib.sha256()
    files = list(_files(paths))
    for path in files:
        try:
            with path.open("rb") as file:
                _hash(file, total.update)
                file.seek(0)
                _read_stream(reading, file, path.name, path.parts)
        except (OSError, EOFError, tarfile.TarError, lzma.LZMAError) as exc:
            raise ConfigError(f"{path}: cannot be read: {exc}") from exc
    source = str(paths[0]) if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"
    taken = Taken(bad=[*reading.bad, *reading.minutes.bad], notes=_notes(reading))
    candidate = reading.minutes.candidate(source, total.hexdigest())
    if candidate is not None:
        taken.candidates.append(candidate)
    elif not taken.bad:
        hint = f"; there is {', '.join(sorted(reading.others))}: say --database" if reading.others else ""
        raise ConfigError(f"{paths[0]}: holds nothing of database {database}, policy {policy}{hint}")
    return taken


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and not _is_skipped(p.name))
        elif path.exists():
            yield path
        else:
            raise ConfigError(f"{path}: is not there; check the name")


def _is_skipped(name: str) -> bool:
    return name.endswith(_SKIPPED) or bool(_OLD_META.match(name)) or name.isdigit()


def _hash(file: IO[bytes], update: Callable[[bytes], object]) -> None:
    while block := file.read(1 << 20):
        update(block)


def _read_stream(reading: _Reading, file: IO[bytes], name: str, parts: Sequence[str]) -> None:
    """Read one file by what it begins with, not by its name."""
    reading.progress(name)
    if name.endswith(".wal"):
        reading.n_logs += 1
        return
    head = file.read(512)
    file.seek(0)
    if head[:2] == b"\x1f\x8b":
        with gzip.GzipFile(fileobj=file) as plain:
            _read_packed(reading, plain, name, parts)
    elif head[:6] == b"\xfd7zXZ\x00":
        with lzma.LZMAFile(file) as plain_xz:
            _read_packed(reading, plain_xz, name, parts)
    elif head[257:262] == b"ustar":
        _read_tar(reading, file, parts)
    elif head[:4] == MAGIC:
        _read_tsm(reading, file.read(), name, parts)
    else:
        _read_lines(reading, file, name, head)


def _read_packed(reading: _Reading, file: gzip.GzipFile | lzma.LZMAFile, name: str, parts: Sequence[str]) -> None:
    """Read a file that was packed: a tar or text."""
    buffered = io.BufferedReader(file, 1 << 20)
    try:
        head = buffered.peek(512)[:512]
        if head[257:262] == b"ustar":
            _read_tar(reading, buffered, parts)
        else:
            _read_lines(reading, buffered, name, head)
    finally:
        buffered.detach()


def _read_tar(reading: _Reading, file: IO[bytes], parts: Sequence[str]) -> None:
    with tarfile.open(fileobj=file, mode="r|") as tar:
        for member in tar:
            inner = PurePosixPath(member.name)
            if member.isfile() and inner.suffix in (".tsm", ".wal"):
                content = tar.extractfile(member)
                if content is None:
                    continue
                if inner.suffix == ".wal":
                    reading.n_logs += member.size > 0
                else:
                    reading.progress(member.name)
                    _read_tsm(reading, content.read(), f"{parts[-1]}/{member.name}", inner.parts)


def _read_tsm(reading: _Reading, content: bytes, name: str, parts: Sequence[str]) -> None:
    """Read a file of points. parts: its path, which ends in database, policy, shard and name where it has them."""
    database, policy = (parts[-4], parts[-3]) if len(parts) >= 4 and parts[-2].isdigit() else ("", "")
    if not reading.wants(database, policy):
        reading.left_out[policy] = reading.left_out.get(policy, 0) + 1
        return

    def wanted(series: str, field_name: str) -> bool:
        return field_name in FIELDS and series_tags(series)[0] == MEASUREMENT

    try:
        for block in blocks(content, wanted):
            is_cloud = series_tags(block.series)[1].get("source") == "cloud"
            times_ms = block.times_ns // 1_000_000
            reading.minutes.add(block.field, times_ms, block.values, is_cloud=is_cloud, place=(name, 0))
    except Damaged as exc:
        reading.bad.append(Bad(name, 0, "", f"{exc}; the points before that are taken"))


def _read_lines(reading: _Reading, file: IO[bytes], name: str, head: bytes) -> None:
    if b"\x00" in head:
        reading.bad.append(Bad(name, 0, "", "is neither a backup, nor a file of points, nor line protocol"))
        return
    lines = Lines(name, reading.minutes, reading.wants, MEASUREMENT, progress=reading.progress)
    text = io.TextIOWrapper(file, encoding="utf-8", errors="replace")
    try:
        lines.read(text)
    finally:
        text.detach()  # whoever opened the file closes it
    reading.bad += lines.bad
    for policy, n in lines.left_out.items():
        reading.left_out[policy] = reading.left_out.get(policy, 0) + n


def _notes(reading: _Reading) -> list[str]:
    notes = left_out_notes(reading.left_out.keys() - {""})
    if reading.n_logs:
        notes.append(
            "a write-ahead log is there and was not read: it holds the newest hours;"
            " `influxd backup -portable` writes a backup that has them"
        )
    return notes
