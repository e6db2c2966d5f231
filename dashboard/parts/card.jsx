// A job on the wall.
import { useState } from "preact/hooks";
import { cardId } from "../lib/card-id.js";
import { useNow } from "../lib/clock.js";
import { useVault } from "../lib/context.js";
import { age, when } from "../lib/format.js";
import { memo } from "../lib/memo.jsx";
import { useRecord } from "../lib/records.js";
import { jobHref } from "../lib/route.js";
import { CardMedia } from "./cardmedia.jsx";
import { Archive, State } from "./state.jsx";
import { Deadline, Lease } from "./timers.jsx";

export const Card = memo(({ job, n, size, place, width, height, resting }) => {
  const { records } = useVault();
  const [over, setOver] = useState(false);
  const isActive = job.status === "acquired" || job.archive === "pending";
  const hasPreviews = job.files.length > 1;
  const record = useRecord(records, job, resting && (isActive || (over && hasPreviews)));
  const [enter, leave] = [() => setOver(true), () => setOver(false)];
  return (
    <article class="card" style={{ transform: place, width: `${width}px`, height: `${height}px` }}
      aria-posinset={n + 1} aria-setsize={size} aria-labelledby={cardId(job.id)}
      onPointerEnter={enter} onPointerLeave={leave} onFocusIn={enter} onFocusOut={leave}>
      <CardMedia job={job} record={record} over={over} resting={resting} />
      <div class="words">
        <div class="line">
          <a class="name" id={cardId(job.id)} href={jobHref(job.id)} title={job.id}>{job.id}</a>
          <Age since={job.createdAt} />
        </div>
        <div class="line">
          <State of={job.status} />
          <Archive job={job} record={record} />
          <span class="meta" title={job.queueName ?? undefined}>{job.queueName}</span>
        </div>
        <div class="line foot">
          {isActive && record ? <Timers record={record} /> : <Labels job={job} />}
        </div>
      </div>
    </article>
  );
});

function Timers({ record }) {
  return record.status === "acquired" ? <Lease record={record} /> : <Deadline job={record} />;
}

function Labels({ job: { app, tags, ref, id } }) {
  const words = [app, ...tags.map((tag) => `#${tag}`), ref && id !== `ref:${ref}` ? ref : null].filter(Boolean);
  return <span class="meta" title={words.join(" · ")}>{words.join(" · ")}</span>;
}

function Age({ since }) {
  const now = useNow();
  return <time class="age" dateTime={new Date(since).toISOString()} title={when(since)}>{age(now - since)}</time>;
}
