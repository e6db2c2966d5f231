// Every delivery and its outcome, and what the vault did by itself.
import { useEffect, useState } from "preact/hooks";
import { jobPath } from "../lib/api.js";
import { useVault } from "../lib/context.js";
import { STATUSES } from "../lib/filter.js";
import { bytes, duration, when } from "../lib/format.js";
import { Copy } from "./copy.jsx";
import { Source } from "./json.jsx";
import { Trouble } from "./trouble.jsx";

const PAGE = 200;

export function Timeline({ job }) {
  const { events, error, more } = useEvents(job);
  return (
    <section class="block timeline">
      <h2>Timeline</h2>
      <Trouble error={error} />
      <ol>
        {events.map((event, n) => (
          <Event key={event.n} job={job} event={event} before={n > 0 ? events[n - 1] : null} />
        ))}
      </ol>
      {more && <button type="button" onClick={more}>Show more</button>}
    </section>
  );
}

/** Returns the entries so far. They are only ever added, so each change of the job loads the new ones. */
function useEvents({ id, version }) {
  const { api } = useVault();
  const [state, setState] = useState({ events: [], error: null, isFull: false });
  const [wanted, setWanted] = useState(1);
  useEffect(() => {
    let isOver = false;
    const after = state.events.at(-1)?.n ?? 0;
    const take = ({ events }) => isOver || setState((now) => ({
      events: [...now.events, ...events.filter(({ n }) => n > (now.events.at(-1)?.n ?? 0))],
      error: null, isFull: events.length >= PAGE }));
    api.json(jobPath(id, `/events?after=${after}&limit=${PAGE}`))
      .then(take, (error) => isOver || setState((now) => ({ ...now, error })));
    return () => {
      isOver = true;
    };
  }, [api, id, version, wanted]);
  return { ...state, more: state.isFull ? () => setWanted((now) => now + 1) : null };
}

const TRUST = { token: "with the hook token", capability: "by the job's own webhook", signed: "signed by its sender" };

function Event({ job, event, before }) {
  const { n, eventType, receivedAt, trust, outcome, detail } = event;
  // The event counts only if it has changed the job.
  const told = outcome === "applied" && STATUSES.includes(eventType) ? `told-${eventType}` : "";
  return (
    <li class={`event outcome-${outcome} ${told}`}>
      <div class="line">
        <strong>{eventType ?? outcome}</strong>
        {eventType && <span class={`state outcome outcome-${outcome}`}>{outcome}</span>}
        {trust && <span class="meta trust" title={TRUST[trust]}>{trust}</span>}
        <time dateTime={new Date(receivedAt).toISOString()} title={when(receivedAt)}>
          {before ? `+${duration(receivedAt - before.receivedAt)}` : when(receivedAt)}
        </time>
      </div>
      {detail && <p class="detail">{detail}</p>}
      {event.bytes !== null && <Body path={jobPath(job.id, `/events/${n}/body`)} size={event.bytes} n={n} />}
    </li>
  );
}

/** The delivery as it was received, loaded on demand. */
function Body({ path, size, n }) {
  const { api } = useVault();
  const [body, setBody] = useState(null);
  const [error, setError] = useState(null);
  const toggled = async ({ currentTarget }) => {
    if (!currentTarget.open || body !== null) return;
    setError(null);
    await api.text(path).then(setBody, setError);
  };
  return (
    <details class="raw" onToggle={toggled}>
      <summary>Body of delivery {n}, {bytes(size)}</summary>
      <Trouble error={error} />
      {body !== null && (
        <>
          <div class="block-tools"><Copy text={body} label={`the raw body of delivery ${n}`} class="quiet">Raw</Copy></div>
          <Source text={body} label={`Body of delivery ${n}`} />
        </>
      )}
    </details>
  );
}
