// What the record says besides its files, in words.
import { jobPath } from "../lib/api.js";
import { useNow } from "../lib/clock.js";
import { useRights, useVault } from "../lib/context.js";
import { age, duration, when } from "../lib/format.js";
import { Copy } from "./copy.jsx";

export function Facts({ job, text }) {
  const { api } = useVault();
  const token = useRights().mayAct ? "API_TOKEN" : "READ_TOKEN";
  const url = `${location.origin}${jobPath(job.id)}`;
  const { deliveries, duplicates, heals, healing } = job;
  return (
    <section class="block facts">
      <h2>Job</h2>
      <div class="row">
        <Copy text={text} label="the record as JSON">JSON</Copy>
        {!api.isGuest && <Copy text={`curl -H "Authorization: Bearer $${token}" '${url}'`} label="the record's curl">curl</Copy>}
        <Copy text={job.id} label="the id">id</Copy>
      </div>
      <dl>
        <Fact name="Reference">{job.ref}</Fact>
        <Fact name="Application">{job.app}</Fact>
        <Fact name="Tags">{job.tags.map((tag) => `#${tag}`).join(" ")}</Fact>
        <Fact name="Provider">{job.provider}</Fact>
        <Fact name="Cost">{job.cost && `${job.cost.amount} ${job.cost.unit}`}</Fact>
        <Fact name="Queue">{job.queueName}</Fact>
        <Fact name="Worker">{job.workerName}</Fact>
        <Fact name="Attempt">{job.attempt}</Fact>
        <Fact name="Created"><Time at={job.createdAt} /></Fact>
        <Fact name="Acquired"><Time at={job.acquiredAt} /></Fact>
        <Fact name="Lease until"><Time at={job.leaseExpiry} /></Fact>
        <Fact name="Completed"><Time at={job.completedAt} /></Fact>
        <Fact name="Stored"><Time at={job.storedAt} /></Fact>
        <Fact name="Changed"><Time at={job.updatedAt} /></Fact>
        <Fact name="Deliveries">{`${deliveries}${duplicates ? `, ${duplicates} of them twice` : ""}`}</Fact>
        <Fact name="Heals">{heals > 0 && `${heals} ${heals === 1 ? "answer" : "answers"} asked for`}</Fact>
        <Fact name="Asking">{healing && <Asking healing={healing} />}</Fact>
        <Fact name="Version">{job.version}</Fact>
      </dl>
    </section>
  );
}

/** Shows a fact; nothing if it has no value. */
export function Fact({ name, children }) {
  if (children === null || children === undefined || children === false || children === "") return null;
  if (children.type === Time && !children.props.at) return null;
  return <div><dt>{name}</dt><dd>{children}</dd></div>;
}

export function Time({ at }) {
  const now = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={when(at)}>
      {when(at)} <small>{since(now - at)}</small>
    </time>
  );
}

/** This machine's clock is only accurate to a second, and differs from the Worker's. */
const since = (ms) => (Math.abs(ms) < 1_000 ? "now" : ms > 0 ? `${age(ms)} ago` : `in ${duration(-ms)}`);

/** How often the queue was asked, and when it will be asked again. */
export function Asking({ healing: { attempts, nextAt, exhausted } }) {
  const now = useNow();
  const next = exhausted ? "given up" : nextAt > now ? `again in ${duration(nextAt - now)}` : "again now";
  return `${attempts} ${attempts === 1 ? "try" : "tries"}, ${next}`;
}
