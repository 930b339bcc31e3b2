/** The wizard: its steps, where one is, and the state of the system that is always in sight. */

import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";

import { Act, type Drafts } from "./Act";
import { Refusal, type Gateway, type Json } from "./api";
import { rowLabel } from "./labels";
import type { Panel, Step } from "./model";
import { Readout } from "./Readout";
import { useReading, type Reading } from "./reading";
import { stepsOf } from "./steps";

interface WizardProps {
  gateway: Gateway;
  stepId: string;
  drafts: Drafts;
}

export function Wizard({ gateway, stepId, drafts }: WizardProps) {
  const steps = useMemo(() => stepsOf(gateway), [gateway]);
  const place = Math.max(0, steps.findIndex((step) => step.id === stepId));
  const step = steps[place] as Step;
  const system = useSystem(gateway);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus({ preventScroll: true }), [step.id]);
  useEffect(() => scrollTo(0, 0), [step.id]);

  return (
    <div class="wizard">
      <nav class="steps" aria-label="Steps of the wizard">
        <ol>
          {steps.map((other, number) => (
            <li key={other.id}>
              <a href={`#/wizard/${other.id}`} aria-current={other.id === step.id ? "step" : undefined}>
                <span class="place">{number + 1}</span> {other.title}
              </a>
            </li>
          ))}
        </ol>
        <label class="steps-short">
          Step {place + 1} of {steps.length}
          <select value={step.id} onChange={(event) => (location.hash = `#/wizard/${event.currentTarget.value}`)}>
            {steps.map((other) => (
              <option key={other.id} value={other.id}>
                {other.title}
              </option>
            ))}
          </select>
        </label>
      </nav>
      <div class="step" data-step={step.id}>
        {system.isOver && (
          <div class="stopped" role="status">
            <p>
              <strong>Your login has ended.</strong> What you typed and did not send is kept.
            </p>
            <a class="quiet button" href={`#/login/${step.id}`}>
              Log in again
            </a>
          </div>
        )}
        {system.running === false && <Stopped gateway={gateway} again={system.again} />}
        <h1 ref={title} tabIndex={-1}>
          {step.title}
        </h1>
        <p class="lead">{step.lead}</p>
        {step.warning && (
          <p class="warning">
            <strong>Take care.</strong> {step.warning}
          </p>
        )}
        <Panels key={step.id} gateway={gateway} step={step} drafts={drafts} onWrite={system.again} />
        <nav class="onward" aria-label="Before and after">
          {place > 0 && (
            <a class="quiet button" href={`#/wizard/${steps[place - 1]?.id}`}>
              Back: {steps[place - 1]?.title}
            </a>
          )}
          {place + 1 < steps.length ? (
            <a class="strong button" href={`#/wizard/${steps[place + 1]?.id}`}>
              Next: {steps[place + 1]?.title}
            </a>
          ) : (
            <LogOut gateway={gateway} />
          )}
        </nav>
      </div>
    </div>
  );
}

export function LogOut({ gateway }: { gateway: Gateway }) {
  const leave = (): void => {
    location.hash = "#/";
    gateway.logOut().catch((error: unknown) => {
      // The session is forgotten here all the same; an unreachable gateway ends it by its life time.
      if (!(error instanceof Refusal)) throw error;
    });
  };
  return (
    <button type="button" class="strong" onClick={leave}>
      Log out
    </button>
  );
}

interface PanelsProps {
  gateway: Gateway;
  step: Step;
  drafts: Drafts;
  onWrite: () => void;
}

/** The panels of a step with one reading for all of them. */
export function Panels({ gateway, step, drafts, onWrite }: PanelsProps) {
  const reading = useReading(gateway, step);
  const again = useCallback(async () => {
    const reads = await reading.again();
    onWrite();
    return reads;
  }, [reading.again, onWrite]);
  if (!reading.isComplete) return <p class="quietly">Asking the gateway …</p>;
  return (
    <>
      {step.panels.map((panel) => (
        <PanelView key={panel.title} panel={panel} step={step} gateway={gateway} drafts={drafts} reading={{ ...reading, again }} />
      ))}
    </>
  );
}

interface PanelViewProps {
  panel: Panel;
  step: Step;
  gateway: Gateway;
  drafts: Drafts;
  reading: Reading;
}

