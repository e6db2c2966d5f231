// The built Worker. It counts each request's subrequests, and reports them in a header of the response. The variable
// BROKEN_READS names the bindings whose reads fail, STALLED_WRITES those whose writes take long.
import * as built from "../../../../build/index.js";
import { replaced } from "../../../../tools/workerd/replaced.mjs";

/** Milliseconds: longer than the doctor waits. */
const STALL_MS = 6_000;

let count = 0;
const counted = (call) => (...args) => {
  count += 1;
  return call(...args);
};
globalThis.fetch = counted(globalThis.fetch);

const pause = (ms) => new Promise((wake) => setTimeout(wake, ms));

/** Returns the binding with calls of these methods counted; `follow` wraps what others return. */
const watched = (target, methods, { follow = {}, broken = false, stalled = false } = {}) =>
  new Proxy(target, {
    get(_, name) {
      const value = target[name];
      if (typeof value !== "function" || name === "constructor") return value;
      // A stub's method has no `bind` of its own: reading that property would call the object.
      const call = (...args) => Reflect.apply(value, target, args);
      if (broken && name.startsWith("get")) return async () => Promise.reject(new Error("out of order"));
      if (stalled && name === "put") {
        return async (...args) => {
          await pause(STALL_MS);
          const written = await call(...args);
          console.log("a stalled write was made");
          return written;
        };
      }
      if (methods.includes(name)) return counted(call);
      return follow[name] ? (...args) => follow[name](call(...args)) : call;
    },
  });

const objects = (target) => target &&
  watched(target, [], { follow: { getByName: (stub) => watched(stub, ["fetch", "ask"]) } });

function watchedEnv(env) {
  const named = (list, name) => (list ?? "").split(",").includes(name);
  const store = (name, methods) => watched(env[name], methods,
    { broken: named(env.BROKEN_READS, name), stalled: named(env.STALLED_WRITES, name) });
  return {
    ...env,
    FILES: store("FILES", ["head", "get", "put", "delete", "list", "createMultipartUpload"]),
    RECORDS: store("RECORDS", ["get", "getWithMetadata", "put", "delete"]),
    JOBS: objects(env.JOBS),
    CATALOG: objects(env.CATALOG),
  };
}

export default new Proxy(built.default, {
  construct(target, [context, env], newTarget) {
    const worker = Reflect.construct(target, [context, watchedEnv(env)], newTarget);
    const answer = worker.fetch.bind(worker);
    worker.fetch = async (request) => {
      count = 0;
      const response = await answer(request);
      const body = await response.text();
      const told = new Response(body, response);
      told.headers.set("x-subrequests", count);
      return told;
    };
    return worker;
  },
});
export const { Catalog } = built;

/** Returns the object's state with a storage that cannot be read, for when BROKEN_READS names JOBS. */
const unreadable = (state) => {
  const get = () => {
    throw new Error("out of order");
  };
  const kv = replaced(state.storage.kv, { get });
  return replaced(state, { storage: replaced(state.storage, { kv }) });
};

export const Job = new Proxy(built.Job, {
  construct(target, [state, env], newTarget) {
    const isBroken = (env.BROKEN_READS ?? "").split(",").includes("JOBS");
    const job = Reflect.construct(target, [state, env], newTarget);
    // The constructor of the runtime's class accepts only its own state.
    if (isBroken) Object.defineProperty(job, "ctx", { value: unreadable(state) });
    return job;
  },
});
