// Deliveries that were refused: who sent them, and what they were answered.
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
      <p class="hint">Deliveries that the webhook refused. 401: the queue has the wrong token in its webhook URL. 413: the body is over <code>MAX_BODY_BYTES</code>.</p>
      <Trouble error={error} again={again} />
      {value?.refused.length === 0 && <p class="nothing">None: every delivery was accepted.</p>}
      {value?.refused.length > 0 && (
        <>
          <p>{newest(value.refused.length, value.total)}:</p>
          <ul class="rows">{value.refused.map((row, n) => <Row key={n} {...row} />)}</ul>
        </>
      )}
    </section>
  );
}

const newest = (shown, total) => shown < total
  ? `The newest ${shown} of ${count(total)} that were refused`
  : `${count(total)} ${total === 1 ? "was" : "were"} refused`;

function Row({ at, status, reason, userAgent, bytes: size, more }) {
  return (
    <li class="block">
      <div class="line">
        <span class="state status-failed">{status}</span><strong>{when(at)}</strong><span class="meta">{bytes(size)}</span>
        {more > 0 && <span class="meta">and {count(more)} more like it</span>}
      </div>
      <p>{reason}</p>
      <p class="meta">{userAgent ? `Sent by ${userAgent}` : "The sender gives no name"}</p>
    </li>
  );
}
