// Finds what was lost. The simulator knows the truth about each job; what the vault's users get is compared with it.
import { createHash } from "node:crypto";
import { isSettled, listing, published } from "./quiet.mjs";

/** The kinds of loss: the heading in the table, and what it means. */
export const LOSSES = {
  acks: "deliveries that got a 2xx and are neither in the timeline nor in the unmatched box",
  bytes: "files that are not byte for byte those of the source",
  files: "files that the vault does not serve, although the source still has them",
  twice: "events that were applied more often than they happened, or counted wrongly",
  stuck: "jobs that did not settle as the queue says, were not published, listed, summed up or told, or came back when deleted",
  uploads: "multipart uploads that were neither completed nor aborted",
  untrue: "files that were said to be lost although they were not",
  hosts: "connections to a host that is not allowed",
};
const AT_ONCE = 10;

/**
 * @param {object} rig at rest
 * @returns {Promise<{ counts: Record<string, number>, notes: string[] }>}
 */
export async function judge(rig) {
  const verdict = new Verdict();
  await catchUp(rig);
  const listed = await listing(rig.vault);
  await judgeSums(rig, verdict, listed);
  const around = { rig, verdict, listed, box: await box(rig.vault) };
  const waiting = [...rig.queue.ids];
  const work = async () => {
    while (waiting.length > 0) await judgeJob(waiting.shift(), around);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const uploads = await rig.vault.uploadsInProgress();
  if (uploads > 0) verdict.add("uploads", `${uploads} multipart uploads are left`, uploads);
  const { forbidden } = rig;
  if (forbidden > 0) verdict.add("hosts", "a host that is not allowed was asked", forbidden);
  return verdict;
}

/** Reconnects the feed's viewer, if there is one, so that it gets what it has missed. */
async function catchUp({ viewer }) {
  viewer?.leave();
  await viewer?.come();
}

/**
 * Compares the sums with the listed jobs. Each job that a sum lacks, or has too many, counts as one that the sums do
 * not know.
 */
async function judgeSums({ vault }, verdict, listed) {
  const { jobs, archive } = await (await vault.get("/stats")).json();
  const archives = [...listed.values()].map((job) => job.archive);
  for (const state of new Set(archives)) {
    const [count, sum] = [archives.filter((one) => one === state).length, archive[state] ?? 0];
    if (sum < count) verdict.add("stuck", `the sums have ${sum} of ${count} whose archive is ${state}`, count - sum);
  }
  if (jobs > listed.size) verdict.add("stuck", `the sums have ${jobs} jobs, not ${listed.size}`, jobs - listed.size);
}

class Verdict {
  counts = Object.fromEntries(Object.keys(LOSSES).map((name) => [name, 0]));
  notes = [];

  add(loss, note, count = 1) {
    this.counts[loss] += count;
    this.notes.push(`${loss}: ${note}`);
  }
}

async function judgeJob(id, around) {
  const { rig, verdict } = around;
  if (rig.deleted.has(id)) return judgeDeleted(id, around);
  const truth = await rig.queue.truth(id);
  truth.deliveries.push(...rig.own.get(id) ?? []);
  const answer = await rig.vault.get(`/jobs/${id}?wait=0`);
  const known = answer.status === 200;
  const record = known ? await answer.json() : { files: [], status: "unknown", archive: "none" };
  const events = known ? await timeline(rig.vault, id) : [];
  judgeDeliveries(truth, events, around);
  judgeApplied(truth, record, events, verdict);
  for (const file of [...truth.files, ...truth.previews]) {
    await judgeFile(file, { record, events, verdict });
  }
  await judgeRest(id, { truth, record, around });
}

/** Checks that nothing is left of a deleted job, and nothing came back. */
async function judgeDeleted(id, { rig, verdict, listed }) {
  const stuck = (why) => verdict.add("stuck", `job ${id} was deleted, but ${why}`);
  if ((await rig.vault.get(`/jobs/${id}?wait=0`)).status !== 404) stuck("it is there");
  if (listed.has(id)) stuck("it is listed");
  if ((await (await rig.vault.bucket()).list({ prefix: `jobs/${id}/` })).objects.length > 0) stuck("it has files");
  if (await (await rig.vault.records()).get(id) !== null) stuck("KV has a copy");
}

async function timeline(vault, id) {
  return (await (await vault.get(`/jobs/${id}/events?limit=1000`)).json()).events;
}

/** Returns the keys of the unmatched box. Each ends with the first digits of the body's SHA-256. */
async function box(vault) {
  const { unmatched } = await (await vault.get("/unmatched?limit=1000")).json();
  return unmatched.map(({ key }) => key.split("-").at(-1));
}

/** Checks that every delivery with a 2xx is in the timeline, or in the unmatched box. */
function judgeDeliveries({ id, deliveries }, events, { verdict, box: kept }) {
  const entries = events.filter(({ trust }) => trust !== null).map(nameOf);
  for (const delivery of deliveries.filter(({ status }) => status >= 200 && status < 300)) {
    const at = entries.indexOf(nameOf(delivery));
    if (at >= 0) entries.splice(at, 1);
    else if (!kept.some((start) => delivery.sha256.startsWith(start))) {
      verdict.add("acks", `${delivery.eventType} of job ${id}`);
    }
  }
}

const nameOf = ({ eventType, bytes }) => `${eventType} of ${bytes} bytes`;

/** Checks that no event was applied more often than it happened, and that the counters agree with the timeline. */
function judgeApplied({ id, events: happened }, record, events, verdict) {
  const deliveries = events.filter(({ trust }) => trust !== null);
  for (const type of new Set(happened.map(({ eventType }) => eventType))) {
    const times = happened.filter(({ eventType }) => eventType === type).length;
    const applied = deliveries.filter(({ eventType, outcome }) =>
      eventType === type && outcome === "applied").length;
    if (applied > times) verdict.add("twice", `${type} of job ${id}: ${applied} of ${times}`);
  }
  const repeated = deliveries.filter(({ outcome }) => outcome === "duplicate").length;
  const listed = `${deliveries.length} deliveries, ${repeated} duplicates`;
  const counted = `${record.deliveries ?? 0} deliveries, ${record.duplicates ?? 0} duplicates`;
  if (counted !== listed) {
    verdict.add("twice", `job ${id} counts ${counted}, its timeline ${listed}`);
  }
}

/**
 * Checks a file. The simulator keeps every file and signs its URL again: so no file may be lost, or reported as lost.
 */
async function judgeFile({ key, sha256 }, { record, events, verdict }) {
  const file = record.files.find(({ name }) => key.endsWith(`_${name}`));
  const said = events.some(({ detail }) => file && detail?.includes(`${file.name} lost:`));
  if (file?.state === "lost" || said) verdict.add("untrue", `${key}: ${file.error}`);
  const state = file?.state ?? "unknown";
  if (state !== "stored") return verdict.add("files", `${key} is ${state}`);
  const { status, hash } = await fetched(file.url);
  if (status !== 200) verdict.add("files", `${key}: its link answers ${status}`);
  else if (hash !== sha256) verdict.add("bytes", `${key}: ${hash}, not ${sha256}`);
}

async function fetched(url) {
  const answer = await fetch(url);
  const hash = createHash("sha256").update(Buffer.from(await answer.arrayBuffer())).digest("hex");
  return { status: answer.status, hash };
}

/** Checks that the job has ended as the queue says, is published in its present state, and is listed. */
async function judgeRest(id, { truth, record, around: { rig, verdict, listed } }) {
  const stuck = (why) => verdict.add("stuck", `job ${id}: ${why}`);
  if (record.status !== truth.status.toLowerCase()) stuck(`${record.status}, not ${truth.status}`);
  else if (!isSettled(record)) stuck(`the archive is ${record.archive}`);
  else if (listed.get(id)?.updatedAt !== record.updatedAt) stuck("not listed as it is");
  else if (rig.viewer && rig.viewer.told.get(id) !== record.updatedAt) stuck("a viewer did not get it as it is");
  else if (!await isPublished(rig.vault, record)) stuck("not published as it is");
}

async function isPublished(vault, record) {
  const { manifest, record: copy } = await published(vault, record);
  return [manifest?.job.version, copy?.version].every((version) => version === record.version);
}
