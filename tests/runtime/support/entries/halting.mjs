// The built Worker, whose requests end right after a body was written to the bucket: their clients
// have left. The objects go on.
import * as built from "../../../../build/index.js";

const never = new Promise(() => {});

const halting = (bucket) => new Proxy(bucket, {
  get(_, name) {
    const value = bucket[name];
    if (name === "constructor") return value;
    if (name !== "put") return typeof value === "function" ? value.bind(bucket) : value;
    return async (key, ...rest) => {
      const put = await bucket.put(key, ...rest);
      return key.startsWith("bodies/") ? never : put;
    };
  },
});

export default new Proxy(built.default, {
  construct: (target, [context, env], newTarget) =>
    Reflect.construct(target, [context, { ...env, FILES: halting(env.FILES) }], newTarget),
});
export const Catalog = built.Catalog;
export const Job = built.Job;
