// Less never replaces more: an accepted result stays after the upstream has forgotten it.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { file, noise, startOrigin, status } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { askable } from "../support/servers/upstream.mjs";
import { API_TOKEN, startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

let origin, vault;
before(async () => {
  origin = await startOrigin();
  vault = await startVault({ sources: origin.url, vars: { ...askable(origin.url), RETRY_BASE_MS: "100",
    RESULT_URL: `${origin.url}/v1/predictions/{id}` } });
});
after(() => stopAll(vault, origin));

const put = (name) => {
  origin.on(`/${name}`, file(noise(1_000, name)));
  return `${origin.url}/${name}`;
};
const prediction = (id, output, more = {}) => ({ id, model: "m", version: "v", input: {}, output, error: null,
  status: "succeeded", urls: {}, ...more });
const removed = (id) => prediction(id, null, { data_removed: true });
const says = (value) => (response) =>
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
const last = async (id) => (await vault.events(id)).findLast(({ trust }) => trust !== null);

describe("a result that holds less", () => {
  it("is noted and changes nothing, whatever its source", async () => {
    const id = "late1";
    const output = [put("late-a"), put("late-b")];
    await vault.deliver(prediction(id, output));
    const { version, ...before } = await vault.settled(id);
    for (const less of [removed(id), prediction(id, []), prediction(id, {}), prediction(id, output.slice(1))]) {
      const { status: code, duplicate } = await vault.deliver(less);
      assert.deepEqual([code, duplicate], [200, false]);
      const { outcome, detail } = await last(id);
      assert.equal(outcome, "late");
      assert.match(detail, /^not used: it has (nothing|1 file), and the present result 2 files/);
    }
    const job = await vault.job(id);
    assert.deepEqual([job.status, job.archive, job.result, job.files], ["completed", "stored", before.result, before.files]);
    assert.equal(job.version, version, "no reader gets a change");
    assert.equal((await fetch(job.result[0])).status, 200);
  });

  it("that came first yields to the real one", async () => {
    await vault.deliver(removed("first1"));
    assert.deepEqual([(await vault.settled("first1")).archive, (await vault.job("first1")).result], ["none", null]);
    await vault.deliver(prediction("first1", [put("first-a")]));
    assert.equal((await vault.settled("first1")).archive, "stored");
  });

  it("does not answer a request for a dead file, which is lost with a reason", async () => {
    const id = "heal1";
    origin.on("/heal-b", status(404));
    origin.on(`/v1/predictions/${id}`, says(removed(id)));
    await vault.deliver(prediction(id, [put("heal-a"), `${origin.url}/heal-b`]));
    const job = await vault.settled(id);
    assert.deepEqual([job.archive, job.result.length, job.files.map(({ state }) => state)],
      ["partial", 2, ["stored", "lost"]]);
    assert.match(job.files[1].error, /404.*the upstream has deleted it/);
    const heal = (await vault.events(id)).find(({ outcome, bytes }) => outcome === "heal" && bytes > 0);
    assert.match(heal.detail, /not used: it has nothing/);
    const asked = origin.requests(`/v1/predictions/${id}`).length;
    assert.equal(asked, 1, "and is not asked for again");
  });

  it("keeps a file that it lacks pending while the upstream is asked for it", async () => {
    vault.leaveWork();
    const id = "heal2";
    origin.on("/fewer-b", status(404));
    const kept = put("fewer-a");
    origin.on(`/v1/predictions/${id}`, says(prediction(id, [kept])));
    await vault.deliver(prediction(id, [kept, `${origin.url}/fewer-b`]));
    const job = await eventually("it was asked in vain", async () => {
      const job = await vault.job(id);
      return /does not name the file/.test(job.healing?.error ?? "") ? job : undefined;
    });
    assert.deepEqual([job.result.length, job.archive], [2, "pending"]);
    // The file appears at last.
    put("fewer-b");
    const whole = await vault.settled(id);
    assert.deepEqual([whole.archive, whole.result.length], ["stored", 2]);
  });

  it("does not result from copying again by stricter rules", async () => {
    const other = origin.url.replace("127.0.0.1", "localhost");
    const id = "again1";
    const output = [put("again-a.mp4"), put("again-b.mp4").replace(origin.url, other)];
    await vault.deliver(prediction(id, output));
    const before = await vault.settled(id);
    assert.equal(before.archive, "partial");
    await vault.restart({ ALLOWED_SOURCE_HOSTS: other });
    const answer = await vault.post(`/jobs/${id}/archive`, "", { authorization: `Bearer ${API_TOKEN}` });
    assert.equal(answer.status, 202);
    const job = await eventually("the other is stored", async () => {
      const job = await vault.job(id);
      return job.files.length === 2 && job.files[1].state === "stored" ? job : undefined;
    });
    assert.deepEqual(job.result[0].split("/").slice(3), before.result[0].split("/").slice(3));
    assert.equal(job.files[0].state, "stored");
  });
});
