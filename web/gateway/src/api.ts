/** How the page talks to its gateway: rows of the catalogue by name, one session, refusals as errors. */

import { NO_SENSE, refusalWords } from "./refusals";

export type Role = "public" | "kiosk" | "customer" | "installer" | "engineer";

export interface Row {
  method: "GET" | "POST" | "DELETE";
  path: string;
  access: Role;
  needs: "any" | "running" | "stopped";
  effect: "reads" | "session" | "writes";
}

/** What the gateway says of itself before anything else: /page.json. */
export interface Facts {
  firmware: string;
  login: Record<"stops_system" | "ignores_user" | "needs_user" | "installer_needs_toggle", boolean>;
  choices: Record<string, string[]>;
  rows: Record<string, Row>;
}

export interface Session {
  token: string;
  user: string;
  roles: string[];
}

/** JSON as a gateway answers it; every reader checks what it takes. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The gateway refused, did not answer at all (status 0), or said what is no JSON (NO_SENSE). */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly row: string,
    /** What the gateway itself said, if anything. */
    readonly said: string,
  ) {
    super(refusalWords(status, said));
  }
}

/** Each may what those before it may. */
const RANKS: readonly Role[] = ["public", "kiosk", "customer", "installer", "engineer"];

const ROLES: Record<string, Role> = {
  Kiosk_Viewer: "kiosk",
  Home_Owner: "customer",
  Provider_Engineer: "installer",
  Tesla_Engineer: "engineer",
};

const KEY = "gateway.session";
const PATIENCE_MS = 10_000;

export class Gateway {
  session: Session | null = kept();
  private watchers = new Set<() => void>();

  constructor(readonly facts: Facts) {}

  /** Whether this release has the row. */
  offers(row: string): boolean {
    return row in this.facts.rows;
  }

  /** Whether a row may be called with the present session, as far as its role tells. */
  mayCall(row: string): boolean {
    const access = this.facts.rows[row]?.access ?? "public";
    const held = (this.session?.roles ?? []).map((role) => RANKS.indexOf(ROLES[role] ?? "kiosk"));
    return Math.max(0, ...held) >= RANKS.indexOf(access);
  }

  /** Whose login a row needs, as a sentence. */
  needsLogin(row: string): string {
    const access = this.facts.rows[row]?.access ?? "public";
    return `Needs the ${{ public: "", kiosk: "kiosk’s", customer: "customer’s", installer: "installer’s", engineer: "maker’s" }[access]} login.`;
  }

  /** Call a row and give its JSON. parts fill its path, query follows it; throws Refusal. */
  async call(name: string, options: CallOptions = {}): Promise<Json> {
    const text = await (await this.request(name, options)).text().catch(() => {
      throw new Refusal(0, name, "");
    });
    try {
      return text ? (JSON.parse(text) as Json) : null;
    } catch {
      throw new Refusal(NO_SENSE, name, "");
    }
  }

  /** Call a row and save its bytes as a file. */
  async download(name: string, file: string): Promise<void> {
    const address = URL.createObjectURL(await (await this.request(name, {})).blob());
    const link = document.createElement("a");
    link.href = address;
    link.download = file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), PATIENCE_MS);
  }

  private async request(name: string, { parts = {}, body, query = "", token = this.session?.token }: CallOptions): Promise<Response> {
    const row = this.facts.rows[name];
    if (!row) throw new Refusal(404, name, "");
    const path = row.path.replace(/\{(\w+)\}/g, (_, part: string) => encodeURIComponent(parts[part] ?? ""));
    const headers: Record<string, string> = {};
    if (token) headers["Authorization"] = `Bearer ${token}`;
    const request: RequestInit = { method: row.method, headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) };
    if (body !== undefined) {
      headers["Content-Type"] = "application/json";
      request.body = JSON.stringify(body);
    }
    const reply = await fetch(path + query, request).catch(() => {
      throw new Refusal(0, name, "");
    });
    if (!reply.ok) throw new Refusal(reply.status, name, saidIn(await reply.text().catch(() => "")));
    return reply;
  }

  /** Take over the reply of a log-in. */
  opened(user: string, reply: Json): Session {
    const given = reply as { token: string; roles: string[] };
    this.session = { token: given.token, user, roles: given.roles };
    keep(this.session);
    this.tell();
    return this.session;
  }

  /** End the session here and at the gateway. */
  async logOut(): Promise<void> {
    const token = this.session?.token ?? "";
    this.forget(); // first, so that nothing else is asked with a token that ends
    await this.call("LOGOUT", { token });
  }

  /** Forget a session that the gateway no longer takes. */
  forget(): void {
    this.session = null;
    keep(null);
    this.tell();
  }

  /** Call back whenever somebody logs in or out; returns how to stop that. */
  onSession(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  private tell(): void {
    for (const watcher of this.watchers) watcher();
  }
}

export interface CallOptions {
  parts?: Record<string, string>;
  body?: unknown;
  query?: string;
  /** Whose token is shown; by default the session's. */
  token?: string | undefined;
}

export async function connect(): Promise<Gateway> {
  const reply = await fetch("/page.json", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!reply.ok) throw new Refusal(reply.status, "page.json", "");
  return new Gateway((await reply.json()) as Facts);
}

function saidIn(text: string): string {
  try {
    const body = JSON.parse(text) as { error?: string; message?: string };
    return [body.message, body.error].filter((part, place, all) => part && all.indexOf(part) === place).join(": ");
  } catch {
    return text.trim().slice(0, 120);
  }
}

function kept(): Session | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Session | null;
  } catch {
    return null; // storage can be forbidden; the session then lasts until the page is left
  }
}

function keep(session: Session | null): void {
  try {
    if (session) sessionStorage.setItem(KEY, JSON.stringify(session));
    else sessionStorage.removeItem(KEY);
  } catch {
    // see kept()
  }
}
