// Deliveries: of new jobs, to jobs that are known, and the same once more.
//
// They are `acquired` ones: what a delivery costs, without the copying that a result would bring. Each
// side does its alarms' work behind the answers; the next step begins when it is at rest, and the
// processor's time counts until then. A new process takes more, until V8 has compiled what is hot: that
// is a row of its own, of the first turn to warm up.
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
    // Of a short turn it is two or three requests: never far off, whatever it is.
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
