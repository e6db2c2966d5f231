// The sign-in form, or what to do as long as there is no token.
import { useEffect, useRef, useState } from "preact/hooks";
import { Api } from "../lib/api.js";
import { Icon } from "../parts/icon.jsx";
import { Logo } from "../parts/logo.jsx";
import { ThemeButton } from "../parts/theme.jsx";
import { Setup } from "./setup.jsx";

export function SignIn({ session }) {
  const [refusal, setRefusal] = useState(session.reason);
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(session.isNew);
  const check = () => setup().then((found) => found && setRefusal(found));
  useEffect(() => {
    check();
    session.ask().then(() => setAsking(false));
  }, []);
  useEffect(() => {
    document.title = "Sign in · hookvault";
  }, []);
  const isSetup = refusal?.isSetup;
  if (asking) return null;
  const submit = async (token) => {
    setBusy(true);
    await session.signIn(token).catch((error) => setRefusal(error));
    setBusy(false);
  };
  return (
    <>
      <header class="top bare"><Logo /><div class="tools"><ThemeButton /></div></header>
      <main class="signin" id="main">
        {isSetup
          ? <Setup refusal={refusal} again={() => setup().then(setRefusal)} />
          : <Form refusal={refusal} wasIn={refusal === session.reason} busy={busy} submit={submit} />}
      </main>
    </>
  );
}

/** Returns the refusal that says that the API's secret is not set; `null` if it is set. */
async function setup() {
  try {
    await new Api({}).json("/whoami");
  } catch (refusal) {
    return refusal.isSetup ? refusal : null;
  }
  return null;
}

function Form({ refusal, wasIn, busy, submit }) {
  const field = useRef();
  useEffect(() => field.current.focus(), []);
  const send = (event) => {
    event.preventDefault();
    const token = field.current.value.trim();
    if (token) submit(token);
  };
  return (
    <form class="panel" onSubmit={send}>
      <h1>Sign in</h1>
      <p class="hint">With the Worker's <code>API_TOKEN</code>; its <code>READ_TOKEN</code> lets you look, not act. The token stays in this browser's open tabs.</p>
      {refusal && <p class="alert" role="alert" id="why">{why(refusal, wasIn)}</p>}
      <label for="token">API token</label>
      <input id="token" ref={field} type="password" autocomplete="off" spellcheck={false} required
        aria-invalid={refusal?.status === 401 || undefined} aria-describedby={refusal ? "why" : undefined} />
      <button type="submit" class="primary" disabled={busy}><Icon name="next" />{busy ? "Signing in…" : "Sign in"}</button>
    </form>
  );
}

function why(refusal, wasIn) {
  if (refusal.status === 401) {
    return wasIn
      ? "You were signed out: the Worker no longer accepts the token. It was changed or revoked."
      : "The Worker does not accept this token.";
  }
  if (refusal.status === 0) return "The Worker can't be reached. Try again.";
  return `The Worker answered: ${refusal.message}`;
}
