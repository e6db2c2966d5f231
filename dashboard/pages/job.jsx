// One job: its outputs, and its history.
import { useEffect } from "preact/hooks";
import { useRights, useVault } from "../lib/context.js";
import { useFollowed } from "../lib/follow.js";
import { href } from "../lib/route.js";
import { Actions } from "../parts/actions.jsx";
import { Facts } from "../parts/facts.jsx";
import { Files } from "../parts/files.jsx";
import { Gallery } from "../parts/gallery.jsx";
import { Handoff } from "../parts/handoff.jsx";
import { Icon } from "../parts/icon.jsx";
import { Json } from "../parts/json.jsx";
import { NotCopied } from "../parts/notcopied.jsx";
import { Archive, State } from "../parts/state.jsx";
import { Deadline, Lease } from "../parts/timers.jsx";
import { Timeline } from "../parts/timeline.jsx";
import { sentence, Trouble } from "../parts/trouble.jsx";

export function JobPage({ id }) {
  const { api } = useVault();
  const { record, text, error, again } = useFollowed(api, id);
  useEffect(() => {
    document.title = `${id} · hookvault`;
  }, [id]);
  // Somebody may delete the job while it is shown.
  if (error && (!record || error.status === 404)) return <Missing error={error} again={again} />;
  if (!record) return <p class="waiting" role="status">Loading…</p>;
  return (
    <article class="job">
      <Head job={record} />
      <Trouble error={error} again={again} />
      <div class="columns">
        <div class="main">
          <NotCopied job={record} />
          <Gallery files={record.files} job={record} />
          {record.status === "failed" && record.error === null && <p class="hint">The queue gave no reason.</p>}
          {record.error !== null && <Json title="Error" text={text} member="error" open />}
          <Json title="Result" text={text} member="result" open />
          <Json title="Input" text={text} member="input" open />
          <Timeline job={record} />
        </div>
        <aside class="side" aria-label="About the job">
          <Facts job={record} text={text} />
          <Handoff job={record} />
          <Files job={record} />
        </aside>
      </div>
    </article>
  );
}

function Head({ job }) {
  const { api, wall } = useVault();
  const { mayAct } = useRights();
  return (
    <header class="head">
      {!api.isGuest && <a class="back" href={href("", wall.params)}><Icon name="back" />Jobs</a>}
      <h1>{job.id}</h1>
      <span class="states"><State of={job.status} /><Archive job={job} record={job} /></span>
      {job.status === "acquired" && <Lease record={job} />}
      {job.archive === "pending" && <Deadline job={job} />}
      {mayAct && <Actions job={job} />}
    </header>
  );
}

const TITLES = { "no-such-job": "Job not found", "job-deleted": "The job has been deleted" };

function Missing({ error, again }) {
  const { api } = useVault();
  return (
    <section class="page narrow">
      <h1>{TITLES[error.code] ?? "The job can't be shown"}</h1>
      {error.status === 404 ? <p>{sentence(error.message)}</p> : <Trouble error={error} again={again} />}
      {!api.isGuest && <p><a href={href("")}>To the jobs</a></p>}
    </section>
  );
}
