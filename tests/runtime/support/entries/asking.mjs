// The built Worker, with each of its questions to a job's or the catalog's objects told in the log,
// and in a job's object how many requests it is busy with.
import * as built from "../../../../build/index.js";
import { replaced } from "../../../../tools/workerd/replaced.mjs";

const told = (stub, whom) => replaced(stub, {
  ask(question) {
    console.log(`asked ${whom}`);
    return stub.ask(question);
  },
});

const objects = (all, whom) => replaced(all, { getByName: (name) => told(all.getByName(name), whom) });

export default new Proxy(built.default, {
  construct: (target, [context, env], newTarget) =>
    Reflect.construct(target, [context, { ...env, JOBS: objects(env.JOBS, "a job"),
      CATALOG: objects(env.CATALOG, "the catalog") }], newTarget),
});
export const Catalog = built.Catalog;

/** What each job's object has begun and ended. */
export class Job extends built.Job {
  #begun = 0;
  #ended = 0;

  async ask(command) {
    console.log(`a job began ${(this.#begun += 1)}`);
    try {
      return await super.ask(command);
    } finally {
      console.log(`a job ended ${(this.#ended += 1)}`);
    }
  }
}
