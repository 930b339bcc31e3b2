/** One thing that can be done: its fields, a question where it is dangerous, what came of it. */

import { useEffect, useRef, useState } from "preact/hooks";

import { Refusal, type Gateway, type Json } from "./api";
import { changes, type Change } from "./diff";
import { Fields, startValues } from "./Fields";
import type { Action, Reads, Values } from "./model";
import { Readout } from "./Readout";

/** What was typed and not yet done, by action; it outlives an error, a step and a log-in. */
export type Drafts = Map<string, Values>;

interface ActProps {
  id: string;
  action: Action;
  gateway: Gateway;
  reads: Reads;
  drafts: Drafts;
  isOpen: boolean;
  /** Read the step again after a write; gives what is read now. */
  again: () => Promise<Reads>;
}

type Phase =
  | { is: "idle" | "asking" | "working" }
  | { is: "done"; changes: Change[]; reply: Json; at: string }
  | { is: "refused"; words: string; status: number };

/** What is sent: everything but the parts of the path, numbers as numbers, nothing for what was left empty. */
function bodyOf(action: Action, values: Values, reads: Reads): unknown {
  if (action.body) return action.body(values, reads);
  const fields = (action.fields ?? []).filter((field) => !action.parts?.includes(field.name));
  if (!fields.length) return undefined;
  const members = fields
    .filter((field) => !(field.optional && values[field.name] === ""))
    .map((field) => [field.name, field.kind === "number" ? Number(values[field.name]) : values[field.name]] as const);
  return Object.fromEntries(members);
}

export function Act({ id, action, gateway, reads, drafts, isOpen, again }: ActProps) {
  const fields = action.fields ?? [];
  const [draft, setDraft] = useState<Values>(() => drafts.get(id) ?? {});
  const [phase, setPhase] = useState<Phase>({ is: "idle" });
  const [isUnfolded, setUnfolded] = useState(isOpen || drafts.has(id));
  const yes = useRef<HTMLButtonElement>(null);
  const ask = useRef<HTMLButtonElement>(null);
  const values = { ...startValues(fields, reads, gateway), ...draft };
  const hasRole = gateway.mayCall(action.row);

  useEffect(() => {
    if (phase.is === "asking") yes.current?.focus();
  }, [phase.is]);

  const change = (name: string, value: Values[string]): void => {
    const next = { ...draft, [name]: value };
    drafts.set(id, next);
    setDraft(next);
    if (phase.is === "done" || phase.is === "refused") setPhase({ is: "idle" });
  };

  const carryOut = async (): Promise<void> => {
    setPhase({ is: "working" });
    try {
      const parts = Object.fromEntries((action.parts ?? []).map((part) => [part, String(values[part])]));
      const body = bodyOf(action, values, reads);
      const reply = action.file
        ? await gateway.download(action.row, action.file).then(() => null)
        : await gateway.call(action.row, { parts, body, query: action.query ?? "" });
      drafts.delete(id);
      setDraft({});
      const fresh = await again();
      setPhase({ is: "done", reply, changes: changes(reads, fresh), at: new Date().toLocaleTimeString("en-GB") });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      setPhase({ is: "refused", words: error.message, status: error.status });
    }
  };

  const submit = (event: Event): void => {
    event.preventDefault();
    if (action.warn && phase.is !== "asking") setPhase({ is: "asking" });
    else void carryOut();
  };

  const keepAsIs = (): void => {
    setPhase({ is: "idle" });
    setTimeout(() => ask.current?.focus());
  };

  const form = (
    <form class="act" data-row={action.row} onSubmit={submit}>
      {action.about && fields.length > 0 && <p class="about">{action.about}</p>}
      {fields.length > 0 && <Fields id={id} fields={fields} values={values} reads={reads} gateway={gateway} onChange={change} />}
      {phase.is === "asking" ? (
        <div class="question" role="group" aria-label="Are you sure?" onKeyDown={(event) => event.key === "Escape" && keepAsIs()}>
          <p>{action.warn}</p>
          <p class="buttons">
            <button ref={yes} type="submit" class="strong">
              Yes, {action.title.charAt(0).toLowerCase() + action.title.slice(1)}
            </button>
            <button type="button" class="quiet" onClick={keepAsIs}>
              No, leave it as it is
            </button>
          </p>
        </div>
      ) : (
        <p class="buttons">
          <button ref={ask} type="submit" class={fields.length ? "strong" : "quiet"} disabled={phase.is === "working"}>
            {phase.is === "working" ? "Asking the gateway …" : action.title}
          </button>
          {(action.about && !fields.length) || !hasRole ? (
            <span class="hint">
              {!fields.length && action.about} {!hasRole && gateway.needsLogin(action.row)}
            </span>
          ) : null}
        </p>
      )}
      <Outcome
        phase={phase}
        action={action}
        hasRole={hasRole}
        isReading={!action.file && gateway.facts.rows[action.row]?.effect === "reads"}
      />
    </form>
  );
  if (!fields.length) return form;
  return (
    <details class="doing" open={isUnfolded} onToggle={(event) => setUnfolded(event.currentTarget.open)}>
      <summary>{action.title}</summary>
      {form}
    </details>
  );
}

const readBack = (at: string, changed: number): string =>
  `Done, and read back at ${at}${changed ? ":" : ": nothing else that is shown here has changed so far."}`;

interface OutcomeProps {
  phase: Phase;
  action: Action;
  hasRole: boolean;
  /** Whether the action only shows something, so that there is nothing to read back. */
  isReading: boolean;
}

function Outcome({ phase, action, hasRole, isReading }: OutcomeProps) {
  return (
    <div class="outcome" aria-live="polite">
      {phase.is === "refused" && (
        <p class="refused" data-status={phase.status}>
          {phase.words} {phase.status === 403 && <a href={`#/login/${location.hash.split("/")[2] ?? ""}`}>{hasRole ? "Log in again" : "Log in as somebody who may"}</a>}
        </p>
      )}
      {phase.is === "done" && (
        <div class="done">
          {!isReading && <p>{action.file ? `Saved as ${action.file} at ${phase.at}.` : readBack(phase.at, phase.changes.length)}</p>}
          {!isReading && phase.changes.length > 0 && (
            <ul>
              {phase.changes.slice(0, 8).map((change, place) => (
                <li key={place}>
                  {change.what}: <span class="before">{change.before}</span> is now <strong>{change.after}</strong>
                </li>
              ))}
            </ul>
          )}
          {action.showsReply && <Readout name={action.row} value={phase.reply} />}
        </div>
      )}
    </div>
  );
}
