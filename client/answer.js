// Tells hookvault's answers from those of another server, to which a wrong URL leads.
import { HookVaultError } from "./error.js";

/** Returns the error of a success that hookvault did not send. */
export const foreign = () => new HookVaultError({ status: 200, title: "The answer is not hookvault's. Check the URL." });

/** Tells whether a value is an object and no list. */
export const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** Tells whether a value is a job of the list. */
export const isJob = (value) => isObject(value) && ["string", "number"].includes(typeof value.id);

/** Returns the member `name` of an answer, which is a list whose items all pass `isItem`. */
export function listOf(answer, name, isItem = isObject) {
  const list = isObject(answer) ? answer[name] : undefined;
  if (Array.isArray(list) && list.every(isItem)) return list;
  throw foreign();
}
