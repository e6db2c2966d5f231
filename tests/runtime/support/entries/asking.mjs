// The built Worker. It logs each command to an object of a job or the catalog, and a job's object logs when it begins
// and ends a request.
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

/** Logs which requests each job's object has begun and ended. */
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
