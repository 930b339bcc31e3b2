/** The power flow: what solar, grid, Powerwall and home do now, as a mean over the last moments. */

import type { Power } from "../../src/api";
import { FlowDiagram } from "../../src/FlowDiagram";
import { percent, power } from "../../src/format";
import { useCalm } from "../../src/hooks";
import { direction } from "../../src/words";
import type { Gateway } from "./api";
import { appPercent, drawnOf, gridWords, headline } from "./flow";
import { useHouse, type Live } from "./sampling";

const NAMES: [Power, string, string][] = [
  ["solar", "Solar", "solar"],
  ["site", "Grid", "grid"],
  ["battery", "Powerwall", "battery"],
  ["load", "Home", "home"],
];

export function FlowPage({ gateway }: { gateway: Gateway }) {
  const live = useHouse(gateway);
  const drawn = drawnOf(live.power, live.wirePct, live.grid);
  const { title, advice } = headline(live.state, drawn);
  const announced = useCalm(title, 1500);
  const isCurrent = live.state === "live";
  return (
    <div class="house page" data-state={live.state === "dark" ? "live" : live.state}>
      <div class="headline">
        <h1>{title}</h1>
        {advice && <p class="advice">{advice}</p>}
        {live.state === "login" && (
          <p class="buttons">
            <a class="strong button" href="#/login/flow">
              Log in as the customer
            </a>
          </p>
        )}
        <p class="unseen" aria-live="polite">
          {announced}
        </p>
      </div>
      <div class="live">
        <FlowDiagram now={drawn} isCurrent={isCurrent} batteryName="Powerwall" />
        <div class="facts">
          <Charge wirePct={drawn ? live.wirePct : null} />
          <Numbers live={live} />
        </div>
      </div>
    </div>
  );
}

function Charge({ wirePct }: { wirePct: number | null }) {
  const app = wirePct === null ? null : appPercent(wirePct);
  return (
    <section class="charge" aria-label="Charge">
      <p class="big">{percent(app)}</p>
      <svg class="gauge" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect class="trough" width="100" height="4" rx="0.6" />
        <rect class="level" width={app ?? 0} height="4" rx="0.6" />
      </svg>
      <p class="meaning">charged, as the app counts</p>
      <p class="scale">{wirePct === null ? "\u00a0" : `${percent(wirePct)} on the gateway’s own scale`}</p>
    </section>
  );
}

function Numbers({ live }: { live: Live }) {
  const isOut = live.grid !== null && live.grid !== "SystemGridConnected";
  return (
    <dl class="fact-list">
      {NAMES.map(([point, name, colour]) => {
        const watts = live.power?.[point];
        const { number, unit } = power(watts);
        return (
          <div key={point} class={colour} data-point={point}>
            <dt>{name}</dt>
            <dd>
              <strong>
                {number} {unit}
              </strong>{" "}
              {point === "site" && isOut ? "disconnected" : direction(point, watts)}
            </dd>
          </div>
        );
      })}
      <div data-fact="grid">
        <dt>Grid is</dt>
        <dd>{live.state === "login" ? "unknown" : gridWords(live.grid)}</dd>
      </div>
      <div data-fact="system">
        <dt>System</dt>
        <dd>{live.state === "stopped" ? "Stopped" : live.running === null ? "unknown" : live.running ? "Running" : "Stopped"}</dd>
      </div>
      <div data-fact="mean" data-span-ms={Math.round(live.spanMs)} data-samples={live.samples}>
        <dt>Values are</dt>
        <dd>{live.spanMs ? `means over ${Math.round(live.spanMs / 10) * 10} ms` : "means over 250 to 500 ms"}</dd>
      </div>
    </dl>
  );
}

