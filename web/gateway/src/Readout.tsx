/** What the gateway answered, as a list of facts or a table; numbers and words, no JSON. */

import type { Json } from "./api";
import { words } from "./diff";
import { appPercent } from "./flow";
import { label } from "./labels";

const isFlat = (value: Json): boolean => value === null || typeof value !== "object" || (Array.isArray(value) && value.every((item) => item === null || typeof item !== "object"));
const MOST_LINES = 60;

/** One value in words; the reserve also on the app's scale, which people know. */
function shown(name: string, value: Json): string {
  if (name === "backup_reserve_percent" && typeof value === "number") {
    const app = Math.round(appPercent(value));
    return `${app} % in the app (${words(value)} % on the gateway's scale)`;
  }
  if (Array.isArray(value)) return value.length ? value.map((item) => words(item)).join(", ") : "none";
  return words(value);
}

export function Readout({ name, value }: { name: string; value: Json | undefined }) {
  if (value === undefined || value === null) return <p class="quietly">Nothing is told.</p>;
  if (isFlat(value)) return <p>{shown(name, value)}</p>;
  if (Array.isArray(value)) return <Table items={value} />;
  const members = Object.entries(value);
  const flat = members.filter(([, member]) => isFlat(member));
  const deep = members.filter(([, member]) => !isFlat(member));
  return (
    <>
      {flat.length > 0 && (
        <dl class="facts-of">
          {flat.map(([key, member]) => (
            <div key={key}>
              <dt>{label(key)}</dt>
              <dd>{shown(key, member)}</dd>
            </div>
          ))}
        </dl>
      )}
      {deep.map(([key, member]) => (
        <details key={key} class="deeper" open={key === "checks"}>
          <summary>{label(key)}</summary>
          <Readout name={key} value={member} />
        </details>
      ))}
    </>
  );
}

function Table({ items }: { items: Json[] }) {
  const lines = items.slice(0, MOST_LINES);
  const more = items.length - lines.length;
  const objects = lines.filter((item): item is { [key: string]: Json } => item !== null && typeof item === "object" && !Array.isArray(item));
  const names = [...new Set(objects.flatMap((item) => Object.keys(item)))];
  const isTable = objects.length === lines.length && names.length <= 6 && objects.every((item) => Object.values(item).every(isFlat));
  if (isTable) {
    return (
      <div class="table-frame" tabIndex={0} role="group" aria-label="Table">
        <table>
          <thead>
            <tr>
              {names.map((name) => (
                <th key={name} scope="col">
                  {label(name)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {objects.map((item, place) => (
              <tr key={place}>
                {names.map((name) => (
                  <td key={name}>{shown(name, item[name] ?? null)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {more > 0 && <p class="quietly">And {more} more.</p>}
      </div>
    );
  }
  return (
    <ol class="things">
      {lines.map((item, place) => (
        <li key={place}>
          <Thing item={item} isOnly={items.length === 1} />
        </li>
      ))}
      {more > 0 && <li class="quietly">And {more} more.</li>}
    </ol>
  );
}

/** Members that name a thing, the best first. */
const TITLES = ["network_name", "name", "PackageSerialNumber", "serial", "location", "grid_code", "alert_name", "model", "type", "id"];

/** One of several things: closed under its name where there are more. */
function Thing({ item, isOnly }: { item: Json; isOnly: boolean }) {
  const members = item !== null && typeof item === "object" && !Array.isArray(item) ? item : {};
  const title = TITLES.map((name) => members[name]).find((value) => typeof value === "string" || typeof value === "number");
  if (isOnly || title === undefined) return <Readout name="" value={item} />;
  return (
    <details class="deeper">
      <summary>
        {words(title)}
        {members["status"] !== undefined && <span class="status">: {words(members["status"])}</span>}
      </summary>
      <Readout name="" value={item} />
    </details>
  );
}
