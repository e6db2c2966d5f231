// Every example in the API's description and in the README is what a request really got.
// `WRITE_EXAMPLES=1` writes them anew.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { described, files, shown, write } from "../../tools/examples.mjs";
import { play } from "./support/scenario.mjs";
import { startReceiver } from "./support/receiver.mjs";
import { startSource } from "./support/source.mjs";
import { stopAll } from "./support/stop.mjs";
import { startUpstream } from "./support/upstream.mjs";
import { startVault } from "./support/vault.mjs";

it("the examples are real", async () => {
  const source = await startSource();
  const receiver = await startReceiver();
  const upstream = await startUpstream({ knobs: { size: 4_096 } });
  const vault = await startVault({ sources: `${source.url},${upstream.sources},${receiver.url}`, vars: upstream.vars });
  try {
    const steps = await play(vault, { source, upstream, receiver });
    if (process.env.WRITE_EXAMPLES) write(steps);
    const text = (path) => readFileSync(path, "utf8");
    assert.equal(text(files.DESCRIPTION), described(text(files.DESCRIPTION), steps));
    assert.equal(text(files.README), shown(text(files.README), steps));
    const document = JSON.parse(text(files.DESCRIPTION));
    const played = new Set(steps.map(({ operation }) => operation));
    const all = Object.values(document.paths).flatMap((path) => Object.values(path).map((one) => one.operationId));
    const missing = all.filter((operation) => !played.has(operation))
      // The same as by POST.
      .filter((operation) => !/^falProxy(Ticket)?(Get|Put|Patch|Delete)$/.test(operation));
    assert.deepEqual(missing, ["readOpenapi", "home"], "every route is shown but those that show themselves");
  } finally {
    await stopAll(vault, source, upstream, receiver);
  }
});
