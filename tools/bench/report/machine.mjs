// Describes the machine and the programs that the figures were measured with.
import { accessSync, constants, readFileSync, statfsSync } from "node:fs";
import { cpus, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { ROOT } from "../../setup/project.mjs";

const TMPFS_MAGIC = 0x01021994;
const GiB = 1024 ** 3;
const SHARED_MEMORY = "/dev/shm";

/** Returns where storage lies: on tmpfs if possible, so that a disk's fsync is not measured. */
export function storage(neededBytes) {
  try {
    accessSync(SHARED_MEMORY, constants.W_OK);
    const { type, bavail, bsize } = statfsSync(SHARED_MEMORY);
    if (type === TMPFS_MAGIC && bavail * bsize >= neededBytes) return { path: SHARED_MEMORY, isTmpfs: true };
  } catch {
    // The folder does not exist, or is not writable.
  }
  return { path: tmpdir(), isTmpfs: statfsSync(tmpdir()).type === TMPFS_MAGIC };
}

const packageVersion = (name) => JSON.parse(readFileSync(join(ROOT, "node_modules", name, "package.json"), "utf8")).version;

/** Returns facts by their names. */
export function machine() {
  const [{ model }, ...others] = cpus();
  const packages = ["workerd", "miniflare", "wrangler", "autocannon", "hono"];
  return {
    processor: `${model.trim()}, ${others.length + 1} cores`,
    memory: `${(totalmem() / GiB).toFixed(1)} GiB`,
    kernel: `Linux ${release()}`,
    node: process.version.slice(1),
    rustc: execFileSync("rustc", ["--version"], { cwd: ROOT, encoding: "utf8" }).split(" ")[1],
    ...Object.fromEntries(packages.map((name) => [name, packageVersion(name)])),
  };
}
