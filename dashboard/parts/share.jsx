// A link that shows this one job to its holders, for a while.
import { useState } from "preact/hooks";
import { jobPath } from "../lib/api.js";
import { useVault } from "../lib/context.js";
import { when } from "../lib/format.js";
import { href } from "../lib/route.js";
import { Command } from "./copy.jsx";
import { Dialog } from "./dialog.jsx";

const LIVES = [[3_600, "1 hour"], [86_400, "1 day"], [7 * 86_400, "7 days"], [30 * 86_400, "30 days"]];

export function Share({ job, close }) {
  const { api } = useVault();
  const [ttl, setTtl] = useState(86_400);
  const [made, setMade] = useState(null);
  const [error, setError] = useState(null);
  const make = async () => {
    setError(null);
    const answer = await api.post("/tickets", { scope: `job:${job.id}`, ttl }).catch(setError);
    if (answer) setMade(await answer.json());
  };
  return (
    <Dialog title={`Share ${job.id}`} close={close}>
      <p>Anyone with the link sees this job, its files and its timeline, and nothing else.</p>
      <div class="row">
        <label for="ttl">Good for</label>
        <select id="ttl" value={ttl} onChange={({ target }) => setTtl(Number(target.value))}>
          {LIVES.map(([seconds, words]) => <option key={seconds} value={seconds}>{words}</option>)}
        </select>
        <button type="button" class="primary" onClick={make}>Make a link</button>
      </div>
      {error && <p class="alert" role="alert">{error.message}</p>}
      {made && <Links job={job} made={made} />}
      <div class="row end"><button type="button" onClick={close}>Done</button></div>
    </Dialog>
  );
}

function Links({ job, made: { ticket, expiresAt } }) {
  const page = href(`jobs/${encodeURIComponent(job.id)}`, { ticket });
  const record = `${jobPath(job.id)}?ticket=${encodeURIComponent(ticket)}`;
  return (
    <>
      <p class="hint">Until {when(expiresAt)}, or until the API token is changed. To view:</p>
      <Command text={`${location.origin}/${page}`} label="the link to this page" />
      <p class="hint">The record as JSON:</p>
      <Command text={`${location.origin}${record}`} label="the link to the record" />
    </>
  );
}
