// Deliveries: of new jobs, to jobs that are known, and the same once more.
//
// They are `acquired` ones: what a delivery costs, without the copying that a result would bring. Each
// side does its alarms' work behind the answers; the next step begins when it is at rest, and the
// processor's time counts until then. A new process takes more, until V8 has compiled what is hot: that
// is a row of its own, of the first turn to warm up.
import { cpuSeconds, quiet } from "../process.mjs";
import { CONNECTIONS } from "../sizes.mjs";

const STEPS = [
  { id: "new", row: "ingest, new jobs", renewal: 0 },
  { id: "second", row: "ingest, second delivery", renewal: 1 },
  { id: "duplicate", row: "ingest, duplicate", renewal: 1 },
];

const COLD = { id: "new.cold", row: ({ jobs }) => `ingest, the first ${jobs} of a process`, what: "CPU a delivery, ms", better: "less" };

const metrics = STEPS.flatMap(({ id, row }) => [
  {
    id: `${id}.rate`, row, what: "requests/s", better: "more",
    goals: { twin: { goal: 1, far: 0.2 }, floor: { goal: 0.8, far: 0.08 } },
  },
  {
    // Of a short turn it is two or three requests: never far off, whatever it is.
    id: `${id}.p99`, row, what: "p99, ms", better: "less",
    goals: { twin: { goal: 1, far: Infinity }, floor: { goal: 1.3, far: Infinity } },
  },
  { id: `${id}.cpu`, row, what: "CPU a delivery, ms", better: "less", goals: { twin: { goal: 1, far: 5 } } },
]).concat(COLD);

export const ingest = {
  metrics,
  seconds: 55,
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
