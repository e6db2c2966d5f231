// The bytes of output files: real media, made by `../media/make.sh`. Each contains its object's key: so no two are
// equal, and a test can make a file again to compare it.

import { createCipheriv, createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { chunk as pngChunk } from "../../doctor/png.mjs";
import { knot } from "./knot.mjs";

const CHUNK_BYTES = 64 * 1024;
/** Holds `ftyp` (isom, iso2, avc1, mp41), then an `mdat` box that reaches to the end of the file. */
const MP4_HEAD = Buffer.from(
  "0000002066747970" + "69736f6d00000200" + "69736f6d69736f32" + "617663316d703431"
  + "000000006d646174", "hex");
/** The header of a box with a long size, and enough noise to make the file unique. */
const LEAST_BOX = 16 + 32;

/** The pictures of a film, one for each second. */
export const FRAME = { width: 320, height: 180, contentType: "image/jpeg", count: 4 };

/** @typedef {{ contentType: string, size: number, chunks: () => Iterable<Buffer> }} Content */

/**
 * Returns an output's content.
 *
 * @param {import("./media.mjs").Medium} medium
 * @param {string} key
 * @param {number | null} size the size of a video in bytes; it is streamed, so it need not fit into memory
 * @returns {Content}
 */
export function contentOf(medium, key, size) {
  const { kind, file, digest, contentType } = medium;
  if (kind === "video") return { contentType, ...sized(media(file), key, size) };
  return { contentType, ...whole(kind === "model" ? knot(digest, key) : tagged(file, key)) };
}

/**
 * Returns the n-th picture of a film.
 *
 * @returns {Content}
 */
export function frameOf({ file }, key, n) {
  const frame = file.replace(".mp4", `-${n % FRAME.count}.jpg`);
  return { contentType: FRAME.contentType, ...whole(tagged(frame, key)) };
}

const media = (file) => readFileSync(new URL(`../media/${file}`, import.meta.url));
const whole = (bytes) => ({ size: bytes.length, chunks: () => [bytes] });

/**
 * Enlarges a film to `size` bytes with a box of noise that players skip. If there is no room for that, returns a head
 * that every type check takes for MP4, and noise that no decoder plays.
 */
function sized(film, key, size) {
  const wanted = size ?? film.length + LEAST_BOX;
  const plays = wanted >= film.length + LEAST_BOX;
  const head = plays ? Buffer.concat([film, freeBox(wanted - film.length)]) : MP4_HEAD.subarray(0, wanted);
  return { size: wanted, chunks: () => noisy(head, key, wanted) };
}

function freeBox(length) {
  const head = Buffer.from("\0\0\0\x01free\0\0\0\0\0\0\0\0", "latin1");
  head.writeBigUInt64BE(BigInt(length), 8);
  return head;
}

function* noisy(head, key, size) {
  const seed = createHash("sha256").update(key).digest().subarray(0, 16);
  const cipher = createCipheriv("aes-128-ctr", seed, Buffer.alloc(16));
  yield head;
  for (let at = head.length; at < size; at += CHUNK_BYTES) {
    yield cipher.update(Buffer.alloc(Math.min(CHUNK_BYTES, size - at)));
  }
}

/** Returns a file with its key in a place where its format allows text. */
function tagged(file, key) {
  return TAGS[extname(file)](media(file), Buffer.from(key));
}

/** Adds a text by file type. Keys are short, so one byte holds each length. */
const TAGS = {
  ".jpg": (bytes, text) => Buffer.concat([bytes.subarray(0, 2),
    Buffer.from([0xff, 0xfe, 0, text.length + 2]), text, bytes.subarray(2)]),
  // Inserts the text before the last chunk. That is empty: its twelve bytes are length, type and checksum.
  ".png": (bytes, text) => Buffer.concat([bytes.subarray(0, -12),
    pngChunk("tEXt", Buffer.concat([Buffer.from("Title\0"), text])), bytes.subarray(-12)]),
  ".webp": (bytes, text) => {
    const riff = Buffer.concat([bytes, Buffer.from([...Buffer.from("NOTE"), text.length, 0, 0, 0]),
      text, Buffer.alloc(text.length % 2)]);
    riff.writeUInt32LE(riff.length - 8, 4);
    return riff;
  },
  ".mp3": (bytes, text) => Buffer.concat([Buffer.from("ID3\x03\0\0\0\0\0", "latin1"),
    Buffer.from([text.length + 11]), Buffer.from("TIT2\0\0\0", "latin1"),
    Buffer.from([text.length + 1, 0, 0, 0]), text, bytes]),
};
