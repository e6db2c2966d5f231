// Which server the vault asks, with what, and what it says when it cannot.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { problem } from "../support/answers.mjs";
import { acquired, completed } from "../support/deliveries.mjs";
import { file, noise, redirect, startOrigin, status } from "../support/servers/origin.mjs";
import { presigned, startSource } from "../support/servers/source.mjs";
import { stopAll } from "../support/stop.mjs";
import { askable, UPSTREAM_KEY } from "../support/servers/upstream.mjs";
import { startVault } from "../support/vault.mjs";
import { startSourced } from "../support/vaults/served.mjs";
import { eventually } from "../support/wait.mjs";

const EXPIRED = "20200101T000000Z";

describe("the upstream's key", () => {
  let upstream;
  let stranger;
  let source, vault;
  before(async () => {
    [upstream, stranger, source] = [await startOrigin(), await startOrigin(), await startSource()];
    const vars = askable(upstream.url);
    vault = await startVault({ sources: source.url, vars: { ...vars, MAX_BODY_BYTES: "4000" } });
  });
  after(async () => {
    vault?.leaveWork();
    await stopAll(vault, upstream, stranger, source);
  });

  const answer = (value) => file(Buffer.from(JSON.stringify(value)), {});
  const result = (id) => `/queue/m/requests/${id}`;

  /** Returns the record once the upstream was asked this often. */
  const asked = (id, times = 1) => eventually(`${id} was asked for`, async () => {
    const job = await vault.job(id);
    return (job.healing?.attempts ?? 0) >= times ? job : undefined;
  });

  const importJob = async (line) =>
    assert.equal((await vault.import({ app: "m", ...line })).status, 200);

  function checkStranger() {
    assert.equal(stranger.connections(), 0, "no socket to the stranger was ever opened");
  }

  test("is sent to the upstream, which is not asked without need", async () => {
    upstream.on(result(1), answer({ video: { data_uri: source.put("/1.mp4") } }));
    await importJob({ id: "1" });
    assert.equal((await vault.settled("1")).archive, "stored");
    const [{ headers }, ...more] = upstream.requests(result(1));
    assert.deepEqual([headers.authorization, more.length], [`Bearer ${UPSTREAM_KEY}`, 0]);
    assert.ok(source.requests("/1.mp4").every(({ headers }) => !("authorization" in headers)));
  });

  test("follows no redirect", async () => {
    for (const code of [301, 302, 303, 307, 308]) {
      upstream.on(result(code), redirect(`${stranger.url}/stolen`, code));
      await importJob({ id: String(code) });
      const { healing } = await asked(String(code));
      assert.match(healing.error, /a redirect, which is not followed/);
    }
    checkStranger();
  });

  test("is not sent to a response_url of another origin", async () => {
    const { port } = stranger;
    const hostile = [
      stranger.url,
      `http://localhost:${port}/r`,
      `${upstream.url}@127.0.0.1:${port}/r`,
      `http://user:pass@127.0.0.1:${port}/r`,
      `//127.0.0.1:${port}/r`,
      `http:\\\\127.0.0.1:${port}\\r`,
      `\thttp://127.0.0.1:${port}/r`,
      `http://0x7f.1:${port}/r`,
      `http://[::ffff:127.0.0.1]:${port}/r`,
      "javascript:alert(1)",
      "file:///etc/passwd",
      "x".repeat(20_000),
    ];
    for (const [n, url] of hostile.entries()) {
      const id = `9${n}`;
      upstream.on(result(id), answer({ seed: n }));
      await importJob({ id, response_url: url });
      assert.equal((await vault.settled(id)).status, "completed", url);
    }
    checkStranger();
  });

  test("is not sent to a URL that an application's name has changed", async () => {
    for (const [n, app] of ["../../x", "@127.0.0.1", "a?b", "a#b", "..", "a/%2e%2e/b"].entries()) {
      await importJob({ id: `8${n}`, app });
      await asked(`8${n}`);
    }
    const paths = upstream.requestsMade().filter(({ path }) => /8\d(\/status)?$/.test(path));
    assert.ok(paths.length > 0 && paths.every(({ path }) => path.startsWith("/queue/")));
    checkStranger();
  });

  test("fresh URLs are fetched only from allowed hosts, and only of the same file", async () => {
    const dead = (name) => `${source.url}/b/outputs/free/${name}${presigned(EXPIRED)}`;
    const fresh = [`${stranger.url}/b/outputs/free/70_0_a.mp4`, source.put("/b/outputs/free/other")];
    for (const [n, url] of fresh.entries()) {
      const name = `7${n}_0_a.mp4`;
      source.on(`/b/outputs/free/${name}`, status(403));
      upstream.on(`/fal/download/b/outputs/free/${name}`, answer({ url }));
      await vault.deliver(completed(dead(name), `7${n}`));
      const { healing, files } = await asked(`7${n}`);
      assert.match(healing.error, /the fresh URL/);
      assert.equal(files[0].state, "pending");
    }
    checkStranger();
  });

  /** Makes dead files of a job without a known application; `fresh` names those with a fresh URL. */
  function deadFiles(id, count, fresh) {
    return Array.from({ length: count }, (_, n) => {
      const path = `/b/outputs/free/${id}_${n}_a.mp4`;
      source.on(path, status(403));
      if (fresh(n)) {
        upstream.on(`/fal/download${path}`, (...call) =>
          answer({ url: source.put(path) })(...call));
      }
      return `${source.url}${path}${presigned(EXPIRED)}`;
    });
  }

  test("a run without subrequests left gives up no file", async () => {
    const dead = deadFiles(63, 3, () => true);
    // Checking their type costs a third subrequest: of 45, these files leave none for questions.
    const vague = Array.from({ length: 12 }, (_, n) => {
      const path = `/63/${n}`;
      source.on(path, file(noise(64), { "content-type": "application/octet-stream" }));
      return `${source.url}${path}${presigned()}`;
    });
    await vault.deliver({ eventType: "completed", jobId: 63, results: [...dead, ...vague] });
    const { archive, files } = await vault.settled("63");
    assert.equal(archive, "stored", JSON.stringify(files.map(({ error }) => error)));
  });

  test("files that the upstream no longer has do not stop requests for others", async () => {
    const results = deadFiles(64, 9, (n) => n === 8);
    await vault.deliver({ eventType: "completed", jobId: 64, results });
    await eventually("the last one is stored", async () =>
      (await vault.job("64")).files[8].state === "stored" || undefined);
  });

  test("the upstream gets pauses between requests, also for a file of an older result", async () => {
    source.on("/old.mp4", status(403));
    const served = { video: { data_uri: source.put("/new.mp4") } };
    upstream.on(result(50), answer(served));
    await vault.deliver(completed(source.dead("/old.mp4"), 50), { query: "?app=m" });
    await vault.deliver({ eventType: "completed", jobId: 50, ...served });
    const { archive, healing, files } = await asked(50, 3);
    assert.deepEqual([archive, files.map(({ state }) => state)], ["stored", ["pending", "stored"]]);
    const { attempts } = healing;
    assert.ok(upstream.requests(result(50)).length <= attempts + 1);
  });

  test("a delivery over the limit makes the vault ask for the job of its reference", async () => {
    await vault.deliver(acquired(60), { reference: "large", query: "?app=m" });
    upstream.on(result(60), answer({ video: { data_uri: source.put("/60.mp4") } }));
    const body = JSON.stringify({ ...completed("x", 60), pad: noise(4_000).toString("hex") });
    await problem(await vault.post(vault.hookUrl("large"), body), 413);
    assert.equal((await vault.settled("60")).archive, "stored");
    const details = (await vault.events("60")).map(({ detail }) => detail);
    assert.ok(details.some((detail) => /more than 4000 bytes was refused/.test(detail)));
    await problem(await vault.post(vault.hookUrl("unheard"), body), 413);
    assert.equal((await vault.get("/jobs/ref:unheard")).status, 404);
  });

  test("a completed job is asked for once when a delivery is over the limit", async () => {
    const served = { video: { data_uri: source.put("/61.mp4") } };
    upstream.on(result(61), answer(served));
    await vault.deliver({ eventType: "completed", jobId: 61, ...served },
      { reference: "r61", query: "?app=m" });
    await vault.settled("61");
    await problem(await vault.post(vault.hookUrl("r61"), noise(4_000).toString("hex")), 413);
    await eventually("it has been asked for", async () => {
      const { heals, healing } = await vault.job("61");
      return (heals === 1 && !healing) || undefined;
    });
    assert.equal(upstream.requests(result(61)).length, 1);
  });
});