function PanelView({ panel, step, gateway, drafts, reading }: PanelViewProps) {
  const actions = panel.actions ?? [];
  const shows = panel.shows ?? [];
  const single = actions.filter((action) => action.fields?.length).length === 1;
  return (
    <section class="panel">
      <h2>{panel.title}</h2>
      {panel.about && <p class="about">{panel.about}</p>}
      {shows.map((row) => (
        <Shown key={row} row={row} title={shows.length > 1 ? rowLabel(row) : ""} reading={reading} />
      ))}
      {actions.length > 0 && (
        <div class="acts">
          {actions.map((action) => (
            <Act
              key={action.row}
              id={`${step.id}-${action.row}`}
              action={action}
              gateway={gateway}
              reads={reading.reads}
              drafts={drafts}
              isOpen={single}
              again={reading.again}
            />
          ))}
        </div>
      )}
    </section>
  );
}

/** More facts than this are one click away. */
const MOST_FACTS = 14;

/** One row as read, or why it could not be. */
function Shown({ row, title, reading }: { row: string; title: string; reading: Reading }) {
  const value = reading.reads[row];
  const isLong = value !== null && typeof value === "object" && !Array.isArray(value) && Object.keys(value).length > MOST_FACTS;
  const list = mainList(row, value);
  if (list) {
    const { [row.toLowerCase()]: _, ...rest } = value as Record<string, Json>;
    return (
      <div class="reading" data-shows={row}>
        <h3>{title}</h3>
        <Readout name={row} value={list} />
        <details class="deeper">
          <summary>State of all of them</summary>
          <Readout name={row} value={rest} />
        </details>
      </div>
    );
  }
  const content = reading.refusals[row] ? <p class="quietly">{reading.refusals[row]}</p> : <Readout name={row} value={value} />;
  return (
    <div class="reading" data-shows={row}>
      {title && isLong ? (
        <details class="deeper">
          <summary>{title}</summary>
          {content}
        </details>
      ) : (
        <>
          {title && <h3>{title}</h3>}
          {content}
        </>
      )}
    </div>
  );
}

/** The list that a reply is named after, such as the Powerwalls among their flags. */
function mainList(row: string, value: Json | undefined): Json[] | null {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return null;
  const list = value[row.toLowerCase()];
  return Array.isArray(list) && list.length > 0 && Object.keys(value).length > 1 ? list : null;
}

interface System {
  running: boolean | null;
  /** Whether the gateway no longer takes the session. */
  isOver: boolean;
  again: () => void;
}

const LOOK_MS = 5_000;

/** Whether the system runs, looked at every few seconds and after each write. */
function useSystem(gateway: Gateway): System {
  const [running, setRunning] = useState<boolean | null>(null);
  const [isOver, setOver] = useState(false);
  const again = useCallback(() => {
    if (!gateway.mayCall("SITEMASTER")) return;
    gateway.call("SITEMASTER").then(
      (body) => {
        setOver(false);
        setRunning((body as { running?: boolean }).running === true);
      },
      (error: unknown) => {
        if (!(error instanceof Refusal)) throw error;
        setRunning(null); // the panels say what else is wrong
        setOver(error.status === 401 || error.status === 403);
      },
    );
  }, [gateway]);
  useEffect(() => {
    again();
    const timer = setInterval(() => document.hidden || again(), LOOK_MS);
    return () => clearInterval(timer);
  }, [again]);
  return { running, isOver, again };
}

function Stopped({ gateway, again }: { gateway: Gateway; again: () => void }) {
  const [refusal, setRefusal] = useState("");
  const run = (): void => {
    gateway.call("SITEMASTER_RUN").then(
      () => {
        setRefusal("");
        again();
      },
      (error: unknown) => {
        if (!(error instanceof Refusal)) throw error;
        setRefusal(error.message);
      },
    );
  };
  return (
    <div class="stopped" role="status">
      <p>
        <strong>The system is stopped.</strong> Nothing charges, discharges or is measured until it is run again.
      </p>
      <button type="button" class="quiet" onClick={run}>
        Run it now
      </button>
      {refusal && <p class="refused">{refusal}</p>}
    </div>
  );
}
