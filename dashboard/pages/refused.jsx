// Deliveries that got an error: who sent them, and what they were told.
import { useEffect } from "preact/hooks";
import { useVault } from "../lib/context.js";
import { bytes, count, when } from "../lib/format.js";
import { useLoad } from "../lib/load.js";
import { Again } from "../parts/again.jsx";
import { Trouble } from "../parts/trouble.jsx";

export function RefusedPage() {
  const { api } = useVault();
  const { value, error, busy, again } = useLoad(() => api.json("/refused"), [api]);
  useEffect(() => {
    document.title = "Refused · hookvault";
  }, []);
  return (
    <section class="page">
      <div class="title"><h1>Refused deliveries</h1><Again busy={busy} again={again} /></div>
      <p class="hint">What came to the webhook and was turned away. A queue that is told 401 has the wrong token in its
        webhook's URL; 413 is a body over <code>MAX_BODY_BYTES</code>.</p>
      <Trouble error={error} again={again} />
      {value?.refused.length === 0 && <p class="nothing">None: every delivery was taken.</p>}
      {value?.refused.length > 0 && <Table refused={value.refused} total={value.total} />}
    </section>
  );
}

const COLUMNS = ["When", "Answer", "Why", "Sender", "Length", "More like it"];

function Table({ refused, total }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Refused deliveries">
      <table>
        <caption>The newest {refused.length} of {count(total)} that were refused</caption>
        <thead><tr>{COLUMNS.map((name) => <th key={name} scope="col">{name}</th>)}</tr></thead>
        <tbody>
          {refused.map(({ at, status, reason, userAgent, bytes: size, more }, n) => (
            <tr key={n}>
              <td>{when(at)}</td><td><span class="state status-failed">{status}</span></td><td>{reason}</td>
              <td>{userAgent ?? "–"}</td><td>{bytes(size)}</td><td>{more > 0 ? count(more) : "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
