// An unfinished file: what has come so far, in a file beside the final one.
import { writeSync } from "node:fs";
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../tools/setup/run.mjs";
import { diskFailure, onDisk } from "./errors.mjs";
import { look, openToRead, openToWrite, settle, sweep } from "./folder.mjs";
import { partName, partPrefix } from "./names.mjs";
import { Sum } from "./sum.mjs";

const BLOCK = 2 ** 20;

export class Part {
  /** How many bytes are in it. */
  length = 0;
  #folder;
  #name;
  #path;
  #file;
  #handle;
  #sum;

  constructor(folder, name, file) {
    [this.#folder, this.#name, this.#file] = [folder, name, file];
    this.#path = join(folder, partName(name, file.etag ?? ""));
  }

  /** Opens what an earlier run has left of this file. A part of an older version, which has another ETag, is deleted. */
  static async open(folder, name, file, signal) {
    const part = new Part(folder, name, file);
    await look(part.#path);
    await sweep(folder, partPrefix(name), partName(name, file.etag ?? ""));
    part.#handle = await openToWrite(part.#path);
    try {
      await part.#load(signal);
      return part;
    } catch (error) {
      await part.close();
      throw error;
    }
  }

  /** Adds bytes. It returns when they are written, so that a killed process loses none that it has read. */
  write(bytes) {
    for (let done = 0; done < bytes.length; ) {
      const written = this.#writeSome(bytes.subarray(done));
      this.#sum.update(bytes.subarray(done, done + written));
      done += written;
      this.length += written;
    }
  }

  #writeSome(bytes) {
    try {
      return writeSync(this.#handle.fd, bytes, 0, bytes.length, this.length);
    } catch (error) {
      throw diskFailure(this.#path, error);
    }
  }

  /** Begins again. */
  async reset() {
    [this.length, this.#sum] = [0, new Sum(this.#file.etag, this.#file.size)];
    await onDisk(this.#path, () => this.#handle.truncate(0));
  }

  verdict() {
    return this.#sum.verdict();
  }

  /** Makes it the final file. Its bytes are on the disk before it has the name. */
  async finish() {
    await onDisk(this.#path, () => this.#handle.sync());
    await this.close();
    await settle(this.#folder, this.#path, join(this.#folder, this.#name));
  }

  async discard() {
    await this.close();
    await onDisk(this.#path, () => unlink(this.#path));
  }

  async close() {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  /** Reads the bytes of an earlier run. Without an ETag nobody can say whether the rest still belongs to them. */
  async #load(signal) {
    this.#sum = new Sum(this.#file.etag, this.#file.size);
    this.length = await feed(this.#handle, this.#path, { sum: this.#sum, signal });
    if (!this.#file.etag || (this.#file.size !== null && this.length > this.#file.size)) await this.reset();
  }
}

/**
 * Returns what the bytes of a finished file prove: "md5", "size" or "wrong"; undefined if there is no such file.
 *
 * @param {{ isQuick: boolean, signal: AbortSignal }} options `isQuick` takes the size for enough
 */
export async function proof(path, file, { isQuick, signal }) {
  const found = await look(path);
  if (!found) return undefined;
  if (file.size !== null && found.size !== file.size) return "wrong";
  if (isQuick) return "size";
  const sum = new Sum(file.etag, file.size);
  const handle = await openToRead(path);
  try {
    await feed(handle, path, { sum, signal });
    return sum.verdict();
  } finally {
    await handle.close();
  }
}

/** Reads a whole file into the sum, and returns its length. */
async function feed(handle, path, { sum, signal }) {
  const block = Buffer.allocUnsafe(BLOCK);
  try {
    for (let at = 0; ; ) {
      if (signal.aborted) throw new Failure("interrupted");
      const { bytesRead } = await handle.read(block, 0, BLOCK, at);
      if (bytesRead === 0) return at;
      sum.update(block.subarray(0, bytesRead));
      at += bytesRead;
    }
  } catch (error) {
    throw diskFailure(path, error);
  }
}
