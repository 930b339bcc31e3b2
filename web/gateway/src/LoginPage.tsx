/** Logging in, as each release wants it: by serial number, by user, or by the switch on a Powerwall. */

import { useEffect, useRef, useState } from "preact/hooks";

import type { Drafts } from "./Act";
import { Refusal, type Gateway } from "./api";
import type { Step } from "./model";
import { PASSWORD_PANEL } from "./steps/powerwalls";
import { Panels } from "./Wizard";

interface LoginPageProps {
  gateway: Gateway;
  drafts: Drafts;
  /** Where to go afterwards. */
  then: string;
}

const KNOWN = [
  ["customer", "the customer"],
  ["installer", "the installer"],
  ["", "somebody else"],
] as const;

export function LoginPage({ gateway, drafts, then }: LoginPageProps) {
  const { login } = gateway.facts;
  const [user, setUser] = useState(login.ignores_user ? "" : "customer");
  const [isOther, setOther] = useState(false);
  const [password, setPassword] = useState("");
  const [email, setEmail] = useState("");
  const [isForced, setForced] = useState(false);
  const [refusal, setRefusal] = useState("");
  const [isWorking, setWorking] = useState(false);
  const onward = (): void => {
    location.hash = then;
  };
  const choose = (name: string): void => {
    setOther(name === "");
    setUser(name);
  };
  const bySwitch = !isOther && user !== "customer" && login.installer_needs_toggle;

  const submit = (event: Event): void => {
    event.preventDefault();
    setWorking(true);
    setRefusal("");
    const body = { username: user, password, email, force_sm_off: isForced };
    gateway
      .call("LOGIN", { body })
      .then((reply) => {
        gateway.opened(user, reply);
        onward();
      })
      .catch((error: unknown) => {
        if (!(error instanceof Refusal)) throw error;
        setRefusal(error.message);
        setWorking(false);
      });
  };

  return (
    <div class="login">
      <h1>Log in</h1>
      <p class="lead">The login leads into the wizard that sets this gateway up. Be careful with changes there.</p>
      {login.stops_system && (
        <p class="warning">
          <strong>Logging in stops the system.</strong> The Powerwall neither charges nor discharges, and nothing is
          measured, until you run it again; the wizard offers that on every step.
        </p>
      )}
      <form class="act" data-row="LOGIN" onSubmit={submit}>
        <div class="fields">
          {login.ignores_user ? (
            <div class="field">
              <label for="user">
                User name<span class="optional"> (may stay blank)</span>
              </label>
              <input id="user" name="username" value={user} autocomplete="username" onInput={(event) => setUser(event.currentTarget.value)} aria-describedby="user-hint" />
              <span class="hint" id="user-hint">
                {login.needs_user
                  ? "With the serial number as password the user name is ignored; customer and installer have passwords of their own."
                  : "This release ignores the user name, or only notes it."}
              </span>
            </div>
          ) : (
            <>
              <fieldset class="flags">
                <legend>I am</legend>
                {KNOWN.map(([name, words]) => (
                  <label class="check" key={name}>
                    <input type="radio" name="username" value={name} checked={(isOther ? "" : user) === name} onChange={() => choose(name)} />
                    <span>{words}</span>
                  </label>
                ))}
              </fieldset>
              {isOther && (
                <div class="field">
                  <label for="other">User name</label>
                  <input id="other" name="other" required value={user} autocomplete="username" onInput={(event) => setUser(event.currentTarget.value)} />
                </div>
              )}
            </>
          )}
          <div class="field">
            <label for="password">Password</label>
            <input id="password" name="password" type="password" required value={password} autocomplete="current-password" onInput={(event) => setPassword(event.currentTarget.value)} aria-describedby="password-hint" />
            <span class="hint" id="password-hint">
              {login.ignores_user
                ? "S and the gateway’s serial number: it stands in the app in this form, and without the S inside the gateway’s door."
                : "At first the last five characters of the gateway’s serial number, which stands inside its door."}
            </span>
          </div>
          {!login.ignores_user && (
            <div class="field">
              <label for="email">
                E-mail<span class="optional"> (may stay empty, is not checked)</span>
              </label>
              <input id="email" name="email" type="email" value={email} autocomplete="email" onInput={(event) => setEmail(event.currentTarget.value)} />
            </div>
          )}
          {login.stops_system && (
            <label class="check">
              <input type="checkbox" name="force_sm_off" checked={isForced} onChange={(event) => setForced(event.currentTarget.checked)} />
              <span>Stop the system even if it is busy</span>
            </label>
          )}
        </div>
        <p class="buttons">
          <button type="submit" class="strong" disabled={isWorking}>
            {isWorking ? "Asking the gateway …" : "Log in"}
          </button>
          <a class="quiet button" href="#/">
            Back to the power flow
          </a>
        </p>
        <div class="outcome" aria-live="polite">
          {refusal && <p class="refused">{refusal}</p>}
        </div>
      </form>
      {bySwitch && (gateway.offers("TOGGLE_START") ? <BySwitch gateway={gateway} onward={onward} /> : <SwitchAdvice />)}
      {gateway.offers("CHANGE_PASSWORD") && (
        <details class="forgotten">
          <summary>Set, change or recover the password</summary>
          <Panels gateway={gateway} step={FORGOTTEN} drafts={drafts} onWrite={() => undefined} />
        </details>
      )}
    </div>
  );
}

