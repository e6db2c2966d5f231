// What `npm start` and the package's `start` have in common.
import assert from "node:assert/strict";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";
import { claim } from "../../../tools/start/leftovers.mjs";
import { serve } from "../../../tools/start/serve.mjs";
import { RELEASE } from "../../../tools/build/profiles.mjs";
import { newDir, newPorts } from "../support/local.mjs";

test("a port that is taken after the check is reported with its process", async (t) => {
  const [dir, ports] = [newDir(), await newPorts()];
  const holder = createServer().listen(ports.simulator, "127.0.0.1");
  await once(holder, "listening");
  t.after(() => {
    holder.close();
    rmSync(dir, { recursive: true });
  });
  await claim(dir);
  const vars = { HOOK_TOKEN: "hook-token-of-mine", API_TOKEN: "api-token-of-mine" };
  await assert.rejects(serve({ ports, dir, vars, worker: RELEASE, ready: () => "" }),
    { message: new RegExp(`^Port ${ports.simulator} is used by process ${process.pid} .*\nor start again with another one\\.$`, "s") });
});
