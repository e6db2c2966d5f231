// The built Worker behind another entry, which changes a binding or tells what goes on.
import { join } from "node:path";

const modules = (root, ...paths) => paths.map((path) => ({ type: "ESModule", path: join(root, path) }));

/** For `change`: the entry is `support/entries/{name}.mjs`. */
export const withEntry = (name) => (options) => ({
  ...options,
  modules: [...modules(options.rootPath, `tests/runtime/support/entries/${name}.mjs`, "tools/workerd/replaced.mjs"), ...options.modules],
});
