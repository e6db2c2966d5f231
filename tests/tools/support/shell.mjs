// A shell into which blocks are pasted one after the other, as a reader does: each block sees what the earlier ones
// have set. It ends with the first command that fails, or that uses an unset variable.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { inRoot } from "../../../tools/setup/project.mjs";
import { eventually } from "../../runtime/support/wait.mjs";

const END = "\x1e";
/** Ends a block that never ends by itself. */
const LIMIT_MS = 120_000;
/** A stand-in's line: which program was called, and the status of its response. */
const NOTE = /^» (\w+) ?(\d*)\n/gm;
const real = (command) => execFileSync("sh", ["-c", `command -v ${command}`]).toString().trim();
/** Stand-ins that do what the real programs do, and report it; wrangler is never real, and the package is the source. */
const STAND_INS = {
  curl: () => `exec ${real("curl")} "$@" -w '%{stderr}» curl %{http_code}\\n'`,
  npm: () => `echo "» npm" >&2; exec ${real("npm")} "$@"`,
  npx: () => `echo "» npx" >&2; program=$1; shift
case "$program" in
wrangler) exec node "$HOOKVAULT_WRANGLER" "$@" ;;
./hookvault-*.tgz | hookvault@*) exec node "${inRoot("cli", "hookvault.mjs")}" "$@" ;;
*) exit 1 ;;
esac`,
};

/** Writes the stand-ins into a folder, which then stands first on PATH. */
export function standIns(dir) {
  for (const [name, script] of Object.entries(STAND_INS)) {
    writeFileSync(join(dir, name), `#!/bin/sh\n${script()}\n`);
    chmodSync(join(dir, name), 0o755);
  }
}

export class Shell {
  #dir = mkdtempSync(join(tmpdir(), "hookvault-shell-"));
  #bash;
  #closed;
  #said = { stdout: "", stderr: "" };

  /**
   * @param {Record<string, string>} env added to this process's
   * @param {string} typed the input for programs that ask for something
   * @param {string} cwd
   */
  constructor(env, typed, cwd) {
    standIns(this.#dir);
    writeFileSync(join(this.#dir, "typed"), `${typed}\n`);
    const all = { ...process.env, ...env, PATH: this.#dir + delimiter + process.env.PATH };
    this.#bash = spawn("bash", ["--norc", "-eu", "-o", "pipefail"], { cwd, env: all });
    for (const name of ["stdout", "stderr"]) {
      this.#bash[name].setEncoding("utf8").on("data", (text) => (this.#said[name] += text));
    }
    this.#closed = once(this.#bash, "close").then(([code]) => code);
    // The code that reads the shell's output notices its end.
    this.#bash.stdin.on("error", () => {});
  }

  /** Pastes a text. Returns `{ code, stdout, stderr, calls }`; `code` is that of the command that failed, or 0. */
  async paste(text) {
    Object.assign(this.#said, { stdout: "", stderr: "" });
    const [block, typed] = ["block", "typed"].map((name) => join(this.#dir, name));
    writeFileSync(block, text);
    this.#bash.stdin.write(`source ${block} <${typed}; printf '${END}'; printf '${END}' >&2\n`);
    const code = await Promise.race([this.#done(), this.#closed]);
    const { stdout, stderr } = this.#said;
    const calls = [...stderr.matchAll(NOTE)].map(([, command, status]) => ({ command, status: Number(status) }));
    return { code, stdout: stdout.replace(END, ""), stderr: stderr.replace(END, "").replaceAll(NOTE, ""), calls };
  }

  #done() {
    return eventually("the block has ended", () =>
      (Object.values(this.#said).every((text) => text.endsWith(END)) ? 0 : undefined), { limitMs: LIMIT_MS });
  }

  end() {
    this.#bash.kill("SIGKILL");
    rmSync(this.#dir, { recursive: true });
  }
}
