// The log of `npm start`: readable, and without secrets.
import assert from "node:assert/strict";
import { test } from "node:test";
import { requestLine, secretsOf, shownPath, workerLine } from "../../../tools/start/log.mjs";
import { colours } from "../../../tools/setup/terminal.mjs";

const plain = colours({}, {});
const SECRETS = secretsOf({ HOOK_TOKEN: "hook-token-1, hook-token-2", API_TOKEN: "api-token-1", RETRY_BASE_MS: "300000000", READ_TOKEN: "x" });

test("each request has a line", () => {
  const line = (told) => requestLine({ method: "GET", path: "/jobs/1", ms: 7, ...told }, [], plain);
  assert.equal(line({ status: 200 }), "200 GET    /jobs/1 7 ms");
  assert.equal(line({ status: undefined }), "--- GET    /jobs/1 7 ms, cut off");
});

test("secrets are the values of tokens, each of a list, but no numbers and nothing short", () => {
  assert.deepEqual(SECRETS, ["hook-token-1", "hook-token-2", "api-token-1"]);
});

test("secrets in paths are masked in each spelling", () => {
  for (const [path, shown] of [
    ["/hook/unknown-token", "/hook/***"],
    ["//hook//unknown/order-7", "//hook//***/order-7"],
    ["/%68ook/hook%2Dtoken-1/ref", "/hook/***/ref"],
    ["/hook/r_gw.0123abcd", "/hook/***"],
    ["/files/437852/0123456789abcdef/0-a.mp4", "/files/437852/***/0-a.mp4"],
    ["/fal/proxy/t_ticket", "/fal/proxy/***"],
    ["/elsewhere/api-token-1", "/elsewhere/***"],
    ["/jobs/437852/events", "/jobs/437852/events"],
    ["/a%0A200 GET /b%1B[31m", "/a 200 GET /b [31m"],
    ["/%zz/hook-token-2", "/%zz/***"],
  ]) {
    assert.equal(shownPath(path, SECRETS), shown);
  }
});

test("the runtime's own messages are left out if they mean nothing, and shortened", () => {
  const broken = "kj::getCaughtExceptionAsKj() = kj/async-io-unix.c++:186: disconnected: ::write(fd): Broken pipe\nstack: /a@1 /b@2";
  assert.equal(workerLine({ level: "error", message: broken }, plain), undefined);
  const note = "NOSENTRY SQLite alarm handler canceled with requestScheduledAlarm.; scheduledTime = 1796067264.619s; actorId = 65d5";
  assert.equal(workerLine({ level: "warn", message: note }, plain), undefined);
  const other = "workerd/x.c++:1: failed: no space left\nstack: /a@1 /b@2";
  assert.equal(workerLine({ level: "error", message: other }, plain), "error workerd/x.c++:1: failed: no space left");
});

test("the Worker's own messages stay unchanged", () => {
  assert.equal(workerLine({ level: "log", message: "two\nlines" }, plain), "two\nlines");
  assert.equal(workerLine({ level: "error", message: "the queue disconnected: why" }, plain), "error the queue disconnected: why");
});
