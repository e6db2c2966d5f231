// Lets one set-up run at a time. The lock is a directory with the owner's process id in it, because creating one is
// atomic.
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TOOLS } from "./project.mjs";

const LOCK = join(TOOLS, "lock");
const OWNER = join(LOCK, "pid");
// Between creating the directory and writing the process id, a lock seems to have no owner.
const GRACE_MS = 2_000;

export async function withLock(work) {
  mkdirSync(TOOLS, { recursive: true });
  if (!take()) {
    console.log("Another set-up is running; waiting for it …");
    while (!take()) await sleep(300);
  }
  try {
    return await work();
  } finally {
    rmSync(LOCK, { recursive: true, force: true });
  }
}

function take() {
  try {
    mkdirSync(LOCK);
    writeFileSync(OWNER, String(process.pid));
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if (!abandoned()) return false;
    rmSync(LOCK, { recursive: true, force: true });
    return take();
  }
}

function abandoned() {
  try {
    process.kill(Number(readFileSync(OWNER, "utf8")), 0);
    return false;
  } catch (error) {
    if (error.code === "ESRCH") return true;
    return error.code === "ENOENT" && age() > GRACE_MS;
  }
}

function age() {
  const made = statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs;
  return made === undefined ? 0 : Date.now() - made;
}
