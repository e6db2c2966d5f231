// The built Worker over a KV whose quota is used up: the variable KV_LIMIT names the methods that fail.
import * as built from "../../../../build/index.js";
import { replaced } from "../../../../tools/workerd/replaced.mjs";

const refuse = (name) => async () => {
  throw new Error(`KV ${name}() limit exceeded for the day.`);
};

/** Returns the binding with the methods in `names` refused. */
const limited = (records, names) => replaced(records, Object.fromEntries(names.map((name) => [name, refuse(name)])));

const limitedEnv = (env) =>
  ({ ...env, RECORDS: limited(env.RECORDS, (env.KV_LIMIT ?? "").split(",")) });

/** Returns a class whose instances get the limited bindings. */
const inLimits = (target) => new Proxy(target, {
  construct: (_, args, newTarget) => Reflect.construct(target, args.with(1, limitedEnv(args[1])), newTarget),
});

export default inLimits(built.default);
export const Catalog = built.Catalog;
export const Job = inLimits(built.Job);
