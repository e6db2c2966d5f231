// The process that runs the Worker, as the one sees it that starts it.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { NODE, ROOT } from "../setup/project.mjs";
import { Failure } from "../setup/run.mjs";

const HOST = fileURLToPath(new URL("host.mjs", import.meta.url));
const STOP_LIMIT_MS = 5_000;
/** One that ends so soon after its start, so often in a row, will not do better. */
const SOON_MS = 5_000;
const MAX_ENDS = 3;

/** What wrangler tells of its configuration is not for whoever starts a vault. */
const ENV = { ...process.env, WRANGLER_LOG: "error" };

export class Runtime {
  /** Resolves when it is given up, with the reason. */
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
   * @param {boolean} [options.quiet] whether its log is not shown
   * @param {(pid: number) => void} [options.launched] gets its process, and each that takes its place
   * @param {(port: number) => void} options.moved gets the port when it is another one
   */
  constructor({ quiet = false, launched = () => {}, moved }) {
    [this.#quiet, this.#launched, this.#moved] = [quiet, launched, moved];
    this.died = new Promise((resolve) => (this.#giveUp = resolve));
    process.once("exit", this.#kill);
    this.#launch();
  }

  /**
   * Has it run this order, see `host.mjs`, in the place of the one before, which runs on if it can't.
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
    // A process group of its own: it starts the runtime, and Ctrl-C is ours to handle.
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

  // Whoever of the group outlived it.
  #endGroup() {
    try {
      process.kill(-this.#host.pid, "SIGKILL");
    } catch (error) {
      if (error.code !== "ESRCH") throw error;
    }
  }
}
