// The bytes of output files. They follow from the object's key alone, so that a file of any size
// can be made, made again and compared without being kept.

import { createCipheriv, createHash } from "node:crypto";

const CHUNK_BYTES = 64 * 1024;
/** `ftyp` (isom, iso2, avc1, mp41), then an `mdat` box that reaches to the end of the file. */
const MP4_HEAD = Buffer.from(
  "0000002066747970" + "69736f6d00000200" + "69736f6d69736f32" + "617663316d703431"
  + "000000006d646174", "hex");

/** A real JPEG, a gradient of 64 × 36 pixels, that the preview frames are made of. */
export const FRAME = { width: 64, height: 36, contentType: "image/jpeg" };
const FRAME_BYTES = Buffer.from(
  "/9j/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8ybqmx5mo"
  + "q6T/2wBDARweHigjKE4rK06kbl1upKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSk"
  + "pKT/wAARCAAkAEADASIAAhEBAxEB/8QAFwABAQEBAAAAAAAAAAAAAAAAAgAFBP/EABYQAQEBAAAAAAAAAAAAAAAAAAAB"
  + "Av/EABcBAQEBAQAAAAAAAAAAAAAAAAIDAAH/xAAVEQEBAAAAAAAAAAAAAAAAAAABAP/aAAwDAQACEQMRAD8Axpk5kpk5"
  + "lxbBGZKZOZKZBZBGZOZKZOZBZhGZOZKZOZBZBcEycyUycyosAjMlMnMlMgsgjMnMlMnMgswjMnMlMnMprILPkORJZpk5"
  + "DkSBkSkORIGROQ5EgZl//9k=", "base64");

/**
 * A video that no decoder plays but every type check takes for MP4: its head, then noise.
 *
 * @param {string} key
 * @param {number} size in bytes; the head is cut with it
 * @returns {Generator<Buffer>} chunks of at most 64 KiB
 */
export function* videoChunks(key, size) {
  const cipher = createCipheriv("aes-128-ctr", digest(key).subarray(0, 16), Buffer.alloc(16));
  for (let at = 0; at < size; at += CHUNK_BYTES) {
    const chunk = cipher.update(Buffer.alloc(Math.min(CHUNK_BYTES, size - at)));
    if (at === 0) MP4_HEAD.copy(chunk);
    yield chunk;
  }
}

/**
 * @param {string} key goes into a JPEG comment, so that no two frames are equal
 * @returns {Buffer}
 */
export function frameBytes(key) {
  const comment = Buffer.from(key);
  const segment = Buffer.from([0xff, 0xfe, 0, 0]);
  segment.writeUInt16BE(comment.length + 2, 2);
  return Buffer.concat([FRAME_BYTES.subarray(0, 2), segment, comment, FRAME_BYTES.subarray(2)]);
}

function digest(text) {
  return createHash("sha256").update(text).digest();
}
