// Programs that a test needs and that npm does not bring.
import { spawnSync } from "node:child_process";
import { pythonPossible } from "../../../../tools/setup/python.mjs";

/** The Debian package of each, as `.ci/run` installs them. */
const PACKAGES = { aria2c: "aria2", chromium: "chromium", curl: "curl", ffmpeg: "ffmpeg",
  ffprobe: "ffmpeg", openssl: "openssl", "python3 with venv": "python3-venv" };

const exists = (command) => command === "python3 with venv" ? pythonPossible()
  : spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;

/**
 * For `skip` of a test: what it lacks, or `false`. Where `CI` is set nothing may be skipped.
 *
 * @param {...keyof PACKAGES} commands
 */
export function lacking(...commands) {
  const absent = commands.filter((command) => !exists(command));
  if (absent.length === 0) return false;
  const packages = [...new Set(absent.map((command) => PACKAGES[command]))].join(" ");
  const why = `${absent.join(", ")} missing: apt-get install ${packages}`;
  if (process.env.CI) throw new Error(why);
  console.error(`\n!!! NOT TESTED: ${why}\n`);
  return why;
}
