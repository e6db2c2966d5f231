// Programs of the machine that some tests need.
import { spawnSync } from "node:child_process";

/** Whether `program` is there. Without it a test is skipped loudly; in CI it fails. */
export function needed(t, program) {
  if (spawnSync("which", [program]).status === 0) return true;
  const message = `${program} is missing: apt-get install aria2 chromium ffmpeg`;
  if (process.env.CI) throw new Error(message);
  console.error(`SKIPPED ${t.name}: ${message}`);
  t.skip(message);
  return false;
}