describe("without a key", () => {
  let source, vault;
  before(async () => ({ source, vault } = await startSourced()));
  after(() => stopAll(vault, source));

  test("the record of a dead file says so", async () => {
    source.on("/dead.mp4", status(403));
    await vault.deliver(completed(source.dead("/dead.mp4"), 1), { query: "?app=m" });
    const { archive, files } = await vault.settled(1);
    assert.equal(archive, "lost");
    assert.match(files[0].error, /answers 403; no fresh URL: UPSTREAM_API_KEY is not set/);
  });

  test("the record of a silent job says so too", async () => {
    const lease = { leaseExpiry: 1, acquiredAt: 1, updatedAt: 1 };
    await vault.deliver({ ...acquired(2), ...lease }, { query: "?app=m" });
    const job = await eventually("it is noted", async () => {
      const job = await vault.job(2);
      return job.healing ? job : undefined;
    });
    assert.deepEqual([job.status, job.healing.error, job.healing.exhausted],
      ["acquired", "UPSTREAM_API_KEY is not set", false]);
  });

  test("a key that is set later is used", async () => {
    const upstream = await startOrigin();
    upstream.on("/queue/m/requests/3", file(Buffer.from('{"seed":1}'), {}));
    await vault.deliver({ ...acquired(3), leaseExpiry: 1, acquiredAt: 1 }, { query: "?app=m" });
    await eventually("it is noted", async () => (await vault.job(3)).healing ?? undefined);
    await vault.restart(askable(upstream.url));
    assert.equal((await vault.settled(3)).heals, 1);
    await upstream.stop();
  });
});
