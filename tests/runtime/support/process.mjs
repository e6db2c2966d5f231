// The workerd processes of this test, as Linux tells of them.
import { randomInt } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";

export { workerds } from "../../../tools/workerd/process.mjs";

const megabytes = (pid, field) => {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(text)[1]) / 1024;
};

/** Resident memory in MiB. */
export const resident = (pid) => megabytes(pid, "VmRSS");

/** The most resident memory since `forgetPeak`, in MiB. */
export const peak = (pid) => megabytes(pid, "VmHWM");

export const forgetPeak = (pid) => writeFileSync(`/proc/${pid}/clear_refs`, "5");

/**
 * A port for a vault whose URLs are to stay the same when it is restarted: below those that the
 * system gives to whoever asks for any, who might get it in between.
 */
export async function freePort() {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const server = createServer().listen(port, "127.0.0.1");
    // `once` fails with the server.
    const isFree = await once(server, "listening").then(() => true, () => false);
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}
