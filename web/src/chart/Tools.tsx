/** The buttons below a chart: nearer, farther, aside, all; taken along as file, picture or table. */

import type { ComponentChildren } from "preact";

interface ToolsProps {
  canZoom: boolean;
  isFitted: boolean;
  way: Record<"nearer" | "farther" | "earlier" | "later" | "fit", () => void>;
  csv: () => void;
  picture: () => void;
  tableId: string;
  hasTable: boolean;
  toggleTable: () => void;
  actions: ComponentChildren;
}

export function Tools({ canZoom, isFitted, way, csv, picture, tableId, hasTable, toggleTable, actions }: ToolsProps) {
  return (
    <div class="tools">
      {actions}
      {canZoom ? (
        <div class="tool-group" role="group" aria-label="Span of the chart">
          <Tool name="Shorter span" path="M8 3V13M3 8H13" onClick={way.nearer} />
          <Tool name="Longer span" path="M3 8H13" onClick={way.farther} />
          <Tool name="Earlier" path="M10 3L5 8L10 13" onClick={way.earlier} />
          <Tool name="Later" path="M6 3L11 8L6 13" onClick={way.later} />
          <button type="button" class="quiet" onClick={way.fit} disabled={isFitted}>
            All
          </button>
        </div>
      ) : null}
      <div class="tool-group" role="group" aria-label="Take the chart along">
        <button type="button" class="quiet" onClick={toggleTable} aria-expanded={hasTable} aria-controls={tableId}>
          {hasTable ? "Hide the table" : "Show as a table"}
        </button>
        <button type="button" class="quiet" onClick={csv} title="Save what is seen as comma-separated values">
          CSV
        </button>
        <button type="button" class="quiet" onClick={picture} title="Save the chart as a picture">
          PNG
        </button>
      </div>
    </div>
  );
}

function Tool({ name, path, onClick }: { name: string; path: string; onClick: () => void }) {
  return (
    <button type="button" class="quiet" aria-label={name} title={name} onClick={onClick}>
      <svg class="arrow" viewBox="0 0 16 16" aria-hidden="true">
        <path d={path} />
      </svg>
    </button>
  );
}
