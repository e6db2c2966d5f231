// Rows in which the Worker's own stores fail, or the object that uses them.
import { inBatches } from "./kills.mjs";

/** Makes a row in which the first `times` calls of a job fail; the job is struck when all of them have failed. */
const failing = (name, op, times) => ({
  name,
  rig: { shims: true },
  async play(rig, count) {
    rig.injector.binding = (step) => {
      if (step.op !== op || !isItsTurn(step) || step.nth > times) return undefined;
      if (step.nth === times) rig.injector.strike(step.job);
      return "fail";
    };
    await rig.untilStruck(await rig.submit(count));
  },
});

/** For half of the jobs, a call has no effect; for the other half, only its reply gets lost. */
const isItsTurn = ({ job, when }) => when === ["before", "after"][Number(job) % 2];

/** More often than the runtime itself retries an alarm that fails. */
const DEATHS = 8;

const dying = {
  name: `a job's run dies ${DEATHS} times in a row`,
  rig: { shims: true, vars: { RETRY_BASE_MS: "3" } },
  async play(rig, count) {
    rig.injector.binding = ({ op, when, job, nth }) => {
      if (op !== "FILES.put" || when !== "before" || nth > DEATHS) return undefined;
      if (nth === DEATHS) rig.injector.strike(job);
      return "abort";
    };
    await rig.untilStruck(await rig.submit(count));
  },
};

/**
 * Few at a time: then a copy takes a second, the catalog gets the rows meanwhile, and the file kills only its own run.
 */
const DEADLY_AT_ONCE = 5;

/** A file kills each run until the catalog knows the job's end. */
const deadly = {
  name: "one file kills each run, the rest is done",
  rig: { shims: true, vars: { RETRY_BASE_MS: "3" } },
  async play(rig, count) {
    rig.injector.binding = ({ op, when, job, text }) => {
      if (op === "CATALOG.ask" && when === "after" && text.includes('"status":"completed"')) rig.injector.strike(job);
      const isFile = op === "FILES.put" && when === "before" && text.startsWith("jobs/");
      return isFile && !rig.injector.struck.has(job) ? "abort" : undefined;
    };
    await inBatches(count, DEADLY_AT_ONCE, async (size) => rig.untilStruck(await rig.submit(size)));
  },
};

/** A run that never ends must not keep the job from accepting deliveries. */
const endless = {
  name: "KV never answers, more is delivered",
  rig: { shims: true },
  play: async (rig, count) => {
    rig.injector.binding = ({ op, when, nth }) => (op === "RECORDS.put" && when === "before" && nth === 1 ? "hold" : undefined);
    const ids = await rig.submit(count);
    await rig.until("all jobs are held", ids, (id) => rig.injector.holds(id));
    await Promise.all(ids.map((id) => rig.deliver(id, { eventType: "noted", jobId: Number(id) })));
    await rig.kill();
  },
};

export const stores = [
  endless,
  dying,
  deadly,
  failing("R2 puts fail twice", "FILES.put", 2),
  failing("KV fails three times", "RECORDS.put", 3),
  failing("the catalog fails three times", "CATALOG.ask", 3),
];
