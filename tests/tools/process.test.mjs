// Linux's figures about processes, which tests of memory use, rise and fall.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { forgetPeak, peakBytes, pids, residentBytes, statOf, workerds } from "../../tools/workerd/process.mjs";

const MIB = 1_048_576;
/** Takes memory, and releases it, at each input. */
const TAKES = `process.stdin.on("data", () => {
  let bytes = Buffer.alloc(200 * ${MIB}, 1);
  bytes = undefined;
  globalThis.gc();
  process.stdout.write("given back");
});
process.stdout.write("up");`;

test("the peak rises by memory that was briefly used, and can be reset", async (t) => {
  const child = spawn(process.execPath, ["--expose-gc", "-e", TAKES], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => child.kill());
  await once(child.stdout, "data");
  forgetPeak(child.pid);
  const rest = residentBytes(child.pid);
  child.stdin.write("x");
  await once(child.stdout, "data");
  assert.ok(peakBytes(child.pid) - rest > 190 * MIB, "a peak");
  assert.ok(residentBytes(child.pid) - rest < 100 * MIB, "given back");
  forgetPeak(child.pid);
  assert.ok(peakBytes(child.pid) - rest < 100 * MIB, "forgotten");
});

test("a process is reported with its parent and its CPU time", () => {
  const own = statOf(process.pid);
  assert.deepEqual([own.pid, own.parent, own.state], [process.pid, process.ppid, "R"]);
  assert.ok(own.ticks > 0);
  assert.ok(pids().includes(process.pid));
  assert.deepEqual(workerds(), []);
});

test("a process that has ended is not reported", () => assert.equal(statOf(2 ** 30), undefined));
