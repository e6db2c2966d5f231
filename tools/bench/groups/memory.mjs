// Compares the wasm memory after many deliveries with that after few. It never shrinks, so leaks add up. Jobs that work
// at the same time need a peak, which does not add up. So each thousand is like the first, and begins when the one
// before is done. A row reports the most objects that worked at once.
import { join } from "node:path";
import { ROOT } from "../../workerd/vault.mjs";
import { quiet } from "../process.mjs";
import { planned } from "../requests.mjs";
import { startSide } from "../sides.mjs";
import { CONNECTIONS, exactly } from "../sizes.mjs";

const ENTRY = join(ROOT, "tools/bench/worker/memory.mjs");

/**
 * How often each body is sent: nine of ten deliveries are duplicates, which are quick. No job gets more, because its
 * timeline would grow, and with it the peak while its manifest is written.
 */
const REPEATS = 10;

/** Adds a route to the built Worker that reports the size of its memory. */
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

/** Sends all deliveries in one request, which saves half of the time, and waits until the side is at rest. */
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
