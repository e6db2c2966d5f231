// The requests to the sides: pipelet's webhooks, byte for byte the same for each side.
import { API_TOKEN, HOOK_TOKEN } from "../workerd/tokens.mjs";

const HOUR = 3_600_000;
const WORKER = "k8s_pipelet-v2-batch-premium-worker-559f48bc58-lz862_203.168.252.2_251227090447_ojfl";
const SIGNATURE = "94e8e3d507137daa9e1dc4fac8319e7c58d3a5db635faac00f35dd0dba7ebb71";
const CREDENTIAL = "0c9db542c165ecde3eae49725be07d03%2F20251227%2Fauto%2Fs3%2Faws4_request";
const AUTHORIZED = { authorization: `Bearer ${API_TOKEN}` };
const JSON_TYPE = { "content-type": "application/json" };

/**
 * Writes an `acquired` body whose lease does not end during the bench: what is due after its end is not part of
 * accepting a delivery. `renewal` makes a different body, with a newer lease.
 */
export function acquired(id, begun, renewal = 0) {
  const at = begun + renewal * 1_000;
  const lease = { leaseExpiry: at + HOUR, acquiredAt: at, updatedAt: at };
  const job = { eventType: "acquired", queueName: "free", jobId: id, workerName: WORKER };
  return JSON.stringify({ ...job, ...lease, webhookUrl: `https://vault.example/hook/${HOOK_TOKEN}` });
}

/** Writes a `completed` body with one file, which it names twice, as pipelet does. */
export function completed(id, url) {
  return JSON.stringify({ eventType: "completed", jobId: id, video: { data_uri: url, data_url: url } });
}

/** Writes a `completed` body that contains the file itself. */
export const inline = (id, base64) =>
  `{"eventType":"completed","jobId":${id},"video":{"data_uri":"data:video/mp4;base64,${base64}"}}`;

/** Returns a presigned URL of the origin for a file of `bytes` bytes. */
export function presigned(origin, id, { bytes, isKnown }) {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  return `${origin}/outputs/free/${id}_0_WanVideo2_2_I2V_00150.mp4?bytes=${bytes}&length=${isKnown ? "known" : "unknown"}`
    + `&X-Amz-Expires=7200&X-Amz-Date=${date}&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${CREDENTIAL}`
    + `&X-Amz-SignedHeaders=host&X-Amz-Signature=${SIGNATURE}`;
}

/** The routes of a Worker that keeps the contract. */
const CONTRACT = {
  delivery: (id, body) => ({ method: "POST", path: `/hook/${HOOK_TOKEN}`, headers: JSON_TYPE, body }),
  lookUp: (id) => ({ method: "GET", path: `/jobs/${id}`, headers: AUTHORIZED }),
  archive: (id, url) => CONTRACT.delivery(id, completed(id, url)),
};

/** The floor's routes: the same bodies, and no contract. */
const FLOOR = {
  delivery: (id, body) => ({ method: "POST", path: `/write/${id}`, headers: JSON_TYPE, body }),
  lookUp: (id) => ({ method: "GET", path: `/record/${id}`, headers: {} }),
  archive: (id, url) => ({ method: "POST", path: `/copy/${id}`, headers: {}, body: url }),
};

export const routesOf = (side) => (side === "floor" ? FLOOR : CONTRACT);

/**
 * Returns a plan's requests by their number, one for each job in turn. `repeats` rounds of deliveries are equal; then
 * the lease is a newer one.
 *
 * @param {{ kind: "delivery" | "lookUp", side: string, first: number, jobs: number, begun?: number, renewal?: number,
 *   repeats?: number }} plan
 */
export function planned({ kind, side, first, jobs, begun, renewal = 0, repeats = 1 }) {
  const routes = routesOf(side);
  return (n) => {
    const id = first + (n % jobs);
    const round = renewal + Math.floor(n / jobs / repeats);
    return kind === "lookUp" ? routes.lookUp(id) : routes.delivery(id, acquired(id, begun, round));
  };
}
