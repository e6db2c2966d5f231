// Every example in the API's description is a real response. `WRITE_EXAMPLES=1` rewrites them.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { it } from "node:test";
import { described, DESCRIPTION } from "../../../tools/test/examples.mjs";
import { play } from "../support/api/scenario.mjs";
import { startReceiver } from "../support/servers/receiver.mjs";
import { startSource } from "../support/servers/source.mjs";
import { stopAll } from "../support/stop.mjs";
import { startUpstream } from "../support/servers/upstream.mjs";
import { startVault } from "../support/vault.mjs";

it("the examples are real", async () => {
  const source = await startSource();
  const receiver = await startReceiver();
  const upstream = await startUpstream({ knobs: { size: 4_096 } });
  const vault = await startVault({ sources: `${source.url},${upstream.sources},${receiver.url}`, vars: upstream.vars });
  try {
    const steps = await play(vault, { source, upstream, receiver });
    const text = readFileSync(DESCRIPTION, "utf8");
    if (process.env.WRITE_EXAMPLES) writeFileSync(DESCRIPTION, described(text, steps));
    assert.equal(readFileSync(DESCRIPTION, "utf8"), described(text, steps));
    const document = JSON.parse(text);
    const played = new Set(steps.map(({ operation }) => operation));
    const all = Object.values(document.paths).flatMap((path) => Object.values(path).map((one) => one.operationId));
    const missing = all.filter((operation) => !played.has(operation))
      // These work like POST.
      .filter((operation) => !/^falProxy(Ticket)?(Get|Put|Patch|Delete)$/.test(operation));
    assert.deepEqual(missing, ["readOpenapi", "home"], "every route is shown but those that show themselves");
  } finally {
    await stopAll(vault, source, upstream, receiver);
  }
});
