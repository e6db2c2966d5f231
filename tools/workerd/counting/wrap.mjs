// Wraps a Worker's exports so that they count. `/.counted` returns the counts; `DELETE` also resets them.
import { countedEnv } from "./bindings.mjs";
import { add, during, own, report, reset, run } from "./count.mjs";

const PATH = "/.counted";

/** Counts calls to other servers as a job's, because nearly all of them are. */
const fetchOutside = globalThis.fetch;
globalThis.fetch = (...args) => {
  add("outside.fetch");
  add("Job.subrequest");
  return fetchOutside(...args);
};

/** Counts the work in `waitUntil` as part of its request. */
function follow(context) {
  const type = Object.getPrototypeOf(context);
  if (followed.has(type)) return;
  followed.add(type);
  const { waitUntil } = type;
  type.waitUntil = function counted(work) {
    return waitUntil.call(this, during(() => work));
  };
}
const followed = new WeakSet();

function answer(request) {
  if (request.method === "DELETE") reset();
  return Response.json(report());
}

/** Wraps the Worker's default export: an object with `fetch`, or one of the runtime's classes. */
export function countedWorker(worker) {
  const handle = (request, serve) => {
    if (new URL(request.url).pathname === PATH) return answer(request);
    add("Worker.request");
    return during(serve);
  };
  if (typeof worker !== "function") {
    const fetch = (request, env, context) => {
      follow(context);
      return handle(request, () => worker.fetch(request, countedEnv("Worker", env), context));
    };
    return { ...worker, fetch };
  }
  return class extends worker {
    constructor(context, env) {
      follow(context);
      super(context, countedEnv("Worker", env));
    }

    fetch(request) {
      return handle(request, () => super.fetch(request));
    }
  };
}

/** Wraps an object's class: its events, its storage, and its calls of bindings. */
export function countedObject(who, type) {
  return class extends type {
    #storage;

    constructor(state, env) {
      own(who, state);
      super(state, countedEnv(who, env));
      this.#storage = state.storage;
    }

    fetch(request) {
      return during(() => super.fetch(request));
    }

    /** hookvault's own method. Objects of the twins have methods with other names, whose callers are counted. */
    ask(question) {
      return during(() => super.ask(question));
    }

    alarm(...args) {
      return run(who, this.#storage, () => super.alarm(...args));
    }
  };
}
