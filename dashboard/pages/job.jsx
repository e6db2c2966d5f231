// One job: what came of it, and how.
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
import { Archive, State } from "../parts/state.jsx";
import { Deadline, Lease } from "../parts/timers.jsx";
import { Timeline } from "../parts/timeline.jsx";
import { Trouble } from "../parts/trouble.jsx";

export function JobPage({ id }) {
  const { api } = useVault();
  const { record, text, error, again } = useFollowed(api, id);
  useEffect(() => {
    document.title = `${id} · hookvault`;
  }, [id]);
  if (!record) {
    return error ? <Missing id={id} error={error} again={again} /> : <p class="waiting" role="status">Loading…</p>;
  }
  return (
    <article class="job">
      <Head job={record} />
      <Trouble error={error} again={again} />
      <div class="columns">
        <div class="main">
          <Gallery files={record.files} job={record} />
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
      <span class="states"><State of={job.status} /><Archive of={job.archive} /></span>
      {job.status === "acquired" && <Lease record={job} />}
      {job.archive === "pending" && <Deadline job={job} />}
      {mayAct && <Actions job={job} />}
    </header>
  );
}

function Missing({ id, error, again }) {
  return (
    <section class="page narrow">
      <h1>{error.status === 404 ? "There is no such job" : "The job can't be shown"}</h1>
      {error.status === 404
        ? <p>The vault has never heard of <code>{id}</code>, or it was deleted. <a href={href("")}>To the jobs</a></p>
        : <Trouble error={error} again={again} />}
    </section>
  );
}