const FORGOTTEN: Step = { id: "forgotten", title: "", lead: "", panels: [PASSWORD_PANEL] };

function SwitchAdvice() {
  return (
    <p class="warning">
      <strong>An installer must be at the house.</strong> Turn the switch on a Powerwall off and on again, then log in
      within five minutes.
    </p>
  );
}

const LOOK_MS = 1_500;

type Waiting = { is: "idle" | "waiting" } | { is: "refused"; words: string };

/** The flow by which an installer proves to be at the house: start, toggle the switch, or cancel. */
function BySwitch({ gateway, onward }: { gateway: Gateway; onward: () => void }) {
  const [waiting, setWaiting] = useState<Waiting>({ is: "idle" });
  const [isSupported, setSupported] = useState<boolean | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const refused = (error: unknown): void => {
    if (!(error instanceof Refusal)) throw error;
    setWaiting({ is: "refused", words: error.message });
  };
  useEffect(() => {
    gateway.call("TOGGLE_SUPPORTED").then((body) => setSupported((body as { toggle_auth_supported: boolean }).toggle_auth_supported), refused);
    return () => clearTimeout(timer.current);
  }, [gateway]);

  const look = (): void => {
    gateway.call("TOGGLE_LOGIN", { body: { username: "installer", email: "", force_sm_off: false } }).then(
      (reply) => {
        gateway.opened("installer", reply);
        onward();
      },
      (error: unknown) => {
        if (error instanceof Refusal && error.status === 417) timer.current = setTimeout(look, LOOK_MS);
        else refused(error);
      },
    );
  };
  const start = (): void => {
    gateway.call("TOGGLE_START").then(() => {
      setWaiting({ is: "waiting" });
      look();
    }, refused);
  };
  const cancel = (): void => {
    clearTimeout(timer.current);
    gateway.call("TOGGLE_CANCEL").then(() => setWaiting({ is: "idle" }), refused);
  };

  return (
    <section class="panel by-switch" data-row="TOGGLE_START">
      <h2>By the switch on a Powerwall</h2>
      <p class="about">
        An installer must be at the house: start here, then turn the switch on the side of any Powerwall off and on again.
        No panel needs to be opened. The password alone works too, within five minutes after the switch was turned.
      </p>
      {isSupported === false && <p class="refused">The switch counts only while the system runs.</p>}
      {waiting.is === "waiting" ? (
        <p class="buttons" role="status">
          <span>Waiting for the switch to be turned off and on …</span>
          <button type="button" class="quiet" onClick={cancel}>
            Cancel
          </button>
        </p>
      ) : (
        <p class="buttons">
          <button type="button" class="strong" onClick={start}>
            Start to wait for the switch
          </button>
        </p>
      )}
      <div class="outcome" aria-live="polite">
        {waiting.is === "refused" && <p class="refused">{waiting.words}</p>}
      </div>
    </section>
  );
}
