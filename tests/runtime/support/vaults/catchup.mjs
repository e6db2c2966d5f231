// Delivers a job of every kind while a setting is wrong, and checks how it must be found later.
import assert from "node:assert/strict";
import { digest } from "../bytes.mjs";
import { acquired, told } from "../deliveries.mjs";
import { PNG } from "../servers/origin.mjs";
import { content } from "../servers/outbound.mjs";
import { sha256 } from "../servers/upstream.mjs";
import { eventually } from "../wait.mjs";

const sourceOf = (id) => `https://fal.media/${id}/a.mp4`;

/** Returns the five event types, and a result with two files, each for a job of its own. */
const deliveries = (id) => [
  acquired(`${id}-acquired`),
  told("retried", `${id}-retried`, 1),
  told("failed", `${id}-failed`, 1, { error: "no" }),
  told("cancelled", `${id}-cancelled`, 1),
  { eventType: "completed", jobId: `${id}-text`, text: "done" },
  { eventType: "completed", jobId: id, video: { data_uri: sourceOf(id) },
    image: { data_uri: `data:image/png;base64,${PNG.toString("base64")}` } },
];

/** Delivers everything; each delivery must be answered with 200. */
export async function deliverAll(vault, id) {
  for (const body of deliveries(id)) {
    const answer = await vault.deliver(body);
    assert.equal(answer.status, 200, JSON.stringify(answer));
    assert.deepEqual([answer.id, answer.duplicate], [body.jobId, false]);
  }
}

/** Checks that everything is where it belongs, without a request to the jobs' objects. */
export async function isCaughtUp(vault, id) {
  const record = await published(vault, id);
  for (const end of ["failed", "cancelled", "text"]) await published(vault, `${id}-${end}`);
  const wanted = deliveries(id).map(({ jobId }) => jobId).sort();
  await eventually(`the jobs of ${id} are listed`, async () => {
    const { jobs } = await vault.json("/jobs?limit=200");
    const listed = jobs.map((job) => job.id).filter((one) => wanted.includes(one));
    return listed.sort().join() === wanted.join() || undefined;
  });
  assert.deepEqual([record.status, record.archive], ["completed", "stored"]);
  const bytes = [content(sourceOf(id)), PNG];
  for (const [n, { url }] of record.files.entries()) {
    // Uses this vault's address, whatever PUBLIC_URL was when the record was written.
    const { pathname } = new URL(url);
    assert.equal((await digest(vault.url + pathname)).sha256, sha256(bytes[n]));
  }
}

/** Returns the record in KV, once the manifest is in the bucket too. */
export function published(vault, id) {
  return eventually(`job ${id} is published`, async () => {
    const record = await (await vault.records()).get(id, "json");
    if (!record) return undefined;
    const day = new Date(record.createdAt).toISOString().slice(0, 10);
    const manifest = await (await vault.bucket()).head(`manifests/${day}/${id}.json`);
    return manifest ? record : undefined;
  });
}
