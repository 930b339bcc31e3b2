/** The gateways that are added up: how each stands, and the way to it. */

import type { Now } from "../../api";
import type { Ask } from "../../frame/page";
import { titleOf, type Gateways as Listing } from "../../gateways";
import { useAnswer } from "../../hooks";
import { linkTo } from "../../route";

const FRESH_MS = 10_000;

export function Gateways({ now, ask }: { now: Now; ask: Ask }) {
  const { answer } = useAnswer<Listing>(ask, "gateways", {}, FRESH_MS);
  const rows = (answer?.gateways ?? []).filter((row) => now.gateways?.includes(row.name));
  return (
    <section class="gateways" aria-labelledby="gateways-title">
      <h2 id="gateways-title">Added up here</h2>
      <ul>
        {rows.map((row) => (
          <li key={row.name}>
            <a href={linkTo("now", { gateway: row.name })}>{titleOf(row)}</a>
            <span class="gateway-words">
              {row.words}
              {now.missing?.includes(row.name) ? " Left out of the powers above." : ""}
            </span>
          </li>
        ))}
      </ul>
      <p class="note">Powers and energies are sums; the charge is weighted by capacity.</p>
    </section>
  );
}
