// The built Worker, with each subrequest of a job's alarm counted and told in the log.
import * as built from "../../../../build/index.js";

let count = 0;
const counted = (call) => (...args) => {
  count += 1;
  return call(...args);
};
globalThis.fetch = counted(globalThis.fetch);

/** The binding, with calls of these methods counted; `follow` wraps what others return. */
const watched = (target, methods, follow = {}) => new Proxy(target, {
  get(_, name) {
    const value = target[name];
    if (typeof value !== "function" || name === "constructor") return value;
    const call = value.bind(target);
    if (methods.includes(name)) return counted(call);
    return follow[name] ? (...args) => follow[name](call(...args)) : call;
  },
});

const objects = (target) =>
  watched(target, [], { get: (stub) => watched(stub, ["fetch"]) });

const countedEnv = (env) => ({
  ...env,
  FILES: watched(env.FILES, ["head", "get", "put", "delete", "list", "createMultipartUpload"]),
  RECORDS: watched(env.RECORDS, ["get", "getWithMetadata", "put", "delete"]),
  JOBS: objects(env.JOBS),
  CATALOG: objects(env.CATALOG),
});

export default built.default;
export const Catalog = built.Catalog;
export const Job = new Proxy(built.Job, {
  construct(target, [state, env], newTarget) {
    const job = Reflect.construct(target, [state, countedEnv(env)], newTarget);
    const alarm = job.alarm.bind(job);
    job.alarm = async () => {
      count = 0;
      const answer = await alarm();
      console.log(`a run made ${count} subrequests`);
      return answer;
    };
    return job;
  },
});
