// The wasm memory after many deliveries beside that after few. It never shrinks, so what one delivery
// leaves behind adds up. What jobs at work at the same time need is a peak, and does not: so each thousand
// is like the first, begins when that before is worked off, and the most objects at work at once are told.
import { join } from "node:path";
import { ROOT } from "../../workerd/vault.mjs";
import { quiet } from "../process.mjs";
import { planned } from "../requests.mjs";
import { startSide } from "../sides.mjs";
import { CONNECTIONS, exactly } from "../sizes.mjs";

const ENTRY = join(ROOT, "tools/bench/worker/memory.mjs");

/**
 * Each body comes so often: nine of ten deliveries are duplicates, which are quick. No job gets more, or
 * else its timeline would grow, and with it the peak of a manifest's writing.
 */
const REPEATS = 10;

/** The built Worker, with a route that tells how large its memory is. */
const told = (options) => {
  const patch = join(ROOT, "tools/bench/worker/patch.mjs");
  const own = [ENTRY, patch].map((path) => ({ type: "ESModule", path }));
  return { ...options, modules: [...own, ...options.modules] };
};

const POINTS = [
  { id: "few", at: ({ few }) => few },
  { id: "half", at: ({ many }) => many / 2 },
  { id: "many", at: ({ many }) => many },
];

export const memory = {
  turns: () => exactly(1),
  isAlone: true,
  warmUps: () => 0,
  sides: ["hookvault"],
  metrics: [{
    id: "memory.ratio", row: ({ memory: { few, many } }) => `wasm memory after ${many} deliveries ÷ after ${few}`,
    what: "ratio", better: "less", own: { goal: 1.1, far: 3 },
  }, ...POINTS.flatMap(({ id, at }) => [{
    id: `memory.${id}`, row: ({ memory: sizes }) => `wasm memory after ${at(sizes)} deliveries`, what: "MiB", better: "less",
  }, {
    id: `memory.events.${id}`, row: ({ memory: sizes }) => `most objects at work at once, in ${at(sizes)} deliveries`, what: "questions and alarms", better: "less",
  }])],
  async turn({ origin, size, begun, ids, turn, dir }, { name }) {
    const { few, many } = size(turn).memory;
    const side = await startSide(name, { dir, sources: origin.url, change: told });
    try {
      const figures = {};
      for (let made = 0; made < many; ) {
        const jobs = few / REPEATS;
        await deliver(side, few, { kind: "delivery", side: name, first: ids(jobs), jobs, begun, repeats: REPEATS });
        made += few;
        const point = POINTS.find(({ at }) => at({ few, many }) === made);
        if (point) Object.assign(figures, await read(side, point.id));
      }
      return { "memory.ratio": figures["memory.many"] / figures["memory.few"], ...figures };
    } finally {
      await side.vault.end();
    }
  },
};

/** Sends all in one request, which saves half of the time, and waits until they are worked off. */
async function deliver({ url, pid }, count, plan) {
  const requestAt = planned(plan);
  const requests = Array.from({ length: count }, (_, n) => requestAt(n));
  const body = JSON.stringify({ requests, lanes: CONNECTIONS });
  const { failed } = await (await fetch(`${url}/many`, { method: "POST", body })).json();
  if (failed !== 0) throw new Error(`${failed} of ${count} deliveries failed`);
  await quiet(pid);
}

async function read({ url }, point) {
  const { bytes, events } = await (await fetch(`${url}/wasm-memory`)).json();
  if (!(bytes.length === 1 && bytes[0] > 0)) throw new Error(`not the memory of one instance: ${bytes}`);
  if (!(events > 0)) throw new Error("no object was at work");
  return { [`memory.${point}`]: bytes[0] / 1024 / 1024, [`memory.events.${point}`]: events };
}
