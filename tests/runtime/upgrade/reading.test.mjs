// What a former release has written reads as it did. The fixture has its storage, and its own answers; `npm run upgrade
// -- COMMIT --record FILE` rewrites it.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { lasting, reader } from "../../../tools/upgrade/answers.mjs";
import { SUBMISSION } from "../../../tools/upgrade/scenario.mjs";
import { stopAll } from "../support/stop.mjs";
import { startFormer } from "../support/vaults/former.mjs";

describe("the storage of a former release", () => {
  let former, read;
  // No alarm runs, so a reader is the first to touch an object. A job that was read catches up, and its copy in KV
  // changes. So each part has its own vault.
  beforeEach(async () => {
    former = await startFormer({ daysAgo: 0, alarms: false });
    former.outside.hold();
    read = reader(former.vault, former.asThen);
  });
  afterEach(() => stopAll(former?.vault));

  for (const [part, what] of Object.entries({
    lists: "is listed and summed up as it was, before any job is touched",
    records: "has every job read as it did, by its first reader",
    rest: "has timelines, bodies, results and files read as they did",
  })) {
    it(what, async () => {
      const now = await read[part]();
      for (const [path, text] of Object.entries(former.told[part])) {
        assert.equal(lasting(now[path]), lasting(text), path);
      }
      assert.deepEqual(Object.keys(now).sort(), Object.keys(former.told[part]).sort());
    });
  }

  it("knows a submission by its key", async () => {
    const response = await fetch(former.vault.url + SUBMISSION[0], SUBMISSION[1]);
    assert.equal(response.status, 200);
    assert.equal((await response.json()).request_id, "1014");
    assert.ok(!former.outside.asked.some((url) => url.endsWith("/wan")), "nobody was asked for another job");
  });
});
