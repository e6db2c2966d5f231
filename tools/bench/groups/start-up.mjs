// Measures the start of an isolate until its first response.
//
// workerd compiles a Worker's modules and runs their top level before it listens. A time measured from the open socket
// would leave out most of a cold start, so the whole start of a process counts. The median start of an empty Worker is
// subtracted, because its process does everything else. A median, since one start differs from the next by more than a
// Worker adds.
//
// Files are in the page cache, and storage is empty. workerd starts without miniflare, with the same modules, date and
// flags. The bucket and KV are left out, because the first responses do not need them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { acquired, routesOf } from "../requests.mjs";
import { exactly } from "../sizes.mjs";
import { configOf, workerdPath } from "../workerd.mjs";

/**
 * In a few starts the twin may be no slower than the empty Worker. A ratio to zero means nothing, so it is never far
 * off.
 */
const answers = [
  { id: "health", row: "start-up until `/healthz` is answered", goal: { goal: 3, far: Infinity }, request: () => ({ path: "/healthz" }) },
  {
    id: "delivery", row: "start-up until a delivery is answered", goal: {},
    request: (id, begun) => routesOf("hookvault").delivery(id, acquired(id, begun)),
  },
];

export const startUp = {
  turns: ({ starts }) => exactly(starts),
  isAlone: true,
  sides: ["empty", "hookvault", "conventional", "same-design"],
  metrics: answers.map(({ id, row, goal }) => ({
    id: `start.${id}`, row, what: "ms over an empty Worker's", better: "less", base: "empty", by: "medians",
    goals: { conventional: goal, "same-design": {} },
  })),
  async turn(context, side) {
    const figures = {};
    for (const { id, request } of answers) {
      const { init, path } = split(request(context.ids(1), context.begun));
      figures[`start.${id}`] = await coldStart(context, side.modules, path, init);
    }
    return figures;
  },
};

/** The empty Worker, to which the other starts are compared. */
const EMPTY = `import { DurableObject } from "cloudflare:workers";
export class Job extends DurableObject {}
export class Catalog extends DurableObject {}
export default { fetch: () => new Response("ok\\n") };`;
export const empty = { name: "empty", modules: [{ type: "ESModule", path: "empty.js", contents: EMPTY }] };

const split = ({ path, ...init }) => ({ path, init });

/** Returns the milliseconds from the start of a process until its first response. */
async function coldStart({ dir }, modules, path, init) {
  const folder = mkdtempSync(join(dir, "start-"));
  try {
    mkdirSync(join(folder, "objects"));
    writeFileSync(join(folder, "config.capnp"), await configOf(modules, folder));
    return await started(folder, path, init);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function started(folder, path, init) {
  const begun = performance.now();
  const args = ["serve", "--experimental", "--control-fd=3", join(folder, "config.capnp")];
  const child = spawn(workerdPath(), args, { stdio: ["ignore", "inherit", "inherit", "pipe"] });
  const gone = once(child, "exit");
  try {
    const [line] = await Promise.race([once(child.stdio[3], "data"), gone.then(() => [""])]);
    const { port } = JSON.parse(String(line).split("\n")[0]);
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
    await response.text();
    if (response.status !== 200) throw new Error(`${path.split("/")[1]} answers ${response.status}`);
    return performance.now() - begun;
  } finally {
    child.kill("SIGKILL");
    await gone;
  }
}
