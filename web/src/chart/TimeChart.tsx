/** Curves or bars over time, to be looked into from years down to seconds by wheel, finger, mouse or keys. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import uPlot from "uplot";

import type { Gap } from "../api";
import { slotWords, windowWords } from "./calendar";
import { ChartKey, phraseOf } from "./ChartKey";
import { ChartTable } from "./ChartTable";
import { lastFilled, layersOf, slotAt, type Layer } from "./columns";
import { csvOf, fileName, pictureOf, save } from "./export";
import { listen } from "./gestures";
import { heightOf, optionsOf, shapeOf, type Latest } from "./options";
import { readPalette } from "./palette";
import { Tools } from "./Tools";
import { slotEnd, slotMiddle, type Drawn, type Mark, type Plot, type Series, type Window } from "./types";
import { isSame, lengthOf, moved, zoomed } from "./windows";

export interface TimeChartProps {
  /** What the chart shows, for its name, its picture and its files: "Power of the day". */
  title: string;
  timezone: string;
  /** What is looked at, and how far one may look. */
  window: Window;
  limits: Window;
  /** Another window was asked for; null is the way back. Without it the chart stands still. */
  onWindow?: (window: Window | null) => void;
  /** Whether there is no way back; by default where all is in sight. */
  isFitted?: boolean;
  drawn: Drawn;
  series: readonly Series[];
  plots: readonly Plot[];
  gaps?: readonly Gap[];
  marks?: readonly Mark[];
  isDark: boolean;
  /** Whether the last value is that of now, and so is called the latest. */
  isNow?: boolean;
  /** Said below the chart: what lies above and below zero. */
  note?: ComponentChildren;
  /** Buttons of the page, before the chart's own. */
  actions?: ComponentChildren;
  /** What the table calls its rows: "Hour from". */
  tableName?: string;
}

const NO_GAPS: readonly Gap[] = [];
const NO_MARKS: readonly Mark[] = [];

