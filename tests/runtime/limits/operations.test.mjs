// What each step of a job's life costs: the exact operations, counted around all bindings.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { buildTwin, TWINS } from "../../../tools/bench/twin.mjs";
import { costs } from "../../../tools/cost/document.mjs";
import { FILE_BYTES, awaitMidnight, life, submission, watchedLife } from "../../../tools/cost/life.mjs";
import { isAsCounted, OF_TWINS, OPERATIONS } from "../../../tools/cost/operations.mjs";
import { counted, tally } from "../../../tools/workerd/counted.mjs";
import { file, startOrigin } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { startVault } from "../support/vault.mjs";

const MINUTE_MS = 60_000;

/** Serves a file only after `first` is done. */
const sourceAt = (origin) => ({
  url: origin.url,
  serve: (path, first) => origin.on(path, async (response, request) => {
    await first();
    file(Buffer.alloc(FILE_BYTES, 7))(response, request);
  }),
});

describe("operations", () => {
  let origin;
  let vault;
  let steps;
  before(async () => {
    await awaitMidnight();
    origin = await startOrigin();
    // Uses the real pauses: what is far away in a user's vault must be far away here.
    const vars = { RETRY_BASE_MS: null, UPSTREAM_QUEUE_URL: `${origin.url}/queue`, UPSTREAM_API_KEY: "key" };
    vault = await startVault({ sources: origin.url, vars, change: counted });
    steps = await life(vault, sourceAt(origin));
    steps.submission = await submission(vault, answerSubmission);
    Object.assign(steps, await watchedLife(vault, sourceAt(origin)));
    // A duplicate is in KV's copy only after five minutes, and a submission waits for its webhook.
    vault.leaveWork();
  });
  after(() => stopAll(vault, origin));

  /** Makes the upstream wait: the job is listed before it answers. */
  function answerSubmission(path, first) {
    const urls = Object.fromEntries(["status_url", "response_url", "cancel_url"].map((name) => [name, origin.url]));
    const body = Buffer.from(JSON.stringify({ request_id: "submitted", ...urls }));
    origin.on(path, async (response, request) => {
      await first();
      file(body, { "content-type": "application/json" })(response, request);
    });
  }

  for (const [name, expected] of Object.entries(OPERATIONS)) {
    test(name, () => {
      if (!isAsCounted(name, steps[name].columns)) assert.deepEqual(steps[name].columns, expected);
    });
  }

  test("no step is missing", () => {
    assert.deepEqual(Object.keys(steps).sort(), Object.keys(OPERATIONS).sort());
  });

  test("a delivery writes one value and sets one alarm; look-ups write nothing", () => {
    for (const name of ["acquired", "completed", "duplicate"]) {
      const { "Job.put": writes, "Job.setAlarm": alarms } = steps[name].asked;
      assert.deepEqual([writes, alarms], [1, 1], name);
    }
    for (const name of ["look-up, finished", "look-up, unfinished", "file", "page of two jobs"]) {
      const writes = Object.entries(steps[name].columns).filter(([column]) => /Written|Writes|classA/.test(column));
      assert.deepEqual(writes, [], name);
    }
  });

  test("a finished job waits for nothing", async () => {
    assert.equal(steps.completed.next, null);
    const { next } = await tally(vault);
    assert.ok(next > MINUTE_MS, `the duplicate's copy in KV, ${next}`);
  });

  test("docs/cost.md is computed from these", () => {
    const document = readFileSync(new URL("../../../docs/cost.md", import.meta.url), "utf8");
    for (const [name, table] of Object.entries(costs())) {
      assert.ok(document.includes(table), `the table ${name}: npm run cost -- --write`);
    }
  });
});

for (const name of TWINS) describe(`operations of the twin, ${name}`, () => {
  let origin;
  let vault;
  let steps;
  const out = mkdtempSync(join(tmpdir(), "hookvault-twin-"));
  before(async () => {
    await awaitMidnight();
    const twin = await buildTwin(name, out);
    origin = await startOrigin();
    vault = await startVault({ sources: origin.url, vars: { RETRY_BASE_MS: null },
      change: (options) => counted({ ...options, ...twin }) });
    steps = await life(vault, sourceAt(origin));
    vault.leaveWork();
  });
  after(async () => {
    await stopAll(vault, origin);
    rmSync(out, { recursive: true });
  });

  for (const [step, expected] of Object.entries(OF_TWINS[name])) {
    test(step, () => assert.deepEqual(steps[step].columns, expected));
  }
});
