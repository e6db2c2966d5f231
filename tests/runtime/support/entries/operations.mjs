// A side, with each operation on a store told in the log: `operation ["storage.put","record"]`.
// `SIDE` stands for where the side is.
import * as side from "SIDE";

const tell = (...what) => console.log(`operation ${JSON.stringify(what)}`);

/** What is written, by the arguments of a call: a key, several, or an object of them. */
const keysOf = (first) => (typeof first === "object" && first !== null && !(first instanceof Date)
  ? Array.isArray(first) ? first : first instanceof Map ? [...first.keys()] : Object.keys(first)
  : [String(first)]);

/** The target, with calls of these methods told, and what others hold watched. */
const watched = (target, name, methods, parts = {}) => new Proxy(target, {
  get(_, key) {
    const value = target[key];
    if (Object.hasOwn(parts, key)) return parts[key](value, target);
    if (typeof value !== "function" || key === "constructor") return value;
    if (!methods.includes(key)) return value.bind(target);
    return (...args) => {
      for (const one of keysOf(args[0])) tell(`${name}.${key}`, one);
      return target[key](...args);
    };
  },
});

const storage = (target) => watched(target, "storage", ["put", "setAlarm"], {
  kv: (kv) => kv && watched(kv, "storage", ["put"]),
});
const state = (target) => watched(target, "state", [], { storage });

const objects = (target, name) => {
  const stub = (call) => (...args) => {
    tell(name);
    return call(...args);
  };
  return watched(target, name, [], {
    get: (get) => stub(get.bind(target)),
    getByName: (get) => stub(get.bind(target)),
  });
};

const stores = (env) => ({
  ...env,
  FILES: watched(env.FILES, "FILES", ["put", "createMultipartUpload"]),
  RECORDS: watched(env.RECORDS, "RECORDS", ["put"]),
  CATALOG: objects(env.CATALOG, "CATALOG"),
});

/** The Worker tells the catalog, too, be it an object or a class of the runtime's. */
const watchedWorker = (worker) => {
  if (typeof worker !== "function") return { ...worker, fetch: (request, env, ...more) => worker.fetch(request, stores(env), ...more) };
  return class extends worker {
    constructor(context, env) {
      super(context, stores(env));
    }
  };
};

export default watchedWorker(side.default);
export const Catalog = side.Catalog;
export const Job = new Proxy(side.Job, {
  construct(target, [own, env], newTarget) {
    const job = Reflect.construct(target, [own, stores(env)], newTarget);
    // The runtime's own class takes nothing but its own state.
    Object.defineProperty(job, "ctx", { value: state(own) });
    return job;
  },
});
