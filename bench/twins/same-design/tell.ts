// The rows that deliveries bring for the catalog, of all requests of this isolate: one of them gathers for a moment,
// and sends what there is in one batch a day. What is lost with an isolate the job's own alarm tells again.
import type { Call } from "../parts/hook";
import type { Env } from "../parts/env";

const GATHER_MS = 50;
/** A request that was broken off sends nothing: the next takes over. */
const STALE_MS = 5_000;

let rows: { day: string; row: string }[] = [];
let gatheringSince = 0;

export function tell({ env, executionCtx }: Call, day: string, row: string) {
  rows.push({ day, row });
  const now = Date.now();
  if (now - gatheringSince < STALE_MS) return;
  gatheringSince = now;
  executionCtx.waitUntil(gather(env));
}

async function gather(env: Env) {
  await new Promise((wake) => setTimeout(wake, GATHER_MS));
  const days = Map.groupBy(rows, ({ day }) => day);
  [rows, gatheringSince] = [[], 0];
  await Promise.all(Array.from(days, ([day, told]) => send(env, day, `[${told.map(({ row }) => row).join()}]`)));
}

async function send(env: Env, day: string, batch: string) {
  const put = () => env.CATALOG.getByName(day).putMany(day, batch);
  // The second failure is the alarms' to mend.
  await put().catch(put).catch((error: unknown) => console.error(String(error)));
}
