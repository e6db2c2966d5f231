// `GET /doctor` of a vault in which one thing is wrong. It finds just that thing, with the command that fixes it, and
// it answers whatever is wrong.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { misbound, without } from "../support/vaults/bindings.mjs";
import { completed } from "../support/deliveries.mjs";
import { manifest } from "../support/manifest.mjs";
import { startOrigin, status } from "../support/servers/origin.mjs";
import { freePort } from "../support/process.mjs";
import { startSource } from "../support/servers/source.mjs";
import { stopAll } from "../support/stop.mjs";
import { askable, UPSTREAM_KEY } from "../support/servers/upstream.mjs";
import { API_TOKEN, HOOK_TOKEN, READ_TOKEN, startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

const QUEUE = "/queue/hookvault-doctor/requests/0/status";
const FAL = "/fal/queue/hookvault-doctor/requests/00000000-0000-0000-0000-000000000000/status";

/** Starts a vault with a queue that knows its key, and the test's own options. */
async function start(context, { vars = {}, ...options } = {}) {
  const upstream = await startOrigin();
  const vault = await startVault({ vars: { ...askable(upstream.url), ...vars }, ...options });
  context.after(() => stopAll(vault, upstream));
  return { vault, upstream };
}

const report = async (vault, token = API_TOKEN) =>
  (await vault.get("/doctor", { headers: { authorization: `Bearer ${token}` } })).json();

const odd = ({ checks }) => checks.filter((check) => check.status !== "ok");
const summary = (found) => odd(found).map(({ name, status: how }) => `${name} ${how}`);

/** Returns the report's one finding, which must say what to do. */
function only(found, name, how) {
  assert.deepEqual(summary(found), [`${name} ${how}`], JSON.stringify(odd(found)));
  assert.equal(found.ok, how !== "fail");
  const [check] = odd(found);
  assert.ok(check.fix.length > 0);
  return check;
}

describe("a binding", () => {
  for (const [what, spoil] of [["missing", without], ["bound to something else", misbound]]) {
    it(`FILES ${what}`, async (context) => {
      const { vault } = await start(context, { change: spoil("FILES") });
      vault.expectErrors(/FILES/);
      const found = await report(vault);
      assert.deepEqual(summary(found), ["r2 fail", "unmatched warn"]);
      assert.match(odd(found)[0].detail, /no file is stored/);
      assert.match(odd(found)[0].fix, /switch R2 on/);
    });

    it(`RECORDS ${what}`, async (context) => {
      const { vault } = await start(context, { change: spoil("RECORDS") });
      vault.expectErrors(/RECORDS/);
      assert.match(only(await report(vault), "kv", "warn").detail, /nothing is lost/);
    });

    it(`CATALOG ${what}`, async (context) => {
      const { vault } = await start(context, { change: spoil("CATALOG") });
      vault.expectErrors(/CATALOG/);
      const found = await report(vault);
      assert.deepEqual(summary(found), ["catalog fail", "pending warn", "refused warn"]);
      assert.match(odd(found)[0].fix, /CATALOG binding/);
    });

    it(`JOBS ${what}`, async (context) => {
      const change = (options) => {
        const { JOBS: _, ...others } = options.durableObjects;
        const bindings = what === "missing" ? options.bindings : { ...options.bindings, JOBS: "x" };
        return { ...options, durableObjects: others, bindings };
      };
      const { vault } = await start(context, { change });
      assert.match(only(await report(vault), "jobs", "fail").detail, /deliveries are refused/);
    });
  }
});

describe("a setting", () => {
  it("that is wrong is named, with the command that fixes it", async (context) => {
    const vars = { MAX_BODY_BYTES: "32MB", READ_TOKEN: "short", CORS_ORIGINS: "app.example" };
    const { vault } = await start(context, { vars });
    vault.expectErrors(/^(MAX_BODY_BYTES|READ_TOKEN|CORS_ORIGINS)/);
    const found = await report(vault);
    assert.deepEqual(summary(found), ["READ_TOKEN fail", "MAX_BODY_BYTES fail", "CORS_ORIGINS fail"]);
    assert.equal(odd(found)[0].fix, "npx wrangler secret put READ_TOKEN");
    assert.match(odd(found)[1].fix, /MAX_BODY_BYTES under \[vars\] in wrangler\.toml/);
    assert.doesNotMatch(JSON.stringify(found), /short/);
  });

  it("may not equal another secret: both are named, and neither value is shown", async (context) => {
    const vars = { API_TOKEN: HOOK_TOKEN, READ_TOKEN };
    const { vault } = await start(context, { vars });
    vault.expectErrors(/^API_TOKEN has the same value as HOOK_TOKEN/);
    const found = await report(vault, READ_TOKEN);
    const { detail, fix } = only(found, "API_TOKEN", "fail");
    assert.match(detail, /HOOK_TOKEN/);
    assert.equal(fix, "npx wrangler secret put API_TOKEN");
    assert.ok(!JSON.stringify([found, vault.logs]).includes(HOOK_TOKEN));
    await vault.restart({ API_TOKEN });
  });

  it("HOOK_TOKEN that is not set is named, and there is no self-test", async (context) => {
    const { vault } = await start(context, { vars: { HOOK_TOKEN: null } });
    const found = await report(vault);
    assert.equal(only(found, "HOOK_TOKEN", "fail").fix, "npx wrangler secret put HOOK_TOKEN");
    assert.equal(found.selfTest, undefined);
  });

  it("API_TOKEN that is not set is named to readers; others get the command", async (context) => {
    const { vault } = await start(context, { vars: { API_TOKEN: null, READ_TOKEN } });
    only(await report(vault, READ_TOKEN), "API_TOKEN", "fail");
    const refused = await fetch(`${vault.url}/doctor`);
    assert.equal(refused.status, 503);
    assert.match((await refused.json()).detail, /npx wrangler secret put API_TOKEN/);
  });

  it("a queue's URL that is wrong is named, and the queue is not asked", async (context) => {
    const { vault, upstream } = await start(context, { vars: { UPSTREAM_QUEUE_URL: "vault.example" } });
    vault.expectErrors(/^UPSTREAM_QUEUE_URL/);
    only(await report(vault), "UPSTREAM_QUEUE_URL", "fail");
    assert.deepEqual(upstream.requestsMade().map(({ path }) => path), [FAL]);
  });

  it("almost everything wrong", async (context) => {
    const wrong = { HOOK_TOKEN: null, ALLOWED_SOURCE_HOSTS: "https://a/b", PUBLIC_URL: "x", MAX_BODY_BYTES: "x",
      MAX_FILE_BYTES: "x", MAX_SUBREQUESTS: "x", FILES_MAX_AGE: "x", CORS_ORIGINS: "x", RETRY_BASE_MS: "x", UPSTREAM_QUEUE_URL: "x",
      UPSTREAM_FAL_URL: "x", RESULT_URL: "x", UPSTREAM_API_KEY: "\u00fc", READ_TOKEN: "x" };
    const names = ["FILES", "RECORDS", "CATALOG"];
    const change = (options) => {
      const { durableObjects: _, ...rest } = names.reduce((some, name) => without(name)(some), options);
      return rest;
    };
    const { vault } = await start(context, { vars: wrong, change });
    vault.expectErrors(/./);
    const found = await report(vault);
    assert.equal(found.ok, false);
    for (const name of Object.keys(wrong)) {
      assert.ok(odd(found).some((check) => check.name === name), name);
    }
    for (const name of ["r2", "kv", "jobs", "catalog"]) {
      assert.ok(odd(found).some((check) => check.name === name), name);
    }
  });
});

describe("an upstream", () => {
  it("that is down", async (context) => {
    const { vault } = await start(context, { vars: { UPSTREAM_QUEUE_URL: `http://127.0.0.1:${await freePort()}/queue` } });
    assert.match(only(await report(vault), "upstream-queue", "fail").detail, /can't be reached/);
  });

  it("that answers 503", async (context) => {
    const { vault, upstream } = await start(context);
    upstream.on(FAL, status(503));
    assert.match(only(await report(vault), "upstream-fal", "fail").detail, /answers 503/);
  });

  it("that stalls does not stall the doctor", async (context) => {
    const { vault, upstream } = await start(context);
    upstream.on(QUEUE, () => {});
    const check = only(await report(vault), "upstream-queue", "fail");
    assert.match(check.detail, /no answer within 5 s/);
    assert.ok(check.ms >= 4_900, `${check.ms}`);
  });

  for (const code of [401, 403]) {
    it(`that refuses the key with ${code}`, async (context) => {
      const { vault, upstream } = await start(context);
      upstream.on(QUEUE, status(code));
      const check = only(await report(vault), "upstream-queue", "fail");
      assert.match(check.detail, /refuses the key in UPSTREAM_API_KEY/);
      assert.equal(check.fix, "npx wrangler secret put UPSTREAM_API_KEY");
      assert.ok(!JSON.stringify(check).includes(UPSTREAM_KEY));
    });
  }

  it("that redirects does not get the key at the new place", async (context) => {
    const { vault, upstream } = await start(context);
    const elsewhere = await startOrigin();
    context.after(() => elsewhere.stop());
    upstream.on(QUEUE, status(307, { location: `${elsewhere.url}/x` }));
    assert.match(only(await report(vault), "upstream-queue", "fail").detail, /redirects \(307\)/);
    assert.deepEqual(elsewhere.requestsMade(), []);
  });

  it("without a key is reported", async (context) => {
    const { vault, upstream } = await start(context, { vars: { UPSTREAM_API_KEY: null } });
    only(await report(vault), "upstreams", "warn");
    assert.deepEqual(upstream.requestsMade(), []);
  });

  for (const [ahead, how] of [[-5_400_000, "fail"], [5_400_000, "fail"], [-90_000, "warn"]]) {
    it(`whose clock is ${ahead / 1_000} s ahead`, async (context) => {
      const { vault, upstream } = await start(context);
      upstream.on(QUEUE, (response) => {
        response.writeHead(404, { date: new Date(Date.now() + ahead).toUTCString() }).end();
      });
      assert.match(only(await report(vault), "clock", how).detail, /of 127\.0\.0\.1:\d+ differs by 1 (h|min)/);
    });
  }
});

describe("a delivery", () => {
  it("that was refused, or belongs to no job, is reported", async (context) => {
    const { vault } = await start(context);
    await vault.post("/hook/wrong-token-0123456789", "{}", { "user-agent": "queue/1" });
    await eventually("it is noted", async () => (await vault.json("/refused")).total === 1 || undefined);
    const check = only(await report(vault), "refused", "warn");
    assert.match(check.detail, /1 delivery of the last day got 401; the last, \d+ \w+ ago, came from queue\/1: /);
    assert.match(check.fix, /compare the token.*\/refused/);
    await vault.deliver({ eventType: "x" });
    const found = await report(vault);
    assert.deepEqual(summary(found), ["refused warn", "unmatched warn"]);
    assert.doesNotMatch(JSON.stringify(found), new RegExp(`${HOOK_TOKEN}|wrong-token`));
  });
});

describe("a job", () => {
  it("whose file is stuck is reported", async (context) => {
    const source = await startSource();
    context.after(() => source.stop());
    const { vault } = await start(context, { sources: source.url, vars: { RETRY_BASE_MS: "1" } });
    const url = source.put("/stuck.mp4");
    source.on("/stuck.mp4", status(503));
    vault.leaveWork();
    await vault.deliver(completed(url, "437852"));
    const found = await eventually("it has waited too long", async () => {
      const found = await report(vault);
      return found.checks.some((check) => check.name === "pending" && check.status !== "ok") ? found : undefined;
    });
    const check = odd(found).find(({ name }) => name === "pending");
    assert.match(check.detail, /^1 file waits to be copied, the oldest since .*\(job 437852\)$/);
    assert.match(check.fix, new RegExp(`curl '${vault.url}/jobs/437852'`));
  });

  it("with media on a forbidden host is reported until the host is allowed", async (context) => {
    const { vault } = await start(context);
    const media = (host) => `https://${host}/clip.mp4`;
    await vault.deliver({ eventType: "completed", jobId: "437852", a: media("cdn.example"), b: media("b.example") });
    await eventually("the catalog knows", async () => (await vault.json("/stats")).archive.partial === 1 || undefined);
    const check = only(await report(vault), "hosts", "warn");
    assert.match(check.detail, /not allowed: b\.example \(job 437852\), cdn\.example \(job 437852\)$/);
    assert.match(check.fix, /ALLOWED_SOURCE_HOSTS = "[^"]*b\.example,cdn\.example"/);
    await vault.restart({ ALLOWED_SOURCE_HOSTS: "cdn.example,b.example" });
    const later = only(await report(vault), "hosts", "warn");
    assert.match(later.detail, /^hosts that are allowed now/);
    assert.match(later.fix, /\/archive\?archive=partial,lost/);
  });

  it("that has lost a file, or was asked for in vain, is reported; old ones are not", async (context) => {
    const { vault } = await start(context);
    vault.leaveWork();
    const bucket = await vault.bucket();
    await bucket.put(...manifest("recent", Date.now() - 60_000));
    await bucket.put(...manifest("old", Date.now() - 30 * 86_400_000));
    const response = await vault.post("/restore", "", { authorization: `Bearer ${API_TOKEN}` });
    assert.equal((await response.json()).restored, 2);
    await eventually("the catalog knows", async () => (await vault.json("/stats")).days === 2 || undefined);
    const found = await report(vault);
    assert.deepEqual(summary(found), ["lost warn", "healing warn"]);
    for (const check of odd(found)) assert.match(check.detail, /1 job of the last days: recent$/);
    assert.match(odd(found)[1].fix, /\/jobs\/recent\/archive/);
  });
});
