// The built Worker, with each of its questions to a job's or the catalog's objects told in the log,
// and in a job's object how many requests it is busy with.
import * as built from "../../../../build/index.js";

/** The binding, with `instead` in the places of these methods. */
const replaced = (target, instead) => new Proxy(target, {
  get(_, name) {
    const value = target[name];
    if (typeof value !== "function" || name === "constructor") return value;
    return instead[name] ?? value.bind(target);
  },
});

const told = (stub, whom) => replaced(stub, {
  fetch(...args) {
    console.log(`asked ${whom}`);
    return stub.fetch(...args);
  },
});

const objects = (all, whom) => replaced(all, { getByName: (name) => told(all.getByName(name), whom) });

export default new Proxy(built.default, {
  construct: (target, [context, env], newTarget) =>
    Reflect.construct(target, [context, { ...env, JOBS: objects(env.JOBS, "a job"),
      CATALOG: objects(env.CATALOG, "the catalog") }], newTarget),
});
export const Catalog = built.Catalog;
export const Job = new Proxy(built.Job, {
  construct(target, args, newTarget) {
    const job = Reflect.construct(target, args, newTarget);
    const fetch = job.fetch.bind(job);
    let [begun, ended] = [0, 0];
    job.fetch = async (request) => {
      console.log(`a job began ${(begun += 1)}`);
      try {
        return await fetch(request);
      } finally {
        console.log(`a job ended ${(ended += 1)}`);
      }
    };
    return job;
  },
});
