// The file that tests of reading have stored.
import { md5, noise } from "../servers/origin.mjs";

export const BYTES = noise(100_000);
export const SIZE = BYTES.length;
export const ETAG = `"${md5(BYTES)}"`;
