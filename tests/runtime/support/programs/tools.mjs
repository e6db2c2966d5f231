// Checks for programs that a test needs and npm does not install.
import { spawnSync } from "node:child_process";
import { pythonPossible } from "../../../../tools/setup/python.mjs";

/** The Debian package of each program, as `.ci/run` installs it. */
const PACKAGES = { aria2c: "aria2", chromium: "chromium", curl: "curl", ffmpeg: "ffmpeg",
  ffprobe: "ffmpeg", openssl: "openssl", "python3 with venv": "python3-venv" };

const exists = (command) => command === "python3 with venv" ? pythonPossible()
  : spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;

/**
 * Returns the value for a test's `skip`: the missing programs in words, or `false`. Throws where `CI` is set, because
 * nothing may be skipped there.
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
