// Shows whether everything is as it should be, and if not, how to fix it.
import { useEffect } from "preact/hooks";
import { useVault } from "../lib/context.js";
import { useLoad } from "../lib/load.js";
import { Again } from "../parts/again.jsx";
import { Command } from "../parts/copy.jsx";
import { Icon } from "../parts/icon.jsx";
import { SelfTest } from "../parts/selftest.jsx";
import { Trouble } from "../parts/trouble.jsx";

const ORDER = { fail: 0, warn: 1, ok: 2 };
const WORDS = { ok: "fine", warn: "look at it", fail: "broken" };

export function DoctorPage() {
  const { api } = useVault();
  const { value, error, busy, again } = useLoad(() => api.json("/doctor"), [api]);
  useEffect(() => {
    document.title = "Doctor · hookvault";
  }, []);
  return (
    <section class="page">
      <div class="title"><h1>Doctor</h1><Again busy={busy} again={again} /></div>
      <p class="hint">The Worker's own findings. To check it from outside, through the network, run:</p>
      <Command text={`hookvault doctor ${location.origin}`} label="the command that checks from outside" />
      <Trouble error={error} again={again} />
      {value && <Findings checks={value.checks} />}
      {value?.selfTest && <><h2>Through the public webhook</h2><SelfTest /></>}
    </section>
  );
}

function Findings({ checks }) {
  const sorted = checks.map((check) => ({ ...check, status: check.status ?? (check.ok ? "ok" : "fail") }))
    .sort((one, other) => ORDER[one.status] - ORDER[other.status]);
  const bad = sorted.filter(({ status }) => status !== "ok").length;
  return (
    <>
      <p class="verdict" role="status">{bad === 0 ? "Everything is fine." : `${bad} of ${checks.length} ${bad === 1 ? "needs" : "need"} a look.`}</p>
      <ul class="rows findings">
        {sorted.map(({ name, status, detail, fix, ms }, n) => (
          <li key={`${name} ${n}`} class={`block finding finding-${status}`}>
            <div class="line">
              <Icon name={status === "ok" ? "check" : "lost"} /><strong>{name}</strong>
              <span class={`state check-${status}`}>{WORDS[status] ?? status}</span>
              {typeof ms === "number" && <span class="meta">{ms} ms</span>}
            </div>
            {detail && <p>{detail}</p>}
            {fix && <Fix text={fix} />}
          </li>
        ))}
      </ul>
    </>
  );
}

/** A line of settings, a command between backticks, or one at the end of the text. */
const PASTED = /([A-Z_]{4,} = "[^"]*")|`((?:curl|npx|npm|wrangler) [^`]+)`|((?:curl|npx|npm|wrangler) [^`]+)$/gs;

/** Shows a fix: each thing to paste gets a button that copies it, and a long one is not repeated in the text. */
function Fix({ text }) {
  const pasted = [...text.matchAll(PASTED)].map(([, line, marked, last]) => line ?? marked ?? last);
  const words = text.replaceAll(PASTED, (all, line, marked) => (line ? line.split(" ")[0] : marked ? all : "")).replace(/:? $/, ":");
  return (
    <>
      {words && <p class="hint">{words}</p>}
      {pasted.map((one) => <Command key={one} text={one} label="the command that fixes it" />)}
    </>
  );
}
