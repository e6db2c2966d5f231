// Reading what does not exist stores nothing: strangers can guess links forever.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { file, noise } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { nothingPending } from "../support/leftovers.mjs";
import { startServed } from "../support/vaults/served.mjs";

const TRIES = 20;
const guess = () => randomBytes(16).toString("hex");

describe("reading what does not exist", () => {
  let origin, vault;
  let url;
  before(async () => {
    ({ origin, vault } = await startServed());
    origin.on("/a.mp4", file(noise(1_000)));
    await vault.deliver({ eventType: "completed", jobId: "known", url: `${origin.url}/a.mp4` });
    url = (await vault.settled("known")).files[0].url;
    await nothingPending(vault, ["known"]);
  });
  after(() => stopAll(vault, origin));

  const everything = async () => ({
    keys: await vault.keys(""),
    records: (await (await vault.records()).list()).keys,
    jobs: await vault.objects("Job"),
    catalog: await vault.objects("Catalog"),
  });
  async function ask(path, status, init) {
    const response = await vault.get(path, init);
    assert.equal(response.status, status, path);
    await response.arrayBuffer();
  }

  test("leaves the objects of unknown jobs empty", async () => {
    const before = await everything();
    assert.ok(before.jobs.rows.length > 0, "a job that exists is seen");
    for (let n = 0; n < TRIES; n += 1) {
      const [job, nonce] = [guess(), guess()];
      await ask(`/files/${job}/${nonce}/0`, 404);
      await ask(`/files/ref:${job}/${nonce}/0-a.mp4`, 404, { headers: { range: "bytes=0-" } });
      await ask(`/files/${job}/${nonce}/7`, 404, { method: "HEAD" });
      for (const rest of ["", "/result", "/events", "/events/1/body"]) {
        await ask(`/jobs/${job}${rest}`, 404);
      }
    }
    const { jobs: { databases, ...jobs }, ...now } = await everything();
    const { jobs: { databases: _, ...jobsBefore }, ...others } = before;
    assert.deepEqual({ ...now, jobs }, { ...others, jobs: jobsBefore });
    // workerd makes an empty file for each object that is called at all.
    assert.ok(databases > TRIES, "the objects were asked");
  });

  test("changes nothing in a job through a wrong link", async () => {
    const before = await everything();
    const { pathname } = new URL(url);
    for (let n = 0; n < TRIES; n += 1) {
      const wrong = pathname.replace(/[0-9a-f]{32}/, guess());
      await ask(wrong, 404);
      await ask(wrong.replace("-a.mp4", ""), 404);
      await ask(pathname.replace("0-a.mp4", `${n + 1}`), 404);
    }
    assert.deepEqual(await everything(), before);
  });

  test("reaches no object with an impossible link", async () => {
    const before = await everything();
    const paths = [`/files/${guess()}/nonce/0`, `/files/${guess()}/${guess().toUpperCase()}z/0`,
      `/files/${guess()}/${guess()}/00`, `/files/a%20b/${guess()}/0`, `/files/${guess()}/${guess()}`];
    for (const path of paths) await ask(path, 404);
    for (const path of [`/files/${guess()}/${guess()}/0`, `/jobs/${guess()}`]) {
      await ask(path, 204, { method: "OPTIONS" });
    }
    assert.deepEqual(await everything(), before);
  });
});
