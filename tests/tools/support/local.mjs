// Runs `npm start` as a user does, with its own ports and folder.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../../tools/ports.mjs";
import { readVars } from "../../../tools/start/vars.mjs";
import { ROOT } from "../../../tools/workerd/vault.mjs";
import { eventually } from "../../../tools/workerd/wait.mjs";

const LIMIT_MS = 300_000;

export const newDir = () => mkdtempSync(join(tmpdir(), "hookvault-start-"));

export async function newPorts() {
  const [worker, simulator, s3] = [await freePort(), await freePort(), await freePort()];
  return { worker, simulator, s3 };
}

export const environment = (dir, ports) => ({
  ...process.env,
  HOOKVAULT_DIR: dir,
  HOOKVAULT_PORT: `${ports.worker}`,
  HOOKVAULT_SIMULATOR_PORT: `${ports.simulator}`,
  HOOKVAULT_S3_PORT: `${ports.s3}`,
});

/** A process, and all of its output. */
export class Local {
  text = "";

  /** @param {{ dir?: string, ports?: object }} options those of an earlier one, to continue from it */
  static async start({ dir = newDir(), ports } = {}) {
    const local = new Local();
    Object.assign(local, { dir, ports: ports ?? (await newPorts()) });
    local.url = `http://127.0.0.1:${local.ports.worker}`;
    local.child = spawn(process.execPath, [join(ROOT, "tools/start.mjs")],
      { cwd: ROOT, env: environment(dir, local.ports), stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [local.child.stdout, local.child.stderr]) stream.on("data", (data) => (local.text += data));
    try {
      await local.says(/as soon as its files are stored:\n.+\n/);
    } catch (failure) {
      // Nothing else can end it yet, and the runner would wait for it.
      await local.end();
      throw failure;
    }
    // The first start has made the file.
    local.vars = readVars();
    return local;
  }

  says(pattern) {
    return eventually(`it says ${pattern}`, () => {
      if (this.child.exitCode !== null || this.child.signalCode !== null) throw new Error(`it ended: ${this.text}`);
      return pattern.exec(this.text) ?? undefined;
    }, { limitMs: LIMIT_MS });
  }

  get authorization() {
    return `Bearer ${this.vars.API_TOKEN.split(",")[0]}`;
  }

  deliver(body, init = {}) {
    const headers = { "content-type": "application/json" };
    return fetch(`${this.url}/hook/${this.vars.HOOK_TOKEN.split(",")[0]}`, { method: "POST", headers, body: JSON.stringify(body), ...init });
  }

  get(path) {
    return fetch(this.url + path, { headers: { authorization: this.authorization } });
  }

  async json(path) {
    return (await this.get(path)).json();
  }

  async end(signal = "SIGINT") {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  }

  async remove() {
    await this.end();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
