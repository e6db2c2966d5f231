// Wraps bindings so that they ask the injector before and after each operation. The injector may let it pass, make it
// fail, hold it until the process is killed, or reset the object that called.
import { replaced } from "../../workerd/replaced.mjs";

const [PASS, ABORT] = [204, 410];

/**
 * @param {Record<string, unknown>} env with `FAULTS`, which reaches the injector
 * @param {{ abort?: (reason: string) => void }} state of the object that gets the bindings
 * @returns {Record<string, unknown>} the same bindings, with watched stores
 */
export function watched(env, state) {
  const ask = (op, when, text) => pass(env.FAULTS, state, { op, when, text });
  return {
    ...env,
    FILES: bucket(env.FILES, ask),
    RECORDS: namespace(env.RECORDS, ask),
    CATALOG: objects("CATALOG", env.CATALOG, ask),
    ...(env.JOBS && { JOBS: objects("JOBS", env.JOBS, ask) }),
  };
}

async function pass(faults, state, step) {
  const init = { method: "POST", body: JSON.stringify(step) };
  const { status } = await faults.fetch("http://faults/", init);
  if (status === ABORT) state.abort?.("injected");
  if (status !== PASS) throw new Error(`${step.op}: Internal error (injected)`);
}

function bucket(target, ask) {
  const byKey = around(target, "FILES", ask, (key) => String(key));
  const byPrefix = around(target, "FILES", ask, ({ prefix } = {}) => prefix ?? "");
  const create = byKey("createMultipartUpload");
  return replaced(target, {
    ...Object.fromEntries(["head", "get", "put", "delete"].map((name) => [name, byKey(name)])),
    list: byPrefix("list"),
    createMultipartUpload: async (...args) => upload(await create(...args), ask),
    resumeMultipartUpload: (...args) => upload(target.resumeMultipartUpload(...args), ask),
  });
}

function upload(target, ask) {
  const byKey = around(target, "UPLOAD", ask, () => target.key);
  const names = ["uploadPart", "abort", "complete"];
  return replaced(target, Object.fromEntries(names.map((name) => [name, byKey(name)])));
}

function namespace(target, ask) {
  const byKey = around(target, "RECORDS", ask, (key) => String(key));
  const names = ["get", "getWithMetadata", "put", "delete"];
  return replaced(target, Object.fromEntries(names.map((name) => [name, byKey(name)])));
}

/**
 * Wraps a namespace of objects. A long command is not a string: then only the object's name says which job it is for.
 */
function objects(binding, target, ask) {
  const stub = (name, object) => {
    const byQuestion = around(object, binding, ask, (question) => `${name} ${typeof question === "string" ? question : ""}`);
    return replaced(object, { ask: byQuestion("ask") });
  };
  return replaced(target, { getByName: (name, ...rest) => stub(name, target.getByName(name, ...rest)) });
}

/** Wraps the operation `name` of `target`. `textOf` returns the text in its arguments that names the job. */
const around = (target, binding, ask, textOf) => (name) => async (...args) => {
  const [op, text] = [`${binding}.${name}`, await textOf(...args)];
  await ask(op, "before", text);
  const result = await target[name](...args);
  await ask(op, "after", text);
  return result;
};
