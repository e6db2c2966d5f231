// The scenario that a former release plays before its storage is kept: a job of every kind, in every state that a
// deployment may meet. The ids are in the order of the steps.
import { setTimeout as sleep } from "node:timers/promises";
import { API_TOKEN } from "../workerd/vault.mjs";
import { eventually } from "../workerd/wait.mjs";
import { CLIENT, FILES, QUEUE } from "./outside.mjs";

/** The vault's variables. The pauses are long, so that pending work stays pending until a test shortens them. */
export const VARS = { RETRY_BASE_MS: "60000", PUBLIC_URL: "https://vault.example", UPSTREAM_API_KEY: "upstream-key-0123456789",
  UPSTREAM_QUEUE_URL: QUEUE, CORS_ORIGINS: "*" };

/** The sender's clock: far from the present, so that its times are never mistaken for the vault's. */
const THEN = 1_766_867_822_109;
const DAY_MS = 86_400_000;
/** A picture of about the smallest size that counts as a file. */
const PNG = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(1_500)]);

const acquired = (jobId) => ({ eventType: "acquired", queueName: "free", jobId, workerName: "worker-1",
  leaseExpiry: THEN + 30 * DAY_MS, acquiredAt: THEN, updatedAt: THEN });
const told = (eventType, jobId, more = {}) => ({ eventType, ...(jobId && { jobId }), updatedAt: THEN + 60_000, ...more });
const completed = (jobId, file, more = {}) => ({ eventType: "completed", ...(jobId && { jobId }), video: { data_uri: FILES + file }, ...more });

/** The deliveries of each job in order, with their query or reference. */
export const DELIVERIES = {
  1001: [[acquired("1001"), { query: "?app=wan&tag=red&tag=blue" }]],
  1002: [[acquired("1002"), { query: "?app=wan" }], [told("retried", "1002")]],
  1003: [[acquired("1003"), { query: "?app=wan&tag=red" }],
    [completed("1003", "1003_0_a.mp4", { image: { data_uri: `data:image/png;base64,${PNG.toString("base64")}` }, seed: "big", n: 1 })],
    [completed("1003", "1003_0_a.mp4", { image: { data_uri: `data:image/png;base64,${PNG.toString("base64")}` }, seed: "big", n: 1 })]],
  1004: [[completed("1004", "1004_0_a.mp4", { more: [FILES + "endless_1_b.mp4"] })]],
  1005: [[completed("1005", "later_0_a.mp4")]],
  1006: [[completed("1006", "1006_0_a.mp4", { text: "é".repeat(160_000), end: "." })]],
  1007: [[told("failed", "1007", { error: { code: 7, text: "no\nroom" } })]],
  1008: [[told("cancelled", "1008")]],
  1009: [[{ eventType: "completed", jobId: "1009", video: { data_uri: "https://elsewhere.example/a.mp4" }, seed: 1 }]],
  "ref:order-a": [[completed(undefined, "order-a.mp4"), { reference: "order-a" }]],
  1010: [[acquired("1010"), { reference: "order-b" }]],
  1011: [[completed(undefined, "order-c.mp4"), { reference: "order-c" }], [acquired("1011"), { reference: "order-c" }]],
  1012: [[acquired("1012")], [told("unheard"), { reference: "order-d" }], [completed(undefined, "order-d.mp4"), { reference: "order-d" }],
    [told("failed", "1012"), { reference: "order-d" }]],
  1013: [[completed("1013", "1013_0_a.mp4"), { reference: "order-e" }]],
  1014: [[completed("1014", "1014_0_a.mp4")]],
  1015: [[acquired("1015")], ...Array.from({ length: 309 }, (_, n) => [n % 100 ? told("retried", "1015") : told("noted", "1015", { n })])],
  1017: [[completed("1017", "1017_0_a.mp4")]],
  1018: [[completed("1018", "slow_0_a.mp4", { more: FILES + "1018_1_b.mp4" })]],
};
/** A submission with an `Idempotency-Key`. */
export const SUBMISSION = [`/queue/wan?fal_webhook=${encodeURIComponent(CLIENT)}`, { method: "POST", body: '{"prompt":"x"}',
  headers: { "idempotency-key": "order-14", authorization: `Bearer ${API_TOKEN}`, connection: "close" } }];
/** The jobs whose work is held when the vault dies. */
export const HELD = { kv: "1017", source: "1018" };
/** Bodies that belong to no job. The second arrives while there is no bucket. */
export const UNMATCHED = ['{"eventType":"failed"}', "no JSON"];

export async function deliver(vault, body, { query = "", reference } = {}) {
  const answer = await vault.post(vault.hookUrl(reference) + query, typeof body === "string" ? body : JSON.stringify(body));
  return { status: answer.status, ...await answer.json() };
}

/** Plays everything before the storage is kept, except what needs a broken vault. */
export async function play(vault) {
  const submitted = await fetch(vault.url + SUBMISSION[0], SUBMISSION[1]);
  if (submitted.status !== 200) throw new Error(`the submission: ${submitted.status} ${await submitted.text()}`);
  await vault.import({ id: "1016", app: "wan" });
  for (const [id, deliveries] of Object.entries(DELIVERIES)) {
    if (Object.values(HELD).includes(id)) continue;
    for (const [body, options] of deliveries) {
      await deliver(vault, body, options);
      if (body.eventType === "completed") await atRest(vault, body.jobId ?? `ref:${options.reference}`);
    }
  }
  await eventually("1012 has moved", async () => (await record(vault, "1012")).ref === "order-d" || undefined);
  await vault.get("/jobs/1013", { method: "DELETE" });
  await vault.post("/hook/wrong-token-0123456789", "{}");
  await deliver(vault, UNMATCHED[0]);
  await eventually("old entries are in the bucket", async () => (await (await vault.bucket()).head("timeline/1015/00000100.json")) ?? undefined);
  await allTold(vault);
}

const record = async (vault, id) => (await vault.get(`/jobs/${id}?wait=0`)).json();

/** Waits until no work goes on with a job: its files stay as they are for a while, and so does what is published. */
function atRest(vault, id) {
  return eventually(`${id} is at rest`, async () => {
    const job = await record(vault, id);
    const copy = await (await vault.records()).get(id, "json");
    const waits = job.archive === "pending" && job.files.some(({ error }) => error);
    return waits || copy?.version === job.version || undefined;
  });
}

/** Waits until the catalog knows everything. */
export const allTold = async (vault) => {
  let before;
  await eventually("the catalog is quiet", async () => {
    const now = await (await vault.get("/jobs?limit=200")).text();
    const is = now === before;
    before = now;
    if (!is) await sleep(1_000);
    return is || undefined;
  });
};
