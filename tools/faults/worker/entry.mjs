// The built Worker with watched bindings. Nothing else is changed: it is what users deploy.
import * as built from "../../../build/index.js";
import { watched } from "./shims.mjs";

/** Returns a class whose instances get the watched bindings. */
const watching = (Class) => new Proxy(Class, {
  construct: (target, [state, env], newTarget) =>
    Reflect.construct(target, [state, watched(env, state)], newTarget),
});

export default watching(built.default);
export const Job = watching(built.Job);
export const Catalog = watching(built.Catalog);
