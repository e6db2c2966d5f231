// `GET /jobs/{id}/events` as a stream of server-sent events.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { EventSource } from "eventsource";
import { problem } from "../support/answers.mjs";
import { acquired, at, completed, told } from "../support/deliveries.mjs";
import { openEvents } from "../support/events.mjs";
import { startSource } from "../support/servers/source.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, HOOK_TOKEN } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";
import { startWatchedVault } from "../support/vaults/watch.mjs";

const SSE = { accept: "text/event-stream" };
const numbers = (stream) => stream.entries().map(({ n }) => n);
const upTo = (last, first = 1) => Array.from({ length: last - first + 1 }, (_, n) => n + first);

describe("server-sent events", () => {
  let source;
  let vault;
  before(async () => {
    source = await startSource();
    vault = await startWatchedVault({ sources: source.url });
  });
  after(() => stopAll(vault, source));

  const open = async (context, path, headers) => {
    const stream = await openEvents(vault, path, headers);
    context.after(() => stream.stop());
    return stream;
  };
  /** Delivers a change at minute `n`: a job that is retried and acquired in turn. */
  const news = (id, n) => vault.deliver(n % 2 ? acquired(id, n) : told("retried", id, n));

  test("begins with the entries so far, as in the JSON form", async (context) => {
    const body = JSON.stringify({ ...acquired("901"), webhookUrl: `https://x/hook/${HOOK_TOKEN}` }, null, 2);
    await vault.deliver(body.replaceAll("\n", "\r\n"));
    await vault.deliver(completed(source.put("/outputs/free/901_0_a.mp4"), "901"));
    await vault.settled("901");
    const stream = await open(context, "/jobs/901/events");
    assert.equal(stream.response.status, 200);
    const header = (name) => stream.response.headers.get(name);
    assert.deepEqual(["content-type", "cache-control", "x-accel-buffering"].map(header),
      ["text/event-stream", "no-store", "no"]);
    await stream.until("it sends the job", ({ jobs }) => jobs().length > 0);
    const [first, ...rest] = stream.frames();
    assert.deepEqual(first, { retry: "2000" });
    const events = await vault.events("901");
    assert.deepEqual(stream.entries(), events);
    assert.deepEqual(rest.slice(0, -1).map(({ id, event }) => [id, event]),
      events.map(({ n }) => [`${n}`, "entry"]));
    const { version, status, archive } = await vault.job("901");
    assert.deepEqual(rest.at(-1), { event: "job", data: JSON.stringify({ version, status, archive }) });
    assert.ok(!stream.text.includes(HOOK_TOKEN) && !stream.text.includes("X-Amz"));
  });

  test("goes on live, each entry once and in order", async (context) => {
    await news("902", 1);
    const stream = await open(context, "/jobs/902/events");
    await stream.until("it begins", ({ jobs }) => jobs().length > 0);
    const taken = [];
    for (let n = 2; n <= 9; n += 1) {
      await news("902", n);
      const begun = Date.now();
      await stream.until(`entry ${n}`, () => numbers(stream).includes(n));
      taken.push(Date.now() - begun);
    }
    // The machine may be busy once, but not each time.
    assert.ok(Math.min(...taken) < 1_000, `${taken} ms`);
    assert.deepEqual(numbers(stream), upTo(9));
    await stream.until("the last version", ({ jobs }) => jobs().at(-1).version === 9);
    const versions = stream.jobs().map(({ version }) => version);
    assert.deepEqual(versions, upTo(9));
  });

  test("a duplicate is an entry, but no change of the job", async (context) => {
    await news("903", 1);
    const stream = await open(context, "/jobs/903/events");
    await news("903", 1);
    await stream.until("the duplicate", () => numbers(stream).length === 2);
    await news("903", 2);
    await stream.until("the change", () => numbers(stream).length === 3);
    await stream.until("the version", ({ jobs }) => jobs().at(-1).version === 2);
    assert.deepEqual(stream.jobs().map(({ version }) => version), [1, 2]);
  });

  test("resumes after the last entry, by header or `after`, also when the vault was restarted", async (context) => {
    for (let n = 1; n <= 3; n += 1) await news("904", n);
    const first = await open(context, "/jobs/904/events?after=1");
    await first.until("it begins", () => numbers(first).length === 2);
    await vault.restart();
    await first.stop();
    await news("904", 4);
    const second = await open(context, "/jobs/904/events?after=1", { "last-event-id": "3" });
    await news("904", 5);
    await second.until("both", () => numbers(second).length === 2);
    assert.deepEqual([...numbers(first), ...numbers(second)], upTo(5, 2));
  });

  test("ends by itself, so that a run stays within its subrequests", async (context) => {
    await news("905", 1);
    const stream = await open(context, "/jobs/905/events");
    await stream.until("it begins", ({ jobs }) => jobs().length > 0);
    const before = vault.asked();
    let n = 1;
    while (!stream.ended && n < 100) {
      await news("905", (n += 1));
      await stream.until(`entry ${n}`, () => numbers(stream).includes(n) || stream.ended);
    }
    assert.ok(stream.ended);
    // Each delivery calls the object once too.
    assert.ok(vault.asked() - before - (n - 1) < 40, `${vault.asked() - before} for ${n} deliveries`);
    const last = numbers(stream).at(-1);
    assert.ok(last >= 40 && last <= n, `${last}`);
    const next = await open(context, "/jobs/905/events", { "last-event-id": `${last}` });
    await next.until("the rest", ({ jobs }) => jobs().length > 0);
    assert.deepEqual([...numbers(stream), ...numbers(next)], upTo(n));
  });

  test("sends a long timeline whole", async (context) => {
    await Promise.all(upTo(20).map(async (n) => {
      for (let m = 0; m < 12; m += 1) await vault.deliver(told("news", "906", n * 20 + m));
    }));
    const stream = await open(context, "/jobs/906/events");
    await stream.until("all", () => numbers(stream).length >= 240);
    // The job may have noted something itself meanwhile.
    assert.deepEqual(numbers(stream).slice(0, 240), upTo(240));
  });

  test("sends a sign of life while nothing happens", async (context) => {
    await news("907", 1);
    const stream = await open(context, "/jobs/907/events");
    await stream.until("a heartbeat", ({ frames }) => frames().some(({ comment }) => comment === ""));
    await news("907", 2);
    await stream.until("the next entry", () => numbers(stream).includes(2));
    assert.deepEqual(stream.jobs().map(({ version }) => version), [1, 2]);
  });

  test("a viewer who leaves ends it", async () => {
    await news("908", 1);
    const viewers = await Promise.all(upTo(20).map(() => openEvents(vault, "/jobs/908/events")));
    await Promise.all(viewers.map((one) => one.until("it begins", ({ jobs }) => jobs().length > 0)));
    await Promise.all(viewers.map((one) => one.stop()));
    // The runtime reports that to the Worker in its own time.
    let n = 1;
    await eventually("only deliveries ask", async () => {
      const before = vault.asked();
      for (let more = 0; more < 4; more += 1) await news("908", (n += 1));
      return vault.asked() - before === 4 || undefined;
    });
  });

  test("a job that is deleted ends it", async (context) => {
    await news("909", 1);
    const stream = await open(context, "/jobs/909/events");
    await stream.until("it begins", ({ jobs }) => jobs().length > 0);
    const headers = { authorization: `Bearer ${API_TOKEN}` };
    const response = await fetch(`${vault.url}/jobs/909`, { method: "DELETE", headers });
    assert.equal(response.status, 204);
    vault.unwatch("909");
    await stream.until("the end", ({ ended }) => ended);
    assert.match(await problem(await vault.get("/jobs/909/events", { headers: SSE }), 404), /deleted/);
  });

  test("an EventSource gets everything, across a restart", async (context) => {
    await news("910", 1);
    const headers = (init) => ({ ...init.headers, authorization: `Bearer ${API_TOKEN}` });
    // The port changes at a restart.
    const fetchHere = (url, init) => {
      const { pathname } = new URL(url);
      return fetch(vault.url + pathname, { ...init, headers: headers(init) });
    };
    const client = new EventSource(`${vault.url}/jobs/910/events`, { fetch: fetchHere });
    context.after(() => client.close());
    const [ids, jobs] = [[], []];
    client.addEventListener("entry", ({ lastEventId, data }) => ids.push([Number(lastEventId), JSON.parse(data).n]));
    client.addEventListener("job", ({ data }) => jobs.push(JSON.parse(data)));
    const got = (count) => eventually(`${count} entries`, () => ids.length >= count || undefined);
    await got(1);
    await news("910", 2);
    await got(2);
    await vault.restart();
    await news("910", 3);
    await got(3);
    await news("910", 4);
    await got(4);
    await eventually("the last version", () => jobs.at(-1).version === 4 || undefined);
    assert.deepEqual(ids, upTo(4).map((n) => [n, n]));
    assert.equal(jobs.at(-1).status, "retried");
  });

  test("needs the right to read, a known job, and valid parameters", async () => {
    await news("911", 1);
    const ask = (query, headers) => vault.get(`/jobs/${query}`, { headers: { ...SSE, ...headers } });
    await problem(await ask("911/events", { authorization: "Bearer wrong" }), 401);
    await problem(await ask("unknown/events"), 404);
    for (const id of ["x", "-1", "1.5", "4294967296"]) {
      const detail = await problem(await ask("911/events", { "last-event-id": id }), 400);
      assert.match(detail, /`Last-Event-ID`/);
    }
    assert.match(await problem(await ask("911/events?after=x"), 400), /`after`/);
    assert.match(await problem(await ask("911/events?limit=5"), 400), /`limit`/);
  });

  test("HEAD sends only the headers", async () => {
    await news("912", 1);
    const response = await vault.get("/jobs/912/events", { method: "HEAD", headers: SSE });
    assert.deepEqual([response.status, await response.text()], [200, ""]);
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    assert.equal((await vault.get("/jobs/unknown/events", { method: "HEAD", headers: SSE })).status, 404);
  });

  test("other clients get JSON", async () => {
    await news("913", 1);
    for (const accept of ["*/*", "application/json", "text/html"]) {
      const response = await vault.get("/jobs/913/events", { headers: { accept } });
      assert.equal(response.headers.get("content-type"), "application/json", accept);
      assert.equal((await response.json()).events[0].receivedAt >= at(0), true);
    }
  });
});
