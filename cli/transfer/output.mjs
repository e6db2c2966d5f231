// Where an export goes: the standard output, or a file that is there only when it is complete.
import { once } from "node:events";
import { statSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { Failure } from "../../tools/setup/run.mjs";
import { WrongUse } from "../errors.mjs";
import { oneLine } from "../print.mjs";

/** So many bytes are written at once. */
const BATCH = 256 * 1024;

/** Opens what `--output` names: `{ write, finish, drop }`. @param {string} [path] */
export const openOutput = (path) => (path === undefined || path === "-" ? new StandardOutput() : PartFile.open(path));

class StandardOutput {
  async write(bytes) {
    // A terminal obeys control characters, which senders may have written.
    const shown = process.stdout.isTTY ? bytes.toString("utf8").split("\n").map(oneLine).join("\n") : bytes;
    if (!process.stdout.write(shown)) await once(process.stdout, "drain");
  }

  async finish() {}
  async drop() {}
}

/** A file that is written beside its place as `.part`, and renamed at the end. */
class PartFile {
  #path;
  #handle;
  #waiting = [];
  #size = 0;

  constructor(path, handle) {
    [this.#path, this.#handle] = [path, handle];
  }

  static async open(path) {
    const there = statSync(path, { throwIfNoEntry: false });
    if (there && !there.isFile()) throw new WrongUse(`${path} is not a file that can be replaced.`);
    try {
      await rm(`${path}.part`, { force: true });
      // The records hold links that need no token, so the file is for this user alone.
      return new PartFile(path, await open(`${path}.part`, "wx", 0o600));
    } catch (error) {
      throw new WrongUse(`${path} can't be written: ${error.message}`);
    }
  }

  async write(bytes) {
    this.#waiting.push(bytes);
    this.#size += bytes.length;
    if (this.#size >= BATCH) await this.#flush();
  }

  async #flush() {
    const bytes = Buffer.concat(this.#waiting);
    [this.#waiting, this.#size] = [[], 0];
    await this.#handle.writeFile(bytes).catch((error) => this.#fail(error));
  }

  async finish() {
    await this.#flush();
    try {
      await this.#handle.sync();
      await this.#handle.close();
      await rename(`${this.#path}.part`, this.#path);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error) {
    throw new Failure(`${this.#path} can't be written: ${error.message}`);
  }

  /** Removes what was written so far. */
  async drop() {
    await this.#handle.close().catch(() => {});
    await rm(`${this.#path}.part`, { force: true });
  }
}
