"""Several gateways as one: powers and energies added, the charge weighted by capacity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from forebay.records.flows import FLOWS
from forebay.store.query import day_bounds, zone
from forebay.store.store import Store
from forebay.views import words
from forebay.views.web.answers import CURVES, FLOW_NAMES, Answers, outlook_of, rounded

_ORDER: tuple[words.State, ...] = ("down", "stale", "waiting", "live")
"""The worst state first: it is the state of them all."""
_HEARD = {"live", "stale"}


def added(values: Sequence[float | None], digits: int) -> float | None:
    """Return the sum of what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return rounded(sum(known), digits) if known else None


def weighted(charges: Sequence[tuple[float | None, float | None]]) -> float | None:
    """Return the mean of charges [%], each weighted by its capacity [Wh].

    None where one of them, or the capacity of one, is not known: the mean of the others would be another battery's.
    """
    full_wh = sum(full or 0.0 for _, full in charges)
    if not full_wh or any(pct is None or not full for pct, full in charges):
        return None
    return rounded(sum((pct or 0.0) * (full or 0.0) for pct, full in charges) / full_wh, 2)


class Totals:
    """Answers for several gateways of a store as for one house.

    houses: who answers for each, by the gateway's name. The day is that of the first one's time zone.
    """

    def __init__(self, store: Store, houses: Mapping[str, Answers], title: str) -> None:
        self.store = store
        self._houses = dict(houses)
        self._title = title

    @property
    def names(self) -> tuple[str, ...]:
        """The gateways that are added."""
        return tuple(self._houses)

    @property
    def _first(self) -> Answers:
        return next(iter(self._houses.values()))

    def _ids(self, names: Sequence[str]) -> list[int]:
        return [i for name in names if (i := self._houses[name].gateway_id) is not None]

    def today(self) -> date:
        """Return the local day of `now` at the first gateway's site."""
        return self._first.today()

    def standing(self) -> words.Standing:
        """Return how the recording of all stands: as that of the worst."""
        stands = {name: house.standing() for name, house in self._houses.items()}
        worst_name, worst = min(stands.items(), key=lambda item: _ORDER.index(item[1].state))
        if worst.state == "live":
            return words.Standing("live", worst.since, f"All {len(stands)} gateways are live.", None)
        n_live = sum(one.state == "live" for one in stands.values())
        said = f"{n_live} of {len(stands)} gateways {'is' if n_live == 1 else 'are'} live. {worst_name}: {worst.words}"
        return words.Standing(worst.state, worst.since, said, worst.advice)

    def now(self) -> dict[str, Any]:
        """Return the object of /api/now: the sum of those that are heard; `missing` names the others."""
        objects = {name: house.now() for name, house in self._houses.items()}
        heard = {name: one for name, one in objects.items() if one["connection"]["state"] in _HEARD}
        counted = list(heard.values()) or list(objects.values())
        first, stands = next(iter(objects.values())), self.standing()
        charges = [one["charge"] for one in counted]
        return {
            "at": max((one["at"] for one in counted if one["at"]), default=None),
            "now": first["now"],
            "speed": first["speed"],
            "imports": first["imports"],
            "timezone": first["timezone"],
            "site_name": self._title,
            "firmware": _common([one["firmware"] for one in objects.values()]),
            "gateways": list(objects),
            "missing": [name for name in objects if name not in heard],
            "connection": {
                "state": stands.state,
                "since": first["connection"]["since"] if stands.since is None else _since(objects, stands.state),
                "words": stands.words,
                "advice": stands.advice,
            },
            "power_w": {
                name: added([one["power_w"][name] for one in counted], 1)
                for name in ("solar", "load", "battery", "site")
            },
            "flow_w": {name: added([one["flow_w"][name] for one in counted], 1) for name in FLOW_NAMES},
            "charge": {
                "app_pct": weighted([(charge["app_pct"], charge["full_wh"]) for charge in charges]),
                "wire_pct": weighted([(charge["wire_pct"], charge["full_wh"]) for charge in charges]),
                "remaining_wh": added([charge["remaining_wh"] for charge in charges], 0),
                "full_wh": added([charge["full_wh"] for charge in charges], 0),
            },
            "outlook": outlook_of(self.store, self._ids(list(heard) or list(objects))),
            "grid": self._grid({name: one["grid"] for name, one in objects.items()}),
            "operation": {
                "mode": _common([one["operation"]["mode"] for one in counted]),
                "words": _common([one["operation"]["words"] for one in counted]) or "not the same at all gateways",
                "reserve_app_pct": weighted(
                    [(one["operation"]["reserve_app_pct"], one["charge"]["full_wh"]) for one in counted]
                ),
            },
            "today": {
                "date": first["today"]["date"],
                "kwh": _added_kwh([one["today"]["kwh"] for one in objects.values()]),
            },
        }

    @staticmethod
    def _grid(grids: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        state = _common([grid["state"] for grid in grids.values()])
        if state is not None:
            return {"state": state, "words": words.grid_words(state), "since": None}
        said = [f"{name}: {grid['words'] or 'not known'}" for name, grid in grids.items()]
        return {"state": None, "words": "; ".join(said), "since": None}

    def day(self, day: date) -> dict[str, Any]:
        """Return the object of /api/day: slot by slot the sum, where all that have readings on that day have one."""
        tz = zone(self._first.timezone)
        bounds = day_bounds(day, tz)
        step_s = max(house.fitting_step_s(*bounds) for house in self._houses.values())
        objects = {name: house.window(*bounds, step_s=step_s) for name, house in self._houses.items()}
        recorded = [
            (one, house.full_wh)
            for one, house in zip(objects.values(), self._houses.values(), strict=True)
            if any(value is not None for name in CURVES for value in one[name])
        ]
        first = max(objects.values(), key=lambda one: len(one["t"]))
        columns: dict[str, list[float | None]] = {name: [None] * len(first["t"]) for name in CURVES}
        for name in CURVES:
            lines = [one[name] for one, _ in recorded if any(value is not None for value in one[name])]
            columns[name] = [
                None if any(value is None for value in slot) else added(slot, 1) for slot in zip(*lines, strict=True)
            ] or columns[name]
        lines = [one["charge_app_pct"] for one, _ in recorded]
        fulls = [full for _, full in recorded]
        charge = [weighted(list(zip(slot, fulls, strict=True))) for slot in zip(*lines, strict=True)]
        gaps = [{**gap, "words": f"{name}: {gap['words']}"} for name, one in objects.items() for gap in one["gaps"]]
        return {
            **{key: first[key] for key in ("timezone", "start", "end", "step_s", "t")},
            "date": day.isoformat(),
            **columns,
            "charge_app_pct": charge or [None] * len(first["t"]),
            "gaps": sorted(gaps, key=lambda gap: str(gap["start"])),
            "kwh": _added_kwh([house.day_kwh(day) for house in self._houses.values()]),
        }

    def days(self, last: int) -> dict[str, Any]:
        """Return the object of /api/days: the sums of each gateway's own local days."""
        until = self.today()
        objects = [house.days(last, until=until)["days"] for house in self._houses.values()]
        return {
            "timezone": self._first.timezone,
            "days": [
                {"date": slot[0]["date"], "kwh": _added_kwh([one["kwh"] for one in slot])}
                for slot in zip(*[one for one in objects if one], strict=True)
            ],
        }


def _common(values: Sequence[Any]) -> Any:
    """Return what all say, None where they differ."""
    return values[0] if values and all(value == values[0] for value in values) else None


def _since(objects: Mapping[str, Mapping[str, Any]], state: str) -> Any:
    said = [one["connection"]["since"] for one in objects.values() if one["connection"]["state"] == state]
    return min((since for since in said if since), default=None)


def _added_kwh(energies: Sequence[Mapping[str, float | None]]) -> dict[str, float | None]:
    return {flow.name: added([one[flow.name] for one in energies], 3) for flow in FLOWS}
