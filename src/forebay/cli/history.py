"""`forebay history`: what the page tells of any span, in the terminal."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from forebay.cli import history_print as printed
from forebay.cli.connect import record_path, settings_of
from forebay.cli.history_print import Screen
from forebay.cli.output import as_json
from forebay.cli.terminal import say
from forebay.errors import ConfigError, StoreError
from forebay.records.reasons import Reason
from forebay.views.words import gap_words

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from forebay.store.store import Store
    from forebay.views.period import Period
    from forebay.views.web.answers import Answers

_TABLE_BY = ((2, "hour"), (62, "day"), (1100, "month"))
_PLOT_BY = ((2, "quarter"), (8, "hour"), (130, "day"), (800, "week"), (3700, "month"))
"""Up to so many days -> how long a row or a column is; years beyond."""
_MOST_GAPS = 20
_POINTS, _ROWS = 400, 48


def history(options: argparse.Namespace) -> int:
    """Print energies, or curves of signals, of the last days or of any period."""
    from forebay.clock import SystemClock
    from forebay.store.imported import known_span
    from forebay.store.query import site_zone
    from forebay.store.store import Store
    from forebay.views.web.houses import Houses
    from forebay.views.web.totals import Totals

    path = record_path(options, settings_of(options))
    if options.json and options.csv:
        raise ConfigError("say either --json or --csv")
    with Store.read(path) as store:
        houses = Houses(store, SystemClock())
        chosen = houses.of(options.gateway)
        answers = [houses.one(name) for name in chosen.names] if isinstance(chosen, Totals) else [chosen]
        known = [span for one in answers if one.gateway_id is not None and (span := known_span(store, one.gateway_id))]
        first = answers[0].gateway_id
        if not known or first is None:
            raise StoreError(f"{path}: nothing is recorded yet; `forebay up` records")
        zone = site_zone(store, first)
        last = (max(end for _, end in known) - timedelta(milliseconds=1)).astimezone(zone).date()
        asked = _Asked(options, answers, zone, last)
        return asked.signals() if options.signal else asked.energies(store)


class _Asked:
    """One question: of whom, of when, and how it is to be answered. last: the last day of which anything is known."""

    def __init__(self, options: argparse.Namespace, answers: Sequence[Answers], zone: ZoneInfo, last: date) -> None:
        from forebay.views.period import last_days, period

        self._options = options
        self._answers = answers
        self._zone = zone
        self._today = answers[0].today()
        self._screen = Screen.of(plots=options.plot)
        self._is_plain = options.json or options.csv
        if options.when and options.days is not None:
            raise ConfigError("say either a period or --days")
        if options.when:
            self._period = period(options.when, self._today)
        else:
            n_days = 14 if options.days is None else options.days
            self._period = last_days(1 if options.signal and options.days is None else max(1, n_days), last)

    def energies(self, store: Store) -> int:
        """Print the energies of the period."""
        from forebay.views.web.energy import peaks_of

        one = self._period
        told = self._told(one, self._by())
        peaks = peaks_of(self._answers, one.first, one.end)["peaks"] if len(self._answers) == 1 else {}
        other = self._compared()
        compared = None if other is None else self._told(other, "all")
        gaps = self._gaps(store)
        if self._options.json:
            extra: dict[str, Any] = {} if compared is None else {"compared": compared}
            i = self._answers[0].gateway_id
            if told["by"] == "day" and len(self._answers) == 1 and i is not None:
                extra = {"days": _by_day(store, i, one.first, one.days, self._zone), **extra}
            print(as_json({**told, "peaks": peaks, **extra, "gaps": gaps}))
            return 0
        if self._options.csv:
            columns = {f"{name}_kwh": column for name, column in (*told["kwh"].items(), *told["fed_kwh"].items())}
            printed.write_csv({**columns, "covered": told["covered"], "imported": told["imported"]}, told["t"])
            return 0
        self._print(told, peaks, gaps)
        if other is not None and compared is not None:
            say("")
            say(printed.comparison(told, compared, (_short(one), _short(other))))
        return 0

    def _print(self, told: Mapping[str, Any], peaks: Mapping[str, Any], gaps: Sequence[Mapping[str, Any]]) -> None:
        if self._options.when or self._screen.is_plotted:
            self._head()
        if not any(value is not None for value in told["total"]["kwh"].values()):
            say("Nothing is known of this time.")
        elif self._screen.is_plotted:
            print(printed.energy_plot(told, peaks, self._zone, self._screen))
            print()
            for line in printed.summary(told, peaks, self._zone, is_plotted=True):
                print(textwrap.fill(line, self._screen.width, subsequent_indent="  "))
        else:
            print(printed.energy_table(told, self._zone))
            if self._options.when:
                print()
                print("\n".join(printed.summary(told, peaks, self._zone, is_plotted=False)))
        for gap in gaps[:_MOST_GAPS]:
            start, end = (
                None if gap[side] is None else datetime.fromisoformat(gap[side]).astimezone(self._zone)
                for side in ("start", "end")
            )
            until = f"{end:%Y-%m-%d %H:%M:%S}" if end else "now"
            say(f"No readings from {start:%Y-%m-%d %H:%M:%S} to {until}. {gap_words(Reason(gap['reason']))}")
        if len(gaps) > _MOST_GAPS:
            say(f"… and {len(gaps) - _MOST_GAPS} more times without readings; --json lists them all")

    def _head(self) -> None:
        title = f"{self._period.title}, {self._zone.key}"
        say(textwrap.fill(title, self._screen.width) if self._screen.is_plotted else title)
        say("")

    def _by(self) -> str:
        if self._options.by:
            return str(self._options.by)
        if not self._options.when and not (self._screen.is_plotted and not self._is_plain):
            return "day"
        steps = _PLOT_BY if self._screen.is_plotted and not self._is_plain else _TABLE_BY
        return next((by for days, by in steps if self._period.days <= days), "year")

    def _told(self, one: Period, by: str) -> dict[str, Any]:
        from forebay.views.web.energy import By, energy_of

        try:
            return energy_of(self._answers, one.first, one.end, By(by))
        except ValueError as exc:
            raise ConfigError(f"{one.title} by {by} is too much; say a longer --by") from exc

    def _compared(self) -> Period | None:
        from forebay.views.period import like, period

        word = self._options.compare
        if word is None:
            return None
        others = {"before": self._period.before, "last-year": self._period.year_before}
        return like(others.get(word) or period(word, self._today), self._period, self._today)

    def _gaps(self, store: Store) -> list[dict[str, Any]]:
        from forebay.store.query import day_bounds

        start, end = (day_bounds(day, self._zone)[0] for day in (self._period.first, self._period.end))
        return [
            {
                "start": gap.start.isoformat(),
                "end": gap.end.isoformat() if gap.end else None,
                "reason": str(gap.reason),
            }
            for one in self._answers
            if one.gateway_id is not None
            for gap in store.gaps(one.gateway_id, start, min(end, datetime.now(UTC) + timedelta(days=36_500)))
        ]

    def signals(self) -> int:
        """Print the curves of the signals that are asked for."""
        from forebay.records.parts import BY_PART_NAME
        from forebay.records.signals import BY_NAME
        from forebay.store.query import day_bounds
        from forebay.views.web.series import series

        if len(self._answers) > 1:
            raise ConfigError("a curve is of one gateway; name it with --gateway")
        if self._options.compare is not None or self._options.by:
            raise ConfigError("--compare and --by are for energies; leave --signal out")
        names = [word.strip() for one in self._options.signal for word in one.split(",") if word.strip()]
        start, end = (day_bounds(day, self._zone)[0] for day in (self._period.first, self._period.end))
        points = _POINTS if self._screen.is_plotted or self._is_plain else _ROWS
        told = series(self._answers[0], start, end, names, points)
        if self._options.json:
            print(as_json(told))
            return 0
        if self._options.csv:
            printed.write_csv({name: told["columns"][name] for name in names}, told["t"])
            return 0
        rows = {name: BY_NAME.get(name) or BY_PART_NAME.get(name.rsplit("/", 1)[-1]) for name in names}
        labels = {name: row.label if row else _LABELS.get(name.rsplit("/", 1)[-1], name) for name, row in rows.items()}
        units = {name: row.unit if row else "%" for name, row in rows.items()}
        self._head()
        if not self._screen.is_plotted:
            heads = [f"{labels[name]} [{units[name]}]" if units[name] else labels[name] for name in names]
            print(printed.signal_table(told, names, heads, self._zone))
            return 0
        for name in names:
            print(printed.signal_plot(labels[name], units[name], told, name, self._zone, self._screen))
            print()
        return 0


_LABELS = {"charge_app_pct": "Charge as the app shows it", "charge_pct": "Charge"}


def _short(one: Period) -> str:
    return one.title.split(",")[0] if one.kind != "days" else f"{one.days} days from {one.first}"


def _by_day(store: Store, gateway_id: int, first: date, n_days: int, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Return the days one by one, each flow with the part of the day that is known of it."""
    from forebay.store.energy import energy_of_days
    from forebay.store.fed import fed_between
    from forebay.store.query import day_bounds

    by_day = energy_of_days(store, gateway_id, first + timedelta(days=n_days - 1), n_days, zone)
    edges = [day_bounds(first + timedelta(days=n), zone)[0] for n in range(n_days + 1)]
    fed = fed_between(store, gateway_id, edges, list(by_day.values()))
    return [
        {
            "date": day.isoformat(),
            "kwh": {name: None if e.wh is None else e.wh / 1000 for name, e in flows.items()},
            "covered": {name: e.covered_ratio for name, e in flows.items()},
            "imported": {name: e.imported_ratio for name, e in flows.items()},
            "fed_kwh": None if parts is None else {name: wh / 1000 for name, wh in asdict(parts).items()},
        }
        for (day, flows), parts in zip(by_day.items(), fed, strict=True)
        if any(energy.wh is not None for energy in flows.values())
    ]
