/** The head of every page: whose house, which gateway, which colours, and the way to the other pages. */

import type { Now } from "../api";
import { linkTo } from "../route";
import { PAGES } from "../pages";
import type { Theme } from "../theme";
import { isChoice, titleOf, type Gateways } from "../gateways";

interface TopProps {
  now: Now | null;
  page: string;
  gateways: Gateways;
  gateway: string | null;
  chooseGateway: (name: string | null) => void;
  theme: Theme;
  nextTheme: () => void;
}

export function Top({ now, page, gateways, gateway, chooseGateway, theme, nextTheme }: TopProps) {
  return (
    <>
      <header class="top">
        <p class="brand">
          <Mark />
          forebay
        </p>
        {isChoice(gateways) ? (
          <GatewayChoice gateways={gateways} gateway={gateway} choose={chooseGateway} />
        ) : (
          <p class="site">{now?.site_name}</p>
        )}
        <ThemeButton theme={theme} next={nextTheme} />
      </header>
      <nav class="pages" aria-label="Pages">
        <ul>
          {PAGES.map((row) => (
            <li key={row.name}>
              <a href={linkTo(row.name, { gateway })} aria-current={row.name === page ? "page" : undefined}>
                {row.label}
              </a>
            </li>
          ))}
        </ul>
      </nav>
    </>
  );
}

function GatewayChoice({ gateways: { gateways, together }, gateway, choose }: { gateways: Gateways; gateway: string | null; choose: (name: string | null) => void }) {
  const first = gateways[0]?.name ?? "";
  return (
    <label class="gateway-choice">
      <span class="unseen">Gateway</span>
      <select value={gateway ?? first} onChange={(event) => choose(event.currentTarget.value === first ? null : event.currentTarget.value)}>
        {gateways.map((row) => (
          <option key={row.name} value={row.name}>
            {titleOf(row)}
          </option>
        ))}
        {together.map((row) => (
          <option key={row.name} value={row.name}>
            {row.title}
          </option>
        ))}
      </select>
    </label>
  );
}

function ThemeButton({ theme, next }: { theme: Theme; next: () => void }) {
  const words = { auto: "auto", light: "light", dark: "dark" }[theme];
  return (
    <button type="button" class="quiet theme" onClick={next} title="Change between light, dark and the system's choice">
      Colours: <span>{words}</span>
    </button>
  );
}

function Mark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M3 10c2-2.4 4-2.400 6 0s4 2.400 6 0M3 16c2-2.400 4-2.400 6 0s4 2.400 6 0M19.500 4v16" />
    </svg>
  );
}
