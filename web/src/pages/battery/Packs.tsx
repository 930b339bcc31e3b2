/** The packs side by side: what each holds, how warm it is, and how far their charges are apart. */

import { useMemo } from "preact/hooks";

import type { Plot, Series } from "../../chart/types";
import { Empty, Panel, Table } from "../../components/Panel";
import type { PageProps } from "../../frame/page";
import { DASHES, DatedChart, lastDays, SignalChart } from "../common/DatedChart";
import { measured } from "../common/words";
import type { BatteryAnswer, Pack } from "./answer";

const PLOTS: readonly Plot[] = [
  { unit: "%", height: [9, 11], range: [0, 100] },
  { unit: "°C", height: [9, 11], range: (low, high) => [Math.min(0, Math.floor((low ?? 0) / 5) * 5), Math.max(30, Math.ceil((high ?? 0) / 5) * 5)] },
];
const APART: readonly Plot[] = [{ unit: "%", height: [7, 9], range: (_, high) => [0, Math.max(10, Math.ceil((high ?? 0) / 5) * 5)] }];

/** What a pack's inverter does; a state that nobody explained is told as it is. */
const STATES: Readonly<Record<string, string>> = { PINV_GridFollowing: "follows the grid", PINV_GridForming: "carries the house alone" };

export function Packs({ answer, ask, isDark, today }: PageProps & { answer: BatteryAnswer }) {
  const { packs, imbalance, timezone } = answer;
  const ids = packs.map(({ id }) => id).join(",");
  const signals = useMemo(() => packs.flatMap((pack, i) => curvesOf(pack, i)), [ids]);
  const shown = useMemo(() => lastDays(today, timezone, 7), [today, timezone]);
  if (!packs.length) {
    return (
      <Panel id="packs" title="Packs">
        <Empty isSmall words={imbalance.words} advice="Gateways of later firmware tell them one by one only to some log-ins." />
      </Panel>
    );
  }
  return (
    <Panel id="packs" title={packs.length === 1 ? "The pack" : "Packs"} lead={packs.length > 1 ? imbalance.words : undefined}>
      <Table caption="Packs, as they were last read" columns={["Pack", "Holds when full", "Charge", "Temperature", "Discharged in the last year", "State"]} rows={packs.map(packRow)} />
      <SignalChart title="Charge and temperature of the packs" timezone={timezone} ask={ask} signals={signals} plots={PLOTS} shown={shown} isDark={isDark} note="The charge is as the gateway counts it, a little more than the app shows. The temperature is that of the air in the housing." />
      {packs.length > 1 ? <Imbalance answer={answer} isDark={isDark} /> : null}
    </Panel>
  );
}

function curvesOf({ id, label }: Pack, i: number): Omit<Series, "values">[] {
  const dash = DASHES[i % DASHES.length] ?? [];
  return [
    { key: `part/${id}/charge_pct`, label: `${label} charge`, unit: "%", kind: "line", colour: "battery", dash, plot: 0 },
    { key: `part/${id}/temperature_c`, label: `${label} temperature`, unit: "°C", kind: "line", colour: "ink", dash, plot: 1 },
  ];
}

function packRow(pack: Pack) {
  return [
    pack.label,
    pack.full_wh === null ? null : measured(pack.full_wh / 1000, "kWh"),
    measured(pack.charge_pct, "%"),
    measured(pack.temperature_c, "°C"),
    measured(pack.discharged_kwh, "kWh"),
    pack.is_silent ? "has not been heard of for a day" : (STATES[pack.state ?? ""] ?? pack.state ?? "not told"),
  ];
}

function Imbalance({ answer: { imbalance, pack_days, timezone }, isDark }: { answer: BatteryAnswer; isDark: boolean }) {
  const series = useMemo((): Series[] => [{ key: "apart", label: "Charges apart", unit: "%", kind: "line", colour: "battery", values: imbalance.pct }], [imbalance]);
  return <DatedChart title="How far the packs' charges are apart" timezone={timezone} dates={pack_days} series={series} plots={APART} isDark={isDark} note="The highest minus the lowest of the packs' mean charges of each day." />;
}
