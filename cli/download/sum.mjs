// Compares bytes with the ETag that the bucket gave them.
import { createHash } from "node:crypto";

/** How hookvault cuts what it uploads in parts: a file of unknown length, and one that it writes again. */
const PART_BYTES = [5 * 2 ** 20, 2 ** 30];

const md5 = () => createHash("md5");

/** Takes the bytes of a file in order, and says at its end what they prove. */
export class Sum {
  #etag;
  #whole = md5();
  #partBytes;
  #part = md5();
  #inPart = 0;
  #parts = [];

  /** @param {string | null} etag without quotes @param {number | null} size */
  constructor(etag, size) {
    this.#etag = etag ?? "";
    const count = Number(/^[0-9a-f]{32}-(\d+)$/.exec(this.#etag)?.[1] ?? 0);
    this.#partBytes = count > 0 ? PART_BYTES.find((bytes) => Math.ceil(size / bytes) === count) : undefined;
  }

  update(bytes) {
    if (!this.#partBytes) return void this.#whole.update(bytes);
    for (let rest = bytes; rest.length > 0; ) {
      const piece = rest.subarray(0, this.#partBytes - this.#inPart);
      this.#part.update(piece);
      this.#inPart += piece.length;
      rest = rest.subarray(piece.length);
      if (this.#inPart === this.#partBytes) this.#endPart();
    }
  }

  /**
   * Returns "md5" if the bytes are proved, "size" if nothing can prove them, and "wrong" if they are others. The ETag of
   * several parts proves the bytes if it fits: the bucket alone knows how it was computed.
   */
  verdict() {
    if (this.#partBytes) {
      if (this.#inPart > 0) this.#endPart();
      return `${md5().update(Buffer.concat(this.#parts)).digest("hex")}-${this.#parts.length}` === this.#etag ? "md5" : "size";
    }
    if (!/^[0-9a-f]{32}$/.test(this.#etag)) return "size";
    return this.#whole.digest("hex") === this.#etag ? "md5" : "wrong";
  }

  #endPart() {
    this.#parts.push(this.#part.digest());
    [this.#part, this.#inPart] = [md5(), 0];
  }
}
