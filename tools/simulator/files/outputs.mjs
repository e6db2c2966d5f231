// Output files: stores them in the S3 server, describes them for comparisons, and presigns their URLs.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { signerOf } from "../../storage/signature.mjs";

/** @typedef {{ key: string, size: number, sha256: string, contentType: string }} Stored */

export class Outputs {
  #bucket;
  #signer;

  /** @param {{ url: string, accessKey: string, secretKey: string, bucket: string }} s3 */
  constructor(s3) {
    this.bucket = s3.bucket;
    this.#bucket = `${s3.url}/${s3.bucket}`;
    this.#signer = signerOf(s3);
  }

  /**
   * @param {string} key
   * @param {import("./content.mjs").Content} content
   * @returns {Promise<Stored>}
   */
  async store(key, { contentType, size, chunks }) {
    const hash = createHash("sha256");
    const headers = { "content-type": contentType, "content-length": String(size) };
    const status = await this.#send("PUT", key, headers, Readable.from(hashed(chunks(), hash), { objectMode: false }));
    if (status !== 200) throw new Error(`the S3 server answers ${status} to a PUT of ${key}`);
    return { key, size, sha256: hash.digest("hex"), contentType };
  }

  /**
   * @param {string} key
   * @param {number} expiresIn seconds from now
   * @returns {Promise<string>} a URL that needs no key
   */
  async sign(key, expiresIn) {
    const url = new URL(this.#url(key));
    url.searchParams.set("X-Amz-Expires", String(expiresIn));
    const signed = await this.#signer({ url, signQuery: true }).sign();
    return signed.url.href;
  }

  /**
   * @param {string} key
   * @returns {Promise<boolean>}
   */
  async has(key) {
    const status = await this.#send("HEAD", key);
    if (status !== 200 && status !== 404) throw new Error(`the S3 server answers ${status} to a HEAD of ${key}`);
    return status === 200;
  }

  #url(key) {
    return `${this.#bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;
  }

  /** Sends a request on a connection of its own, and resolves to the status. */
  async #send(method, key, headers = {}, body = Readable.from([])) {
    const signed = await this.#signer({ method, url: this.#url(key), headers }).sign();
    const sent = request(signed.url, { method, headers: Object.fromEntries(signed.headers), agent: false });
    const [[answer]] = await Promise.all([once(sent, "response"), pipeline(body, sent)]);
    answer.resume();
    await once(answer, "end");
    return answer.statusCode;
  }
}

function* hashed(chunks, hash) {
  for (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}
