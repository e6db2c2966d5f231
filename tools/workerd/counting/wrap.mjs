// A Worker's exports, counting. `/.counted` tells and, by `DELETE`, forgets.
import { countedEnv } from "./bindings.mjs";
import { add, during, own, report, reset, run } from "./count.mjs";

const PATH = "/.counted";

/** Calls to other servers: of jobs nearly all, so they are counted as theirs. */
const fetchOutside = globalThis.fetch;
globalThis.fetch = (...args) => {
  add("outside.fetch");
  add("Job.subrequest");
  return fetchOutside(...args);
};

/** What goes on behind an answer is a part of its request. */
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

/** The Worker's default export: an object with `fetch`, or a class of the runtime's. */
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

/** An object's class: its events, its storage, and what it asks of bindings. */
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

    /** Ours; other sides' objects have methods of other names, whose callers are counted. */
    ask(question) {
      return during(() => super.ask(question));
    }

    alarm(...args) {
      return run(who, this.#storage, () => super.alarm(...args));
    }
  };
}
