// Deliveries that belong to no known job: a person assigns them.
import { useEffect, useState } from "preact/hooks";
import { useRights, useVault } from "../lib/context.js";
import { useChanges } from "../lib/emitter.js";
import { bytes, when } from "../lib/format.js";
import { useLoad } from "../lib/load.js";
import { Again } from "../parts/again.jsx";
import { Dialog } from "../parts/dialog.jsx";
import { Icon } from "../parts/icon.jsx";
import { Source } from "../parts/json.jsx";
import { Trouble } from "../parts/trouble.jsx";

export function UnmatchedPage() {
  const { api, live } = useVault();
  useChanges(live.states);
  const [cursor, setCursor] = useState("");
  const { value, error, busy, again } = useLoad(() =>
    api.json(`/unmatched?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`), [api, cursor]);
  useEffect(() => {
    document.title = "Unmatched · hookvault";
  }, []);
  return (
    <section class="page">
      <div class="title"><h1>Unmatched deliveries</h1><Again busy={busy} again={again} /></div>
      <p class="hint">Genuine deliveries that do not name their job. Each is kept unchanged until it is assigned or dropped.
        {live.state === "off" && " To assign or drop them, sign in with the API token."}</p>
      <Trouble error={error} again={again} />
      {value?.unmatched.length === 0 && <p class="nothing">None{cursor ? " here" : ""}: every delivery found its job.</p>}
      {value?.unmatched.length > 0 && (
        <ul class="rows">
          {value.unmatched.map((row) => <Row key={row.key} row={row} again={again} />)}
        </ul>
      )}
      <div class="row">
        {cursor && <button type="button" onClick={() => setCursor("")}>From the beginning</button>}
        {value?.cursor && <button type="button" onClick={() => setCursor(value.cursor)}>Next page</button>}
      </div>
    </section>
  );
}

function Row({ row: { key, receivedAt, bytes: size, reason, ref }, again }) {
  const { api, notify } = useVault();
  const { mayAct } = useRights();
  /** The open question: `{ drop }`, or `{ job }` for a job that no delivery has named. */
  const [asks, setAsks] = useState(null);
  const close = () => setAsks(null);
  const path = `/unmatched/${encodeURIComponent(key)}`;
  const act = async (done, ask) => {
    try {
      await ask();
      notify(done);
      again();
    } catch (error) {
      close();
      notify(error.message, "bad");
    }
  };
  const deliver = (job, more = "") => api.post(`${path}?job=${encodeURIComponent(job)}${more}`);
  const assign = async (event) => {
    event.preventDefault();
    const job = new FormData(event.currentTarget).get("job").trim();
    if (!job) return;
    const sent = deliver(job);
    const isUnknown = await sent.then(() => false, ({ code }) => code === "no-such-job");
    if (isUnknown) setAsks({ job });
    else act(`Assigned to ${job}`, () => sent);
  };
  const make = (job) => act(`Assigned to ${job}`, () => deliver(job, "&create=true"));
  const drop = () => act("Dropped", () => api.send(path, { method: "DELETE" }));
  return (
    <li class="block">
      <div class="line"><strong>{when(receivedAt)}</strong><span class="meta">{bytes(size)}</span>
        {ref && <span class="meta">reference {ref}</span>}</div>
      <p>{reason}</p>
      {mayAct && (
        <form class="row" onSubmit={assign}>
          <input name="job" required aria-label={`Job of the delivery of ${when(receivedAt)}`} placeholder="Job id, or ref:…"
            autocomplete="off" spellcheck={false} />
          <button type="submit" class="primary">Assign</button>
          <button type="button" class="danger" onClick={() => setAsks({ drop: true })}><Icon name="bin" />Drop</button>
        </form>
      )}
      <Raw path={path} />
      {asks?.drop && (
        <Dialog title="Drop this delivery?" close={close}>
          <p>No other copy exists. This can't be undone.</p>
          <div class="row end">
            <button type="button" onClick={close}>Keep it</button>
            <button type="button" class="danger solid" onClick={drop}>Drop it</button>
          </div>
        </Dialog>
      )}
      {asks?.job && (
        <Dialog title={`Make a new job ${asks.job}?`} close={close}>
          <p>No delivery has named this job yet. If the name is mistyped, go back: a delivery can't be taken out of a job again.</p>
          <div class="row end">
            <button type="button" onClick={close}>Go back</button>
            <button type="button" class="primary" onClick={() => make(asks.job)}>Make the job</button>
          </div>
        </Dialog>
      )}
    </li>
  );
}

function Raw({ path }) {
  const { api } = useVault();
  const [body, setBody] = useState(null);
  const toggled = ({ currentTarget }) =>
    currentTarget.open && body === null && api.text(path).then(setBody, (error) => setBody(error.message));
  return (
    <details class="raw" onToggle={toggled}>
      <summary>The delivery as received</summary>
      {body !== null && <Source text={body} label="The delivery as received" />}
    </details>
  );
}
