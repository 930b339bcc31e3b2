/** The power flow as a drawing: thickness and pace are size, arrow and motion are direction. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

import type { Now, Power } from "./api";
import {
  arrowLength,
  arrowOf,
  fullScale,
  NODES,
  pace,
  pathOf,
  QUIET_W,
  RADIUS,
  ROUTES,
  thickness,
  TRACKS,
  VIEW,
  type Node,
  type Route,
} from "./flows";
import { power } from "./format";
import { flowPhrase, isIslanded, phrase } from "./words";

const POWER_OF: Record<Node, Power> = { solar: "solar", home: "load", battery: "battery", grid: "site" };

/** What the drawing needs of a reading. */
export type Drawn = Pick<Now, "power_w" | "flow_w" | "charge" | "grid">;

interface FlowDiagramProps {
  now: Drawn | null;
  isCurrent: boolean;
  /** What the battery is called here. */
  batteryName?: string;
}

export function FlowDiagram({ now, isCurrent, batteryName: named }: FlowDiagramProps) {
  const batteryName = named ?? "Battery";
  const powers = now?.power_w ?? null;
  const flows = now?.flow_w ?? null;
  const largest = useRef(0);
  const active = ROUTES.filter((route) => (flows?.[route.flow] ?? 0) >= QUIET_W);
  // The scale only ever widens while the page is open, so that a line's thickness keeps its meaning.
  largest.current = Math.max(largest.current, ...active.map((route) => flows?.[route.flow] ?? 0));
  const fullW = fullScale(largest.current);
  const down = now !== null && isIslanded(now);

  return (
    <figure class="flow">
      <svg viewBox={`0 0 ${VIEW.width} ${VIEW.height}`} aria-hidden="true">
        {TRACKS.filter((track) => !(down && (track.from === "grid" || track.to === "grid"))).map((track) => (
          <path key={track.flow} class="track" d={pathOf(track)} />
        ))}
        {active.map((route) => (
          <Stream key={route.flow} route={route} watts={flows?.[route.flow] ?? 0} fullW={fullW} moves={isCurrent} />
        ))}
        {(Object.keys(NODES) as Node[]).map((node) => (
          <NodeMark key={node} node={node} watts={powers?.[POWER_OF[node]]} islanded={down && node === "grid"} batteryName={batteryName}>
            <Glyph node={node} level={now?.charge?.app_pct ?? null} />
          </NodeMark>
        ))}
      </svg>
      <figcaption class="unseen">
        <ul>
          {(Object.keys(NODES) as Node[]).map((node) => (
            <li key={node}>{phrase(POWER_OF[node], powers?.[POWER_OF[node]], down && node === "grid").replace(/^Battery/, batteryName)}.</li>
          ))}
          {active.map((route) => (
            <li key={route.flow}>
              {flowPhrase(route.flow, flows?.[route.flow] ?? 0).replace("the battery", named ? `the ${named}` : "the battery")}.
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
}

const DASH = 26; // length of one dash and its gap, in units of the drawing

function Stream({ route, watts, fullW, moves }: { route: Route; watts: number; fullW: number; moves: boolean }) {
  const line = useRef<SVGPathElement>(null);
  const motion = useRef<Animation | null>(null);
  const width = thickness(watts, fullW);
  const rate = pace(watts, fullW) / DASH;

  useEffect(() => {
    if (!line.current || !moves || matchMedia("(prefers-reduced-motion: reduce)").matches) return undefined;
    const turn = [{ strokeDashoffset: `${DASH}px` }, { strokeDashoffset: "0px" }];
    const started = line.current.animate(turn, { duration: 1000, iterations: Infinity });
    started.playbackRate = rate;
    motion.current = started;
    return () => {
      started.cancel();
      motion.current = null;
    };
    // The pace changes below, without a jump of the dashes.
  }, [moves]);
  useEffect(() => {
    motion.current?.updatePlaybackRate(rate);
  }, [rate]);

  return (
    <g class={`stream ${route.from}`} data-flow={route.flow}>
      <path class="halo" d={pathOf(route)} stroke-width={width + 6} />
      <path class="band" d={pathOf(route, arrowLength(width) - 1)} stroke-width={width} />
      <path ref={line} class="dash" d={pathOf(route, arrowLength(width) - 1)} stroke-width={width} />
      <path class="head" d={arrowOf(route, width)} />
    </g>
  );
}

interface NodeMarkProps {
  node: Node;
  watts: number | null | undefined;
  islanded: boolean;
  batteryName: string;
  children: ComponentChildren;
}

function NodeMark({ node, watts, islanded, batteryName, children }: NodeMarkProps) {
  const { x, y } = NODES[node];
  const { number, unit } = power(watts);
  const isQuiet = watts == null || Math.abs(watts) < QUIET_W;
  const captionY = node === "solar" ? y - RADIUS - 13 : y + RADIUS + 23;
  return (
    <g class={`node ${node}${isQuiet ? " idle" : ""}${islanded ? " islanded" : ""}`}>
      <circle cx={x} cy={y} r={RADIUS} />
      <g transform={`translate(${x} ${y - 24})`} class="glyph">
        {children}
      </g>
      <text class="number" x={x} y={y + 14}>
        {islanded ? "0" : number}
      </text>
      <text class="unit" x={x} y={y + 32}>
        {unit}
      </text>
      <text class="caption" x={x} y={captionY}>
        <Caption node={node} watts={watts} islanded={islanded} batteryName={batteryName} />
      </text>
    </g>
  );
}

function Caption({ node, watts, islanded, batteryName }: Omit<NodeMarkProps, "children">) {
  const isQuiet = watts == null || Math.abs(watts) < QUIET_W;
  if (node === "home") return <Named name="Home" after={watts == null ? "" : " use"} />;
  if (node === "solar") return <Named name="Solar" after={watts == null ? "" : isQuiet ? " at rest" : " producing"} />;
  if (node === "battery") {
    return <Named name={batteryName} after={watts == null ? "" : isQuiet ? " at rest" : watts > 0 ? " discharging" : " charging"} />;
  }
  if (islanded) return <Named name="Grid" after=" down" />;
  if (isQuiet) return <Named name="Grid" after={watts == null ? "" : " at rest"} />;
  return <Named before={watts > 0 ? "from the " : "to the "} name="grid" />;
}

function Named({ before = "", name, after = "" }: { before?: string; name: string; after?: string }) {
  return (
    <>
      {before}
      <tspan class="name">{name}</tspan>
      {after}
    </>
  );
}

function Glyph({ node, level }: { node: Node; level: number | null }) {
  switch (node) {
    case "solar":
      return <path d="M0-4.500a4.500 4.500 0 1 0 0 9a4.500 4.500 0 1 0 0-9M0-8v-3M0 8v3M8 0h3M-8 0h-3M5.700-5.700l2.100-2.100M-5.700-5.700l-2.100-2.100M5.700 5.700l2.100 2.100M-5.700 5.700l-2.100 2.100" />;
    case "home":
      return <path d="M-10 0L0-9.500L10 0M-7-2.500V9H7V-2.500M-2 9V3H2V9" />;
    case "battery":
      return (
        <>
          <path d="M-6-8H6V10H-6ZM-2.500-8V-10.500H2.500V-8" />
          <rect class="level" x="-3.500" width="7" y={7.5 - (13 * (level ?? 0)) / 100} height={(13 * (level ?? 0)) / 100} />
        </>
      );
    case "grid":
      return <path d="M-3-10H3L7 10M-3-10L-7 10M-9-5H9M-8 0H8M-3.500-5L5.500 2.500M3.500-5L-5.500 2.500M-5.300 2L5.500 10M5.300 2L-5.500 10" />;
  }
}

