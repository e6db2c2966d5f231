// The built Worker behind another entry, which changes a binding or logs what happens.
import { join } from "node:path";

const modules = (root, ...paths) => paths.map((path) => ({ type: "ESModule", path: join(root, path) }));

/** Puts `support/entries/{name}.mjs` before the Worker: pass it as `change`. */
export const withEntry = (name) => (options) => ({
  ...options,
  modules: [...modules(options.rootPath, `tests/runtime/support/entries/${name}.mjs`, "tools/workerd/replaced.mjs"), ...options.modules],
});
