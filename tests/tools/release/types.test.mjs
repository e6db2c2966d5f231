// `npm run types`: the types of the Worker's environment.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inRoot } from "../../../tools/setup/project.mjs";
import { run } from "../support/run.mjs";

test("every binding and required secret has its type", async () => {
  const { code, text } = await run("tools/release/types.mjs", ["--include-runtime=false"]);
  assert.equal(code, 0, text);
  assert.doesNotMatch(text, /WARNING/);
  const types = readFileSync(inRoot("build/worker-configuration.d.ts"), "utf8");
  const wanted = { HOOK_TOKEN: "string", API_TOKEN: "string", FILES: "R2Bucket", RECORDS: "KVNamespace",
    JOBS: "DurableObjectNamespace", CATALOG: "DurableObjectNamespace" };
  for (const [name, type] of Object.entries(wanted)) assert.match(types, new RegExp(`^\\s*${name}: ${type}`, "m"), types);
});
