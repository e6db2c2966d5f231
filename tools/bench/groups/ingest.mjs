// Measures deliveries: for new jobs, for known jobs, and the same once more.
//
// They are `acquired` ones: the cost of a delivery, without the copying that a result starts. Each side runs its alarms
// after the responses. The next step begins when the side is at rest, and its CPU time counts until then. A new process
// takes more, until V8 has compiled the hot code: that is a row of its own, from the first warm-up turn.
import { cpuSeconds, quiet } from "../process.mjs";
import { CONNECTIONS } from "../sizes.mjs";

const STEPS = [
  { id: "new", row: "ingest, new jobs", renewal: 0, rate: 1.4, cpu: 0.7, floor: { goal: 0.7, far: 0.08 } },
  { id: "second", row: "ingest, second delivery", renewal: 1, rate: 1.8, cpu: 0.55 },
  { id: "duplicate", row: "ingest, duplicate", renewal: 1, rate: 1.6, cpu: 0.6 },
];

const COLD = { id: "new.cold", row: ({ jobs }) => `ingest, the first ${jobs} of a process`, what: "CPU a delivery, ms", better: "less" };

const metrics = STEPS.flatMap(({ id, row, rate, cpu, floor = {} }) => [
  {
    id: `${id}.rate`, row, what: "requests/s", better: "more",
    goals: { conventional: { goal: rate, far: 0.2 }, "same-design": {}, floor },
  },
  {
    // In a short turn this is the time of two or three requests, so no value is far off.
    id: `${id}.p99`, row, what: "p99, ms", better: "less",
    goals: { conventional: { goal: 0.5, far: Infinity }, "same-design": {}, floor: {} },
  },
  {
    id: `${id}.cpu`, row, what: "CPU a delivery, ms", better: "less",
    goals: { conventional: { goal: cpu, far: 5 }, "same-design": { goal: 1.25, far: 5 }, floor: {} },
  },
]).concat(COLD);

export const ingest = {
  metrics,
  seconds: 110,
  warmUps: ({ warmUps }) => warmUps,

  async turn({ generator, sizes: { jobs, warmUps }, begun, ids, turn }, side) {
    const first = ids(jobs);
    const figures = {};
    for (const { id, renewal } of STEPS) {
      const plan = { kind: "delivery", side: side.name, first, jobs, begun, renewal };
      const before = cpuSeconds(side.pid);
      const { perSecond, p99, busy } = await generator.load({ url: side.url, count: jobs, connections: CONNECTIONS, ...plan });
      await quiet(side.pid);
      const cpu = ((cpuSeconds(side.pid) - before) / jobs) * 1_000;
      Object.assign(figures, { [`${id}.rate`]: perSecond, [`${id}.p99`]: p99, [`${id}.cpu`]: cpu, busy });
    }
    if (turn === -warmUps) side.cold = figures["new.cpu"];
    return turn === 0 ? { ...figures, "new.cold": side.cold } : figures;
  },
};
