"""Whatever is done to the meters, and in which order: what is told agrees, and no counter runs backwards."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.emulator.houses import KINDS, PHASE_KINDS, Kind, PhaseKind, agree, ask, flow, made

from forebay.emulator.device import Device
from forebay.emulator.metering_state import KINDS as LOCATIONS
from forebay.emulator.refusal import Refused
from forebay.emulator.resources.vitals import devices
from forebay.emulator.sight import CLEAR
from forebay.wire import catalogue, codec
from forebay.wire.metering import ClampPhases, Enabled, MeterIdentity, NewClampGroup, NewMeter
from forebay.wire.model import UNSET
from forebay.wire.power import MeterType

FLAGS = st.lists(st.booleans(), min_size=4, max_size=4)
PHASES = st.sampled_from(["Phase1", "Phase2", "Phase3", "PhaseNone"])
ADDABLE = [kind for kind in MeterType if kind.is_known]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.integers(0, 3), st.sampled_from(LOCATIONS), FLAGS, st.sampled_from([1.0, 2.0])),
        st.tuples(st.just("invert"), st.integers(0, 3), FLAGS),
        st.tuples(st.just("forget"), st.integers(0, 3)),
        st.tuples(st.just("remove"), st.integers(0, 3)),
        st.tuples(st.just("add"), st.sampled_from(ADDABLE), st.sampled_from(LOCATIONS)),
        st.tuples(st.just("commission"), st.integers(0, 3)),
        st.tuples(st.just("phases"), PHASES, PHASES, PHASES),
        st.tuples(st.just("inverter"), st.booleans()),
        st.tuples(st.just("flow"), st.floats(0, 12_000), st.floats(0, 9_000)),
        st.tuples(st.just("grid"), st.booleans()),
        st.tuples(st.just("pack"), st.integers(0, 1), st.booleans()),
    ),
    max_size=12,
)
COUNTERS = ("energy_exported", "energy_imported")


def do(device: Device, verb: str, *given_: Any) -> None:  # noqa: C901 - one case for each thing to do
    serials = sorted(meter.serial for meter in ask(device, catalogue.METERS))

    def serial() -> str:
        return serials[given_[0] % len(serials)] if serials else "none"

    match verb:
        case "set":
            _, kind, valid, scale = given_
            body = NewClampGroup(type=kind, real_power_scale_factor=scale, valid=valid)
            ask(device, catalogue.SET_CLAMPS, body, serial=serial())
        case "invert":
            ask(device, catalogue.INVERT_CLAMPS, given_[1], serial=serial())
        case "forget":
            ask(device, catalogue.REMOVE_CLAMPS, serial=serial())
        case "remove":
            ask(device, catalogue.REMOVE_THIS_METER, serial=serial())
        case "add":
            kind, location = given_
            new = NewMeter(type=kind, serial=f"NEW{kind}", short_id="1", location=location, ip_address="", mac="")
            ask(device, catalogue.ADD_METER, new)
        case "commission":
            ask(device, catalogue.COMMISSION_METER, MeterIdentity(serial=serial(), short_id="1"), serial=serial())
        case "phases":
            ask(device, catalogue.SET_CLAMP_PHASES, ClampPhases(ct1=given_[0], ct2=given_[1], ct3=given_[2]))
        case "inverter":
            ask(device, catalogue.SET_INVERTER_METER, Enabled(enabled=given_[0]))
        case "flow":
            flow(device, *given_)
        case "grid":
            device.set_grid(*given_)
        case "pack":
            device.set_pack_enabled(*given_)


@settings(max_examples=60)
@given(st.sampled_from(KINDS), st.sampled_from(PHASE_KINDS), STEPS)
def test_whatever_is_set_up_what_is_told_agrees(kind: Kind, phases: PhaseKind, steps: list[tuple[Any, ...]]) -> None:
    """E067–E081, E115–E117."""
    device = made(kind, phases)
    flow(device, 3_000, 5_000)
    counted: dict[tuple[str, str], float] = {}
    muddled = False
    for verb, *given_ in steps:
        with contextlib.suppress(Refused):  # a meter that is not there, a phase that the house has not
            do(device, verb, *given_)
        device.clock.jump(7)
        device.catch_up()

        agree(device)
        muddled = muddled or device.power.sight is not CLEAR
        told = ask(device, catalogue.AGGREGATES)
        for point in ("site", "battery", "load", "solar", "generator"):
            meter = getattr(told, point)
            if meter is UNSET:
                continue
            for name in COUNTERS:
                if point == "load" and muddled:
                    continue  # worked out of the others, one of which may have counted the wrong way
                now_wh, slack_wh = getattr(meter, name), 4.0 if point == "load" else 1e-6  # packs tell whole Wh
                untold = not meter.instant_power and now_wh == 0
                assert untold or now_wh >= counted.get((point, name), 0.0) - slack_wh
                counted[point, name] = max(now_wh, counted.get((point, name), 0.0))
        for row in (catalogue.METERS, catalogue.METER_READINGS, catalogue.SYSTEM_STATUS, catalogue.PROBLEMS):
            assert codec.encode(ask(device, row), device.version)
        assert devices(device)
        for pack in device.power.packs:
            assert 0 <= pack.energy_wh <= pack.spec.full_wh
            assert abs(pack.power_w) <= pack.spec.power_w + 1e-6
