"""Line protocol, as `influx_inspect export` writes a database out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from forebay.exchange.dashboard import FIELDS, Minutes, series_tags
from forebay.exchange.intake import Bad

_BATCH, _TOLD = 50_000, 500_000
_LAST_MS = 1 << 53
_FIELD = re.compile(r'((?:[^=\\,]|\\.)+)=("(?:[^"\\]|\\.)*"|[^,]*)(?:,|$)')
_LINE = re.compile(r'((?:[^ \\]|\\.)+) ((?:[^ "\\]|\\.|"(?:[^"\\]|\\.)*")+)(?: (-?\d+))?\s*$')


@dataclass(slots=True)
class Lines:
    """Reads the lines of one file into minutes. is_wanted: asked with database and policy where the file names them."""

    name: str
    minutes: Minutes
    is_wanted: Callable[[str, str], bool]
    measurement: str
    bad: list[Bad] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    progress: Callable[[str], object] = lambda _: None
    _held: dict[tuple[str, bool], tuple[list[int], list[float], int]] = field(default_factory=dict)
    _series: dict[str, bool | None] = field(default_factory=dict)

    def read(self, lines: Iterator[str]) -> None:
        """Take all lines in; those that are none are listed with their number."""
        database, policy, is_taken = "", "", True
        for number, line in enumerate(lines, 1):
            if number % _TOLD == 0:
                self.progress(f"{self.name}: {number / 1e6:.1f} million lines")
            if not line or line[0] in "#\n\r" or line.startswith("CREATE DATABASE"):
                if line.startswith("# CONTEXT-DATABASE:"):
                    database = line.partition(":")[2].strip()
                    is_taken = self.is_wanted(database, policy)
                elif line.startswith("# CONTEXT-RETENTION-POLICY:"):
                    policy = line.partition(":")[2].strip()
                    is_taken = self.is_wanted(database, policy)
                continue
            if is_taken:
                self._take(line, number)
            else:
                self.left_out[policy] = self.left_out.get(policy, 0) + 1
        for key in list(self._held):
            self._flush(key)

    def _take(self, line: str, number: int) -> None:
        parts = line.split(" ")
        if len(parts) != 3 or "\\" in line or '"' in line:
            match = _LINE.match(line)
            if match is None or match[3] is None:
                self.bad.append(Bad(self.name, number, "", "is no line of measurement, fields and time"))
                return
            parts = [match[1], match[2], match[3]]
        is_cloud = self._is_cloud(parts[0])
        if is_cloud is None:
            self.left_out[parts[0].partition(",")[0]] = self.left_out.get(parts[0].partition(",")[0], 0) + 1
            return
        try:
            at_ms = _in_ms(int(parts[2]))
        except ValueError:
            at_ms = _LAST_MS + 1
        if abs(at_ms) > _LAST_MS:
            self.bad.append(Bad(self.name, number, "time", f"{parts[2].strip()[:30]} is no time"))
            return
        for name, text in _fields(parts[1]):
            if name not in FIELDS:
                continue
            try:
                value = float(text[:-1] if text.endswith(("i", "u")) else text)
            except ValueError:
                self.bad.append(Bad(self.name, number, name, f"{text} is no number"))
                continue
            times, values, _ = held = self._held.setdefault((name, is_cloud), ([], [], number))
            times.append(at_ms)
            values.append(value)
            if len(held[0]) >= _BATCH:
                self._flush((name, is_cloud))

    def _is_cloud(self, series: str) -> bool | None:
        """Whether a series was fetched from the cloud; None where it is not the measurement."""
        if series not in self._series:
            measurement, tags = series_tags(series)
            self._series[series] = tags.get("source") == "cloud" if measurement == self.measurement else None
        return self._series[series]

    def _flush(self, key: tuple[str, bool]) -> None:
        import numpy as np

        times, values, number = self._held.pop(key)
        self.minutes.add(
            key[0],
            np.array(times, dtype=np.int64),
            np.array(values, dtype=np.float64),
            is_cloud=key[1],
            place=(self.name, number),
        )


def _fields(text: str) -> Iterator[tuple[str, str]]:
    if '"' not in text and "\\" not in text:
        for pair in text.split(","):
            name, _, value = pair.partition("=")
            yield name, value
        return
    for match in _FIELD.finditer(text):
        yield match[1], match[2]


_DIGITS: Mapping[int, int] = {19: 1_000_000, 16: 1000, 13: 1}
"""Digits of a time of these years -> what makes milliseconds of it: nano-, micro-, milliseconds; else seconds."""


def _in_ms(time: int) -> int:
    divisor = _DIGITS.get(len(str(abs(time))))
    return time * 1000 if divisor is None else time // divisor
