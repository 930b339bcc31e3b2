/** The charge: a percentage, what it means in energy and hours, and where the reserve lies. */

import type { Now } from "../../api";
import { digits, NONE, percent } from "../../format";
import { chargeOutlook } from "../../words";

export function ChargePanel({ now, isCurrent }: { now: Now | null; isCurrent: boolean }) {
  const charge = now?.charge ?? null;
  const level = charge?.app_pct ?? null;
  const reserve = now?.operation?.reserve_app_pct ?? null;
  const [number, unit] = level === null ? [NONE, "%"] : percent(level).split("\u00a0");
  return (
    <section class="charge" aria-labelledby="charge-title">
      <h2 id="charge-title">Charge</h2>
      <p class="big">
        {number}
        <span class="unit">{"\u00a0"}{unit}</span>
      </p>
      <svg class="gauge" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect class="trough" x="0" y="1" width="100" height="6" />
        <rect class="level" x="0" y="1" width={level ?? 0} height="6" />
        {reserve !== null && reserve >= 0.5 ? <rect class="reserve" x={reserve - 0.2} y="-1" width="0.4" height="10" /> : null}
      </svg>
      <p class="gauge-words" aria-hidden="true">
        {reserve !== null && reserve >= 0.5 ? <span style={{ left: `${reserve}%` }}>reserve</span> : null}
      </p>
      <p class="meaning">
        {energySentence(charge)}
        <span class="outlook">{now && isCurrent ? chargeOutlook(now) : null}</span>
      </p>
      <p class="scale">{scaleSentence(charge)}</p>
    </section>
  );
}

function energySentence(charge: Now["charge"]): string {
  if (!charge || charge.remaining_wh == null || charge.full_wh == null) return "No charge has been read yet.";
  return `${digits(charge.remaining_wh / 1000)} of ${digits(charge.full_wh / 1000)}\u00a0kWh in the battery.`;
}

function scaleSentence(charge: Now["charge"]): string {
  if (charge?.wire_pct == null) return "";
  return `The scale is the app's, whose zero keeps back the last 5\u00a0%; the gateway itself counts ${percent(charge.wire_pct)}.`;
}
