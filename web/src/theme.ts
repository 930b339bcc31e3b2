/** Light or dark: what the system prefers, unless the owner chose; the choice is kept on this device. */

import { useEffect, useState } from "preact/hooks";

export type Theme = "auto" | "light" | "dark";

const KEY = "forebay.theme";
const NEXT: Record<Theme, Theme> = { auto: "light", light: "dark", dark: "auto" };

function kept(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : "auto";
  } catch {
    return "auto"; // storage can be forbidden; the choice then lasts until the page is left
  }
}

function apply(theme: Theme): void {
  const root = document.documentElement;
  if (theme === "auto") delete root.dataset["theme"];
  else root.dataset["theme"] = theme;
}

/** Put the kept choice in force before anything is drawn. */
export const startTheme = (): void => apply(kept());

/** The theme, a function that goes to the next one, and whether dark is what shows. */
export function useTheme(): { theme: Theme; next: () => void; isDark: boolean } {
  const [theme, setTheme] = useState<Theme>(kept);
  const [systemDark, setSystemDark] = useState(() => matchMedia("(prefers-color-scheme: dark)").matches);
  useEffect(() => {
    const query = matchMedia("(prefers-color-scheme: dark)");
    const changed = (): void => setSystemDark(query.matches);
    query.addEventListener("change", changed);
    return () => query.removeEventListener("change", changed);
  }, []);
  const next = (): void => {
    const chosen = NEXT[theme];
    apply(chosen);
    try {
      if (chosen === "auto") localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, chosen);
    } catch {
      // see kept()
    }
    setTheme(chosen);
  };
  return { theme, next, isDark: theme === "dark" || (theme === "auto" && systemDark) };
}
