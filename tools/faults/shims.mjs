// Makes the Worker ask the injector before and after each operation of its stores.
import { join } from "node:path";
import { ROOT } from "../workerd/vault.mjs";

const MODULES = ["tools/faults/worker/entry.mjs", "tools/faults/worker/shims.mjs", "tools/workerd/replaced.mjs"];
const STATUS = { pass: 204, fail: 503, abort: 410 };

/**
 * @param {(step: { op: string, when: "before" | "after", text: string }) => Promise<string>} meet decides the fate of
 *   the operation, which waits for it: `pass`, `fail` or `abort`
 * @returns {(options: object) => object} changes miniflare's options
 */
export const withShims = (meet) => (options) => ({
  ...options,
  modules: [...MODULES.map((path) => ({ type: "ESModule", path: join(ROOT, path) })),
    ...options.modules],
  serviceBindings: {
    FAULTS: async (request) => {
      const fate = await meet(await request.json());
      return new Response(null, { status: STATUS[fate] });
    },
  },
});
