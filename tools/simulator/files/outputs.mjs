// Output files: stores them in the S3 server, describes them for comparisons, and presigns their URLs.

import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { s3Client } from "../../storage/s3.mjs";

/** @typedef {{ key: string, size: number, sha256: string, contentType: string }} Stored */

export class Outputs {
  #client;

  /** @param {{ url: string, accessKey: string, secretKey: string, bucket: string }} s3 */
  constructor(s3) {
    this.bucket = s3.bucket;
    this.#client = s3Client(s3);
  }

  /**
   * @param {string} key
   * @param {import("./content.mjs").Content} content
   * @returns {Promise<Stored>}
   */
  async store(key, { contentType, size, chunks }) {
    const hash = createHash("sha256");
    await this.#client.send(new PutObjectCommand({
      Bucket: this.bucket,
      Key: key,
      Body: Readable.from(hashed(chunks(), hash), { objectMode: false }),
      ContentLength: size,
      ContentType: contentType,
    }));
    return { key, size, sha256: hash.digest("hex"), contentType };
  }

  /**
   * @param {string} key
   * @param {number} expiresIn seconds from now
   * @returns {Promise<string>} a URL that needs no key
   */
  sign(key, expiresIn) {
    const command = new GetObjectCommand({ Bucket: this.bucket, Key: key });
    return getSignedUrl(this.#client, command, { expiresIn });
  }

  /**
   * @param {string} key
   * @returns {Promise<boolean>}
   */
  async has(key) {
    try {
      await this.#client.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key }));
      return true;
    } catch (error) {
      if (error.$metadata?.httpStatusCode === 404) return false;
      throw error;
    }
  }

  /** Closes the connections to the S3 server. */
  close() {
    this.#client.destroy();
  }
}

function* hashed(chunks, hash) {
  for (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}