export function TimeChart(props: TimeChartProps) {
  const { title, timezone, window, limits, onWindow, drawn, series, plots, isDark, isNow = false, note } = props;
  const gaps = props.gaps ?? NO_GAPS;
  const marks = props.marks ?? NO_MARKS;
  const id = useId();
  const frame = useRef<HTMLDivElement>(null);
  const made = useRef<uPlot[]>([]);
  const [cursor, setCursor] = useState<number | null>(null); // an instant, so that it stays while slots change
  const [away, setAway] = useState<ReadonlySet<string>>(new Set());
  const [hasTable, setHasTable] = useState(false);
  const [selected, setSelected] = useState<{ left: number; width: number } | null>(null);

  const isShown = (key: string): boolean => !away.has(key);
  const layers = useMemo(() => plots.map((_, i) => layersOf(series, i, isShown)), [series, plots.length, away]);
  const data = useMemo(() => layers.map((some) => dataOf(drawn, some)), [drawn, layers]);
  const latest = useRef<Latest & { limits: Window; layers: Layer[][]; data: uPlot.AlignedData[] }>(null as never);
  latest.current = { drawn, window, timezone, gaps, marks, plots, limits, layers, data };
  const zoom = useRef<((window: Window | null) => void) | undefined>(onWindow);
  zoom.current = onWindow;
  // Several turns of the wheel or keys may come before the next drawing: each goes on from the one before.
  const go = (to: Window | null): void => {
    if (to && zoom.current) latest.current.window = to;
    zoom.current?.(to);
  };
  const shape = shapeOf(series, plots);

  useEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const make = (): void => {
      made.current.forEach((plot) => plot.destroy());
      const palette = readPalette(element);
      const width = widthOf(element);
      made.current = latest.current.plots.map((plot, index) => {
        const setting = { width, height: heightOf(plot, width, palette.rem), palette, latest: () => latest.current, index, count: latest.current.plots.length };
        return new uPlot(optionsOf(setting, latest.current.layers[index] ?? []), latest.current.data[index], element);
      });
    };
    make();
    let isFirst = true; // the watcher calls once when it begins
    const watcher = new ResizeObserver(() => {
      if (!isFirst && made.current[0]?.width !== widthOf(element)) make();
      isFirst = false;
    });
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      made.current.forEach((plot) => plot.destroy());
      made.current = [];
    };
  }, [isDark, shape]);

  useEffect(() => {
    made.current.forEach((plot, i) => {
      const columns = data[i];
      if (columns) plot.setData(columns);
    });
    place(made.current, latest.current.drawn, cursorIndex(drawn, cursor));
    layers.forEach((some, i) => some.forEach((layer, j) => show(made.current[i], j + 1, isShown(layer.series.key))));
  }, [data, window.start, window.end, gaps, marks, plots, isDark, shape]);

  useEffect(() => {
    place(made.current, drawn, cursorIndex(drawn, cursor));
  }, [cursor, drawn]);

  useEffect(() => {
    const element = frame.current;
    if (!element || !zoom.current) return undefined;
    return listen(element, {
      timeAt: (x) => timeAt(made.current[0], x),
      window: () => latest.current.window,
      limits: () => latest.current.limits,
      zoom: go,
      fit: () => go(null),
      point: (x) => setCursor(x === null ? null : timeAt(made.current[0], x)),
      select: (from, to) => setSelected(from === null || to === null ? null : boxOf(element, from, to)),
    });
  }, [onWindow === undefined, isDark, shape]);

  const index = cursorIndex(drawn, cursor);
  const last = lastFilled(series, drawn.t.length);
  const told = lastFilled(series.filter((one) => !one.isAhead), drawn.t.length);
  const [firstSeen, lastSeen] = seen(drawn, window, last);
  const goTo = (to: number): void => setCursor(slotMiddle(drawn, Math.min(lastSeen, Math.max(firstSeen, to))));
  const by = (seconds: number): void => {
    const from = index ?? (told < 0 ? lastSeen : Math.min(told, lastSeen));
    const aim = slotAt(drawn.t, slotMiddle(drawn, from) + seconds);
    // One slot at least, even where slots are wider apart than the step.
    goTo(aim === from ? from + Math.sign(seconds) : aim);
  };
  const scaled = (times: number): void => {
    const { window: seenNow } = latest.current;
    go(zoomed(seenNow, times, cursor ?? (seenNow.start + seenNow.end) / 2, limits));
  };
  const way = {
    nearer: () => scaled(0.5),
    farther: () => scaled(2),
    earlier: () => go(moved(latest.current.window, -0.5, limits)),
    later: () => go(moved(latest.current.window, 0.5, limits)),
    fit: () => go(null),
  };
  const pressed = (event: KeyboardEvent): void => {
    if (event.altKey || event.metaKey || event.ctrlKey) return;
    const action = keyAction(event, { by, goTo, way, lengthS: lengthOf(window), hasCursor: cursor !== null, clear: () => setCursor(null) });
    if (!action) return;
    action();
    event.preventDefault();
  };

  const picture = (): void => {
    const element = frame.current;
    if (!element) return;
    const shown = series.filter((one) => isShown(one.key));
    const canvas = pictureOf({ plots: made.current, series: shown, title, window, timezone, palette: readPalette(element) });
    canvas.toBlob((blob) => blob && save(blob, `${fileName(title, window, timezone)}.png`));
  };
  const csv = (): void => save(new Blob([csvOf(drawn, series, window, timezone)], { type: "text/csv;charset=utf-8" }), `${fileName(title, window, timezone)}.csv`);

  const at = index ?? (told < 0 ? null : Math.min(told, lastSeen));
  const when = at === null ? null : slotWords(drawn.t[at] ?? 0, slotEnd(drawn, at), timezone, window);
  return (
    <div class="time-chart">
      <ChartKey
        series={series}
        label={cursor === null ? (isNow && at === last ? "Latest" : "Last") : "At"}
        when={when}
        valueOf={(one) => (at === null ? null : (one.values[at] ?? null))}
        isShown={isShown}
        toggle={(key) => setAway((old) => toggled(old, key))}
      />
      <div
        ref={frame}
        class="chart"
        role="slider"
        tabIndex={0}
        aria-label={`${title}, ${windowWords(window, timezone)}. Arrow keys read the values, plus and minus change the span, Shift with arrow keys moves it.`}
        aria-valuemin={firstSeen}
        aria-valuemax={Math.max(firstSeen, lastSeen)}
        aria-valuenow={at ?? firstSeen}
        aria-valuetext={at === null ? "No readings" : valueText(series, at, when ?? "")}
        onKeyDown={pressed}
        onBlur={() => setCursor(null)}
      >
        {selected ? <div class="selection" style={{ left: `${selected.left}px`, width: `${selected.width}px` }} /> : null}
      </div>
      {note ? <p class="note">{note}</p> : null}
      <Tools
        canZoom={onWindow !== undefined}
        isFitted={props.isFitted ?? isSame(window, limits)}
        way={way}
        csv={csv}
        picture={picture}
        tableId={`${id}-table`}
        hasTable={hasTable}
        toggleTable={() => setHasTable(!hasTable)}
        actions={props.actions}
      />
      <div id={`${id}-table`}>
        {hasTable ? <ChartTable title={title} drawn={drawn} series={series} window={window} timezone={timezone} last={last} firstColumn={props.tableName ?? "From"} /> : null}
      </div>
    </div>
  );
}

