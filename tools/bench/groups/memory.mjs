// The wasm memory after many deliveries beside that after few. It never shrinks, so what one delivery
// leaves behind adds up.
import { join } from "node:path";
import { ROOT } from "../../workerd/vault.mjs";
import { startSide } from "../sides.mjs";
import { CONNECTIONS } from "../sizes.mjs";

const ENTRY = join(ROOT, "tools/bench/worker/memory.mjs");

/**
 * Each body comes so often: three of four deliveries are duplicates, which are quick. No job gets more, or
 * else its timeline would grow, and with it the peak of a manifest's writing.
 */
const REPEATS = 4;

/** The built Worker, with a route that tells how large its memory is. */
const told = (options) => {
  const patch = join(ROOT, "tools/bench/worker/patch.mjs");
  const own = [ENTRY, patch].map((path) => ({ type: "ESModule", path }));
  return { ...options, modules: [...own, ...options.modules] };
};

/** What a peak has taken stays too. A leak is what still grows in the second half. */
const MiBs = [
  { id: "memory.few", at: ({ few }) => few },
  { id: "memory.half", at: ({ many }) => many / 2 },
  { id: "memory.many", at: ({ many }) => many },
];

export const memory = {
  turns: () => 1,
  isAlone: true,
  isWarm: true,
  sides: ["hookvault"],
  metrics: [{
    id: "memory.ratio", row: ({ memory: { few, many } }) => `wasm memory after ${many} deliveries ÷ after ${few}`,
    what: "ratio", better: "less", own: { goal: 1.1, far: 3 },
  }, ...MiBs.map(({ id, at }) => ({
    id, row: ({ memory: sizes }) => `wasm memory after ${at(sizes)} deliveries`, what: "MiB", better: "less",
  }))],
  async turn({ generator, origin, size, begun, ids, turn, dir }, { name }) {
    const { few, many } = size(turn).memory;
    const first = ids(many / REPEATS);
    const side = await startSide(name, { dir, sources: origin.url, change: told });
    try {
      const plan = { kind: "delivery", side: name, jobs: few / REPEATS, begun, repeats: REPEATS };
      const figures = {};
      for (let made = 0; made < many; ) {
        const begin = first + made / REPEATS;
        await generator.load({ url: side.url, connections: CONNECTIONS, count: few, first: begin, ...plan });
        made += few;
        const read = MiBs.find(({ at }) => at({ few, many }) === made);
        if (read) figures[read.id] = (await bytesOf(side)) / 1024 / 1024;
      }
      return { "memory.ratio": figures["memory.many"] / figures["memory.few"], ...figures };
    } finally {
      await side.vault.end();
    }
  },
};

async function bytesOf({ url }) {
  const { bytes } = await (await fetch(`${url}/wasm-memory`)).json();
  if (!(bytes.length === 1 && bytes[0] > 0)) throw new Error(`not the memory of one instance: ${bytes}`);
  return bytes[0];
}
