// Wraps bindings so that they count, under the name of their owner.
import { add } from "./count.mjs";

/** The methods of a bucket, and of an upload, by the class in which they are billed. */
const BUCKET = { put: "classA", list: "classA", createMultipartUpload: "classA", head: "classB", get: "classB", delete: "r2Free" };
const UPLOAD = { uploadPart: "classA", complete: "classA", abort: "r2Free" };
const NAMESPACE = { get: "kvRead", getWithMetadata: "kvRead", list: "kvList", put: "kvWrite", delete: "kvDelete" };

/** Returns `target` with each method call reported to `tell`; `follow` wraps what some of them return. */
function watched(target, tell, follow = {}) {
  return new Proxy(target, {
    get(_, name) {
      const value = target[name];
      if (typeof value !== "function" || name === "constructor") return value;
      return (...args) => {
        tell(name);
        // A stub's method has no `apply` of its own: reading that property would call the object.
        const answer = Reflect.apply(value, target, args);
        if (!follow[name]) return answer;
        return answer instanceof Promise ? answer.then(follow[name]) : follow[name](answer);
      };
    },
  });
}

const billed = (who, prices) => (name) => {
  if (!prices[name]) return;
  add(`${who}.${prices[name]}`);
  add(`${who}.subrequest`);
};

function bucket(who, target) {
  const upload = (found) => watched(found, billed(who, UPLOAD));
  return watched(target, billed(who, BUCKET), { createMultipartUpload: upload, resumeMultipartUpload: upload });
}

/**
 * Wraps a namespace of objects. Each call of a stub is a request to its object, `fetch` or a method of its class.
 */
function objects(who, binding, target) {
  const asked = () => {
    add(`${binding}.request`);
    add(`${who}.subrequest`);
  };
  const stub = (found) => watched(found, asked);
  return watched(target, () => {}, { get: stub, getByName: stub });
}

/** Returns the environment as `who` gets it. Other bindings stay as they are. */
export function countedEnv(who, env) {
  const wrap = (name, value) => {
    if (typeof value?.idFromName === "function") return objects(who, name, value);
    if (typeof value?.createMultipartUpload === "function") return bucket(who, value);
    if (typeof value?.getWithMetadata === "function") return watched(value, billed(who, NAMESPACE));
    return value;
  };
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, wrap(name, value)]));
}