function dataOf(drawn: Drawn, layers: readonly Layer[]): uPlot.AlignedData {
  return [drawn.t.map((_, i) => slotMiddle(drawn, i)), ...layers.map((layer) => layer.values)];
}

const widthOf = (element: HTMLElement): number => Math.max(200, Math.floor(element.clientWidth));

function timeAt(plot: uPlot | undefined, clientX: number): number {
  if (!plot) return 0;
  const rect = plot.over.getBoundingClientRect();
  return plot.posToVal(Math.min(rect.width, Math.max(0, clientX - rect.left)), "x");
}

function boxOf(element: HTMLElement, from: number, to: number): { left: number; width: number } {
  const rect = element.getBoundingClientRect();
  const [a, b] = from < to ? [from, to] : [to, from];
  const left = Math.max(rect.left, a);
  return { left: left - rect.left, width: Math.max(0, Math.min(rect.right, b) - left) };
}

function cursorIndex(drawn: Drawn, cursor: number | null): number | null {
  return cursor === null || !drawn.t.length ? null : slotAt(drawn.t, cursor);
}

/** Put the cursor of every plot to one slot. */
function place(plots: readonly uPlot[], drawn: Drawn, index: number | null): void {
  for (const plot of plots) {
    const left = index === null ? -10 : plot.valToPos(slotMiddle(drawn, index), "x");
    plot.setCursor({ left, top: index === null ? -10 : 10 }, false);
  }
}

function show(plot: uPlot | undefined, index: number, isShown: boolean): void {
  if (plot && plot.series[index]?.show !== isShown) plot.setSeries(index, { show: isShown });
}

/** The first and the last slot in sight that can have a value. */
function seen(drawn: Drawn, window: Window, last: number): [number, number] {
  if (!drawn.t.length) return [0, 0];
  const first = slotAt(drawn.t, window.start);
  return [first, Math.max(first, Math.min(last < 0 ? drawn.t.length - 1 : last, slotAt(drawn.t, window.end - 0.001)))];
}

function toggled(old: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(old);
  if (!next.delete(key)) next.add(key);
  return next;
}

/** What the chart says at one slot, for a screen reader. */
function valueText(series: readonly Series[], index: number, when: string): string {
  const values = series.map((one) => one.values[index] ?? null);
  if (values.every((value) => value === null)) return `${when}: no reading`;
  return `${when}: ${series.map((one, i) => phraseOf(one, values[i] ?? null)).join(", ")}`;
}

interface Keys {
  by: (seconds: number) => void;
  goTo: (index: number) => void;
  way: Record<"nearer" | "farther" | "earlier" | "later" | "fit", () => void>;
  lengthS: number;
  hasCursor: boolean;
  clear: () => void;
}

function keyAction({ key, shiftKey }: KeyboardEvent, { by, goTo, way, lengthS, hasCursor, clear }: Keys): (() => void) | null {
  const arrow = lengthS / 288; // five minutes of a day
  const page = lengthS / 24; // an hour of a day
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return shiftKey ? way.earlier : () => by(-arrow);
    case "ArrowRight":
    case "ArrowUp":
      return shiftKey ? way.later : () => by(arrow);
    case "PageDown":
      return () => by(-page);
    case "PageUp":
      return () => by(page);
    case "Home":
      return () => goTo(0);
    case "End":
      return () => goTo(Infinity);
    case "+":
    case "=":
      return way.nearer;
    case "-":
    case "_":
      return way.farther;
    case "0":
      return way.fit;
    case "Escape":
      return hasCursor ? clear : way.fit;
    default:
      return null;
  }
}
