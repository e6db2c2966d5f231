// The built Worker, whose requests hang right after a body was written to the bucket, as if their clients had left. The
// objects go on.
import * as built from "../../../../build/index.js";
import { replaced } from "../../../../tools/workerd/replaced.mjs";

const never = new Promise(() => {});

const halting = (bucket) => replaced(bucket, {
  async put(key, ...rest) {
    const put = await bucket.put(key, ...rest);
    return key.startsWith("bodies/") ? never : put;
  },
});

export default new Proxy(built.default, {
  construct: (target, [context, env], newTarget) =>
    Reflect.construct(target, [context, { ...env, FILES: halting(env.FILES) }], newTarget),
});
export const Catalog = built.Catalog;
export const Job = built.Job;
