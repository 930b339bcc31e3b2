/** The day as a table of hourly means: the curves for whoever cannot or would rather not see them. */

import type { Day, Power } from "../../api";
import { hourly } from "./day";
import { digits, NONE, percent, timeOfDay } from "../../format";
import { direction } from "../../words";

export function DayTable({ day }: { day: Day }) {
  const rows = hourly(day);
  if (!rows.length) return <p class="note">There is no hour with a reading yet.</p>;
  return (
    <div class="table-frame" role="region" aria-label="Hourly table" tabIndex={0}>
      <table>
        <caption>Means of each hour, in kW, and the charge in percent</caption>
        <thead>
          <tr>
            <th scope="col">Hour from</th>
            <th scope="col">Solar</th>
            <th scope="col">Home</th>
            <th scope="col">Battery</th>
            <th scope="col">Grid</th>
            <th scope="col">Charge</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.start}>
              <th scope="row">{timeOfDay(row.start * 1000, day.timezone)}</th>
              <Cell power="solar" watts={row.solar_w} />
              <Cell power="load" watts={row.load_w} />
              <Cell power="battery" watts={row.battery_w} hasWord />
              <Cell power="site" watts={row.site_w} hasWord />
              <td>{percent(row.charge_app_pct)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell({ power, watts, hasWord = false }: { power: Power; watts: number | null; hasWord?: boolean }) {
  if (watts === null) return <td>{NONE}</td>;
  return (
    <td>
      {digits(Math.abs(watts) / 1000)}
      {hasWord ? <span class="word"> {direction(power, watts)}</span> : null}
    </td>
  );
}
