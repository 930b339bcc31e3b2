"""The real dashboard over a house that was recorded for weeks, and over one that has told hardly anything."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import uvicorn
from tests.views.years import House, record, utc

from forebay.clock import SimClock
from forebay.records.reading import Reading
from forebay.store import Store
from forebay.views.web import build
from forebay.views.web.app import stop_streams

LAST = utc(2026, 6, 14, 10)
WEEKS = House(
    first=LAST - timedelta(days=45),
    days=45,
    packs=2,
    strings=3,
    reserve_ratio=0.3,
    weak_since=utc(2026, 6, 6),
    outages=[(utc(2026, 5, 20, 16, 2), utc(2026, 5, 20, 18, 40)), (utc(2026, 6, 1, 21), utc(2026, 6, 3, 21))],
    gaps=[(utc(2026, 5, 12, 8), utc(2026, 5, 12, 10))],
    roof_off=[(utc(2026, 6, 8), utc(2026, 6, 9)), (utc(2026, 6, 1, 21), utc(2026, 6, 3, 21))],
    firmware=[(LAST - timedelta(days=45), "23.28.2"), (utc(2026, 5, 28, 3), "23.44.0")],
    alerts=[
        ("Pack 1", "POD_w110_SW_EOC", utc(2026, 6, 13, 13), None),
        ("Gateway", "BatteryFault", utc(2026, 6, 14, 9), None),
        ("Gateway", "SystemConnectedToGrid", utc(2026, 5, 20, 18, 41), utc(2026, 5, 20, 18, 42)),
        ("Inverter 1", "PVAC_x000_NobodyKnows", utc(2026, 6, 8, 5), utc(2026, 6, 8, 19)),
    ],
)


@contextmanager
def served(path: Path, house: House | None, *, has_reading: bool = True) -> Iterator[str]:
    """Serve the dashboard of a house on a free port of this machine and give its address.

    house: None is a gateway that told its load once, and nothing else; without a reading nothing at all is recorded.
    """
    with Store.open(path) as store:
        if house is None and has_reading:
            store.append(store.gateway_id("young"), Reading(at=LAST, load_power_w=400.0))
            store.flush()
        elif house is not None:
            record(store, house)
        app = build(store, clock=SimClock(LAST + timedelta(seconds=3)))
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        try:
            while not server.started:
                thread.join(0.02)
                assert thread.is_alive()
            port = server.servers[0].sockets[0].getsockname()[1]
            yield f"http://127.0.0.1:{port}/"
        finally:
            stop_streams(app)
            server.should_exit = True
            thread.join(10)
