// Measures look-ups: of finished jobs, which are in KV, and of running ones, which only their objects know.
import { eventually } from "../../workerd/wait.mjs";
import { recordOf } from "../archive.mjs";
import { cpuSeconds, quiet } from "../process.mjs";
import { CONNECTIONS } from "../sizes.mjs";

const FILE = { bytes: 4_096, isKnown: true };
const STEPS = [
  { id: "finished", row: "look-up, finished job", goals: { conventional: { goal: 1, far: 0.3 }, "same-design": {}, floor: { goal: 0.9, far: 0.25 } } },
  { id: "unfinished", row: "look-up, unfinished job", goals: { conventional: { goal: 0.9, far: 0.25 }, "same-design": {} } },
];

const metrics = STEPS.flatMap(({ id, row, goals }) => [
  { id: `${id}.rate`, row, what: "requests/s", better: "more", goals },
  { id: `${id}.p99`, row, what: "p99, ms", better: "less" },
  { id: `${id}.cpu`, row, what: "CPU a look-up, ms", better: "less", goals: { conventional: {}, "same-design": {} } },
]);

export const lookUp = {
  metrics,
  seconds: 60,
  warmUps: ({ warmUps }) => warmUps,

  /** Makes the same jobs on each side. The floor keeps a record as long as hookvault's. */
  async prepare(context, side) {
    const { generator, origin, sizes, begun, ids } = context;
    const jobs = sizes.known;
    context.finished ??= ids(jobs);
    context.unfinished ??= ids(jobs);
    if (side.name === "floor") return keep(context, side, jobs);
    await generator.archive({ url: side.url, side: side.name, origin: origin.url, first: context.finished, jobs, file: FILE });
    await published(side, context.finished, jobs);
    context.record ??= JSON.stringify(await recordOf(side.url, context.finished));
    const plan = { kind: "delivery", side: side.name, first: context.unfinished, jobs, begun, renewal: 0 };
    await generator.load({ url: side.url, count: jobs, connections: CONNECTIONS, ...plan });
    await quiet(side.pid);
  },

  async turn(context, side) {
    const figures = {};
    for (const { id, goals } of STEPS) {
      if (side.name in { hookvault: 1, ...goals }) Object.assign(figures, await step(context, side, id));
    }
    return figures;
  },
};

async function step(context, side, id) {
  const { generator, sizes: { known: jobs, lookUps: count } } = context;
  const plan = { url: side.url, connections: CONNECTIONS, kind: "lookUp", side: side.name, first: context[id], jobs };
  // Opens the objects first: one that was not asked for ten seconds has to be opened again.
  await generator.load({ count: jobs, ...plan });
  const before = cpuSeconds(side.pid);
  const { perSecond, p99, busy } = await generator.load({ count, ...plan });
  const cpu = ((cpuSeconds(side.pid) - before) / count) * 1_000;
  return { [`${id}.rate`]: perSecond, [`${id}.p99`]: p99, [`${id}.cpu`]: cpu, busy };
}

async function published(side, first, jobs) {
  const records = await side.vault.records();
  for (let id = first; id < first + jobs; id += 1) {
    await eventually(`${side.name}: job ${id} is in KV`, async () => (await records.get(String(id))) ?? undefined);
  }
  await quiet(side.pid);
}

async function keep({ finished, record }, side, jobs) {
  // Without another side, the record's length is a guess.
  const body = record ?? JSON.stringify({ record: "-".repeat(1_200) });
  for (let id = finished; id < finished + jobs; id += 1) {
    await fetch(`${side.url}/keep/${id}`, { method: "POST", body });
  }
}
