// Gathers the catalog's rows from all requests of this isolate. One of them waits a moment, and sends one batch for
// each day. Rows that are lost with an isolate are sent again by the job's own alarm.
import type { Call } from "../parts/hook";
import type { Env } from "../parts/env";

const GATHER_MS = 50;
/** After this long a gathering request was probably aborted, and the next request takes over. */
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
  // After a second failure the jobs' alarms send the rows again.
  await put().catch(put).catch((error: unknown) => console.error(String(error)));
}
