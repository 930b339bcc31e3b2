/** A page that is fetched when it is gone to; until then, and if it cannot be, a sentence. */

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { PageRow } from "../pages";
import type { PageProps } from "./page";

type Found = { name: string; Page: ComponentType<PageProps> } | { name: string; Page: null };

export function LazyPage({ row, ...props }: { row: PageRow } & PageProps) {
  const [found, setFound] = useState<Found | null>(() => ready(row));
  useEffect(() => {
    const now = ready(row);
    if (now) {
      setFound(now);
      return undefined;
    }
    let isWanted = true;
    const tell = (Page: ComponentType<PageProps> | null): void => {
      if (isWanted) setFound({ name: row.name, Page });
    };
    Promise.resolve(row.load()).then(tell, () => tell(null));
    return () => {
      isWanted = false;
    };
  }, [row]);

  if (found?.name !== row.name) return <p class="blank">Fetching the page …</p>;
  if (found.Page) return <found.Page {...props} />;
  return (
    <div class="blank">
      <p>This page could not be fetched. forebay may be away, or a newer one may be running.</p>
      <p>
        <button type="button" class="quiet" onClick={() => location.reload()}>
          Load anew
        </button>
      </p>
    </div>
  );
}

/** The page, where it needs no fetching. */
function ready(row: PageRow): Found | null {
  if (row.name !== "now") return null;
  return { name: row.name, Page: row.load() as ComponentType<PageProps> };
}
