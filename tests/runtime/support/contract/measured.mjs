// Shared by the tests of the measured contract: each runs against every side.
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { digest } from "../bytes.mjs";
import { completed } from "../deliveries.mjs";
import { noise, startOrigin } from "../servers/origin.mjs";
import { SIDES, startSide } from "./sides.mjs";
import { stopAll } from "../stop.mjs";
import { sha256 } from "../servers/upstream.mjs";
import { steady } from "../vaults/served.mjs";
import { eventually } from "../wait.mjs";

export const BYTES = noise(100_000);

/** @param {(on: Side) => void} tests is called once for each side, to declare its tests */
export function measured(what, tests) {
  for (const side of SIDES) {
    describe(`${side}: ${what}`, () => {
      const on = new Side(side);
      before(() => on.start());
      after(() => on.stop());
      tests(on);
    });
  }
}

class Side {
  #jobs = 0;

  constructor(side) {
    this.side = side;
  }

  async start() {
    this.origin = await startOrigin();
    // A vault whose address stays the same when workerd is killed.
    this.vault = await startSide(this.side, { sources: this.origin.url, change: await steady() });
  }

  stop() {
    return stopAll(this.vault, this.origin);
  }

  newId() {
    return `b-${(this.#jobs += 1)}`;
  }

  /** Serves `steps` under a new path, and returns its URL. */
  serve(steps, { name = "video.mp4", query = "" } = {}) {
    const path = `/outputs/free/${(this.#jobs += 1)}_0_${name}`;
    this.origin.on(path, ...steps);
    return { path, url: `${this.origin.url}${path}${query}` };
  }

  /** Delivers a job with one file, and returns it once it is settled. */
  async archived(steps, options) {
    const [id, { path, url }] = [this.newId(), this.serve(steps, options)];
    assert.equal((await this.vault.deliver(completed(url, id))).status, 200);
    const job = await this.vault.settled(id);
    return { id, path, job, file: job.files[0] };
  }

  async checkStored(stored, bytes = BYTES) {
    assert.deepEqual([stored.state, stored.error, stored.size], ["stored", null, bytes.length]);
    assert.deepEqual(await digest(stored.url),
      { status: 200, size: bytes.length, sha256: sha256(bytes) });
  }

  /** Returns the record in KV, once there is one. */
  published(id) {
    return eventually(`job ${id} is in KV`, async () =>
      (await (await this.vault.records()).get(id)) ?? undefined);
  }
}
