// Starts and controls the process that runs the Worker.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { NODE, ROOT } from "../setup/project.mjs";
import { Failure } from "../setup/run.mjs";

const HOST = fileURLToPath(new URL("host.mjs", import.meta.url));
const STOP_LIMIT_MS = 5_000;
/** A process that ends this soon, `MAX_ENDS` times in a row, will not do better. */
const SOON_MS = 5_000;
const MAX_ENDS = 3;

/** Hides wrangler's messages about its configuration, which do not concern somebody who starts a vault. */
const ENV = { ...process.env, WRANGLER_LOG: "error" };

export class Runtime {
  /** Resolves with the reason when the process is given up. */
  died;
  #quiet;
  #launched;
  #moved;
  #host;
  #order;
  #ends = 0;
  #stopping = false;
  #giveUp;
  #kill = () => this.#endGroup();

  /**
   * @param {object} options
   * @param {boolean} [options.quiet] hides its log
   * @param {(pid: number) => void} [options.launched] gets the id of its process, and of each that replaces it
   * @param {(port: number) => void} options.moved gets the port whenever it changes
   */
  constructor({ quiet = false, launched = () => {}, moved }) {
    [this.#quiet, this.#launched, this.#moved] = [quiet, launched, moved];
    this.died = new Promise((resolve) => (this.#giveUp = resolve));
    process.once("exit", this.#kill);
    this.#launch();
  }

  /**
   * Runs this order (see `host.mjs`) instead of the previous one, which goes on if the new one fails.
   *
   * @returns {Promise<number>} its port
   */
  async run(order) {
    const { error, port } = await this.#ask(order);
    if (error) throw new Failure(`The Worker does not start: ${error}`);
    this.#order = order;
    return port;
  }

  async stop() {
    this.#stopping = true;
    const host = this.#host;
    if (host.exitCode === null && host.signalCode === null) {
      host.kill("SIGTERM");
      await Promise.race([once(host, "exit"), sleep(STOP_LIMIT_MS, undefined, { ref: false })]);
    }
    this.#endGroup();
    process.off("exit", this.#kill);
  }

  #launch() {
    const shown = this.#quiet ? "ignore" : "inherit";
    // A process group of its own, because it starts the runtime, and Ctrl-C is handled here.
    const options = { cwd: ROOT, execPath: NODE, detached: true, stdio: ["ignore", shown, shown, "ipc"], env: ENV };
    const started = Date.now();
    this.#host = fork(HOST, [], options);
    this.#host.once("exit", (code, signal) => this.#ended(Date.now() - started, signal ?? code));
    this.#launched(this.#host.pid);
  }

  #ask(order) {
    const host = this.#host;
    host.send(order);
    return Promise.race([
      once(host, "message").then(([answer]) => answer),
      once(host, "exit").then(([code, signal]) => ({ error: `its process ended (${signal ?? code})` })),
    ]);
  }

  async #ended(ms, how) {
    this.#endGroup();
    if (this.#stopping) return;
    this.#ends = ms < SOON_MS ? this.#ends + 1 : 1;
    if (!this.#order || this.#ends === MAX_ENDS) return this.#giveUp(`The Worker's process ended (${how}).`);
    if (!this.#quiet) console.log(`The Worker's process ended (${how}). It is started again.`);
    this.#launch();
    const { port } = await this.#ask(this.#order);
    if (port) this.#moved(port);
  }

  // Kills what is left of the process group.
  #endGroup() {
    try {
      process.kill(-this.#host.pid, "SIGKILL");
    } catch (error) {
      if (error.code !== "ESRCH") throw error;
    }
  }
}
