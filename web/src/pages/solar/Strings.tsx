/** The strings of the roof beside each other, and the inverters they feed. */

import { useMemo } from "preact/hooks";

import type { Plot, Series } from "../../chart/types";
import { Empty, Panel, Table } from "../../components/Panel";
import type { PageProps } from "../../frame/page";
import { powerText } from "../../format";
import { DASHES, lastDays, SignalChart } from "../common/DatedChart";
import { measured, ratioWords } from "../common/words";
import type { InverterRow, SolarAnswer, StringRow } from "./answer";

const PLOTS: readonly Plot[] = [{ unit: "W", height: [11, 14] }];

export function Strings({ answer, ask, isDark, today }: PageProps & { answer: SolarAnswer }) {
  const { strings, inverters, timezone } = answer;
  const ids = strings.map(({ id }) => id).join(",");
  const signals = useMemo(() => strings.map(curveOf), [ids]);
  const shown = useMemo(() => lastDays(today, timezone, 2), [today, timezone]);
  const told = strings.map(({ words }) => words).filter(Boolean);
  return (
    <Panel id="strings" title="Strings and inverters" lead={told.length ? told.join(" ") : undefined}>
      {strings.length ? (
        <>
          <Table caption="Strings" columns={["String", "Now", "Voltage", "Produced", "Of the roof", "State"]} rows={strings.map(stringRow)} />
          <SignalChart title="Power of the strings" timezone={timezone} ask={ask} signals={signals} plots={PLOTS} shown={shown} isDark={isDark} />
        </>
      ) : (
        <Empty isSmall words="The gateway has not told anything of single strings." advice="Only some firmware tells them, to the owner's log-in." />
      )}
      {inverters.length ? <Table caption="Inverters" columns={["Inverter", "State", "Now", "Voltage", "Frequency", "Tells"]} rows={inverters.map(inverterRow)} /> : null}
    </Panel>
  );
}

function curveOf({ id, label }: StringRow, i: number): Omit<Series, "values"> {
  return { key: `part/${id}/power_w`, label, unit: "W", kind: "line", colour: "solar", dash: DASHES[i % DASHES.length] ?? [] };
}

function stringRow(one: StringRow) {
  const state = one.is_silent ? "has not been heard of for a day" : one.is_connected === false ? "not connected" : one.is_connected ? "connected" : "not told";
  return [one.label, powerText(one.power_w), measured(one.voltage_v, "V"), measured(one.kwh, "kWh"), one.share === null ? null : `${ratioWords(one.share)}\u00a0%`, state];
}

function inverterRow(one: InverterRow) {
  return [
    one.label,
    one.is_silent ? "has not been heard of for a day" : (one.state ?? "not told"),
    powerText(one.power_w),
    measured(one.voltage_v, "V"),
    measured(one.frequency_hz, "Hz"),
    one.alerts.length ? one.alerts.join(", ") : "nothing",
  ];
}
