"""Which of the recorded gateways a request is about, and what there is to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from forebay.clock import Clock
from forebay.errors import NoSuchGateway
from forebay.store.store import Store
from forebay.views.web.answers import Answers
from forebay.views.web.totals import Totals

TOGETHER = "+"
"""What the choice of several gateways begins with; no gateway's name does."""
_ALL = TOGETHER


class Houses:
    """The gateways of a record, by the names that `?gateway=` takes.

    names: those recorded now, in the order to show; others in the record follow them.
    sites: the site of a gateway by its name, where several belong to one.
    """

    def __init__(
        self, store: Store, clock: Clock, names: Sequence[str] = (), sites: Mapping[str, str] | None = None
    ) -> None:
        self.store = store
        self._clock = clock
        self._names = tuple(names)
        self._sites = dict(sites or {})

    def _known(self) -> list[str]:
        recorded = [row.name for row in self.store.gateways()]
        return [*self._names, *(name for name in recorded if name not in self._names)]

    def _groups(self) -> dict[str, list[str]]:
        """Return the gateways of each choice of several."""
        names = list(self._names) or self._known()
        sites: dict[str, list[str]] = {}
        for name in names:
            if name in self._sites:
                sites.setdefault(TOGETHER + self._sites[name], []).append(name)
        groups = {choice: members for choice, members in sites.items() if 1 < len(members) < len(names)}
        return {_ALL: names, **groups} if len(names) > 1 else groups

    def of(self, choice: str | None) -> Answers | Totals:
        """Return who answers for a choice: None is the first gateway.

        Raises NoSuchGateway where the record does not know it.
        """
        known = self._known()
        if not choice:
            return self.one(known[0] if known else None)
        if choice in known:
            return self.one(choice)
        groups = self._groups()
        if choice in groups:
            title = choice.removeprefix(TOGETHER) or "All gateways"
            return Totals(self.store, {name: self.one(name) for name in groups[choice]}, title)
        raise NoSuchGateway(f"There is no gateway {choice!r} in this record; it has {', '.join(known) or 'none'}.")

    def single(self, choice: str | None) -> Answers:
        """Return who answers for one gateway, where several together have no answer.

        Raises NoSuchGateway where the record does not know it, or the choice is of several.
        """
        found = self.of(choice)
        if isinstance(found, Totals):
            raise NoSuchGateway(f"This is told of one gateway; choose {' or '.join(found.names)}.")
        return found

    def one(self, name: str | None) -> Answers:
        """Return who answers for one gateway."""
        return Answers(self.store, self._clock, name)

    def listing(self) -> dict[str, Any]:
        """Return the object of /api/gateways."""
        rows = {row.name: row for row in self.store.gateways()}
        gateways = []
        for name in self._known():
            stands, row = self.one(name).standing(), rows.get(name)
            gateways.append(
                {
                    "name": name,
                    "site": self._sites.get(name),
                    "site_name": row.site_name if row else None,
                    "timezone": (row.timezone if row else None) or "UTC",
                    "is_recorded": not self._names or name in self._names,
                    "state": stands.state,
                    "words": stands.words,
                }
            )
        groups = [
            {"name": choice, "title": choice.removeprefix(TOGETHER) or "All gateways", "gateways": members}
            for choice, members in self._groups().items()
        ]
        return {"gateways": gateways, "together": groups}
