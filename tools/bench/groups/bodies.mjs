// Measures the memory that large bodies take. In the isolate, the inspector and the wasm module report it every 20 ms.
// In the process, it counts over idle, with what its own R2 holds. Cloudflare gives an isolate 128 MiB; here nothing
// ends one that takes more.
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import WebSocket from "ws";
import { freePort } from "../../ports.mjs";
import { forgetPeak, peakBytes, residentBytes } from "../../workerd/process.mjs";
import { ROOT } from "../../workerd/vault.mjs";
import { archiveInline } from "../archive.mjs";
import { quiet } from "../process.mjs";
import { complaints, startSide } from "../sides.mjs";
import { exactly } from "../sizes.mjs";

const MiB = 1024 * 1024;
const SAMPLE_MS = 20;
const AT_ONCE = [1, 4, 16];

const row = (count) => ({ bodyBytes }) => `${count} × ${bodyBytes / MiB} MiB of base64 at once`;

export const bodies = {
  turns: () => exactly(1),
  isAlone: true,
  warmUps: () => 0,
  sides: ["hookvault"],
  metrics: AT_ONCE.flatMap((count) => [
    { id: `bodies.isolate.${count}`, row: row(count), what: "most that the isolate holds, MiB", better: "less", own: { goal: 96, far: 128 } },
    { id: `bodies.peak.${count}`, row: row(count), what: "peak memory over idle, MiB", better: "less" },
  ]),
  async turn(context) {
    const figures = {};
    for (const count of AT_ONCE) Object.assign(figures, await deliver(context, count));
    return figures;
  },
};

async function deliver({ dir, origin, ids, size, turn, warnings }, count) {
  const port = await freePort();
  const change = (options) => ({ ...told(options), inspectorPort: port });
  const side = await startSide("hookvault", { dir, sources: origin.url, change });
  try {
    const inspector = await inspect(port);
    await quiet(side.pid);
    const idle = residentBytes(side.pid);
    forgetPeak(side.pid);
    const bytes = Math.floor(size(turn).bodyBytes * 3 / 4);
    const one = () => archiveInline({ url: side.url, side: "hookvault", first: ids(1), bytes });
    const samples = watch(inspector);
    await Promise.all(Array.from({ length: count }, one));
    const heap = await samples.end();
    const peak = peakBytes(side.pid);
    const { bytes: [wasm] } = await (await fetch(`${side.url}/wasm-memory`)).json();
    inspector.close();
    warnings.push(...complaints(side));
    return { [`bodies.isolate.${count}`]: (heap + wasm) / MiB, [`bodies.peak.${count}`]: (peak - idle) / MiB };
  } finally {
    await side.vault.end();
  }
}

/** Adds a route to the built Worker that reports the size of its memory. */
const told = (options) => {
  const own = ["memory.mjs", "patch.mjs"].map((name) => ({ type: "ESModule", path: join(ROOT, "tools/bench/worker", name) }));
  return { ...options, modules: [...own, ...options.modules] };
};

async function inspect(port) {
  const targets = await (await fetch(`http://127.0.0.1:${port}/json`)).json();
  const target = targets.find(({ id, webSocketDebuggerUrl }) => /user/.test(`${id} ${webSocketDebuggerUrl}`));
  if (!target) throw new Error(`no Worker to inspect: ${JSON.stringify(targets)}`);
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  let last = 0;
  const waiting = new Map();
  socket.on("message", (text) => {
    const { id, result } = JSON.parse(text);
    waiting.get(id)?.(result);
    waiting.delete(id);
  });
  return {
    ask: (method) => new Promise((resolve) => {
      waiting.set(last += 1, resolve);
      socket.send(JSON.stringify({ id: last, method }));
    }),
    close: () => socket.close(),
  };
}

/** Takes samples until `end`, which returns the most bytes that JavaScript held. */
function watch({ ask }) {
  let most = 0, isOver = false;
  const sampling = (async () => {
    while (!isOver) {
      const { usedSize, embedderHeapUsedSize = 0, backingStorageSize = 0 } = await ask("Runtime.getHeapUsage");
      most = Math.max(most, usedSize + embedderHeapUsedSize + backingStorageSize);
      await sleep(SAMPLE_MS);
    }
  })();
  return {
    async end() {
      isOver = true;
      await sampling;
      return most;
    },
  };
}
