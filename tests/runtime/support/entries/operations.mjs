// A side that logs each operation on a store: `operation ["storage.put","record"]`. `SIDE` stands for the path of the
// side.
import * as side from "SIDE";

const tell = (...what) => console.log(`operation ${JSON.stringify(what)}`);

/** Returns the written keys of a call: its first argument is a key, several keys, or an object by keys. */
const keysOf = (first) => (typeof first === "object" && first !== null && !(first instanceof Date)
  ? Array.isArray(first) ? first : first instanceof Map ? [...first.keys()] : Object.keys(first)
  : [String(first)]);

/** Returns the target with calls of these methods logged, and with watched `parts`. */
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

/** Watches the Worker too, because it also sends rows to the catalog. It is an object or a class of the runtime. */
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
    // The constructor of the runtime's class accepts only its own state.
    Object.defineProperty(job, "ctx", { value: state(own) });
    return job;
  },
});
