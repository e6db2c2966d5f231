// Writes a vault's whole storage as one text: what a former release wrote is kept for the next ones to read.
import { readFileSync } from "node:fs";
import { readObjects, writeObjects } from "./objects.mjs";
import { folded, unfolded } from "./series.mjs";

const DAY_MS = 86_400_000;
/**
 * The longest text, in characters, that is written whole. Longer ones are written in pieces: the items of a list, and
 * long runs of one character.
 */
const MOST_IN_LINE = 1_500;
const RUN = /(.)\1{999,}/gs;

/** Ends a vault, and returns everything that it stores in `dir`. */
export async function readStorage(dir, vault) {
  const [bucket, records] = [await vault.bucket(), await vault.records()];
  const files = {};
  for (const { key } of (await bucket.list({})).objects) {
    const object = await bucket.get(key);
    const bytes = Buffer.from(await object.arrayBuffer());
    const text = bytes.toString();
    const content = Buffer.from(text).equals(bytes) ? { text } : { base64: bytes.toString("base64") };
    files[key] = { ...content, httpMetadata: object.httpMetadata, customMetadata: object.customMetadata };
  }
  const copies = {};
  for (const { name } of (await records.list({})).keys) copies[name] = await records.getWithMetadata(name);
  await vault.halt();
  return { objects: readObjects(dir), files, records: copies };
}

/**
 * Writes this storage into a new vault in `dir`, and restarts it: objects are only read when they start.
 *
 * @param {Parameters<typeof writeObjects>[2]} [options]
 */
export async function restore(vault, dir, { objects, files, records }, options) {
  await putFiles(vault, files, records);
  await vault.halt();
  writeObjects(dir, objects, options);
  await vault.start();
}

async function putFiles(vault, files, records) {
  const [bucket, namespace] = [await vault.bucket(), await vault.records()];
  for (const [key, { text, base64, ...options }] of Object.entries(files)) {
    await bucket.put(key, Buffer.from(text ?? base64, text === undefined ? "base64" : "utf8"), options);
  }
  for (const [key, { value, metadata }] of Object.entries(records)) await namespace.put(key, value, { metadata });
}

/** Returns the fixture's text: one value a line, with repetitions shortened. */
export function written(fixture) {
  const short = (_, value) => {
    const some = typeof value === "string" && value.length > MOST_IN_LINE ? pieces(value) : [];
    return some.length > 1 ? { pieces: some } : value;
  };
  return folded(`${JSON.stringify(fixture, short, 1)}\n`);
}

/** Returns the pieces of a text: strings, and `[character, times]`. */
function pieces(text) {
  const found = [];
  let from = 0;
  for (const { 0: run, 1: character, index } of text.matchAll(RUN)) {
    found.push(...lines(text.slice(from, index)), [character, run.length]);
    from = index + run.length;
  }
  return [...found, ...lines(text.slice(from))];
}

const lines = (text) => text.split(/(?<=\},)(?=\{)/);

const whole = (_, value) => (Array.isArray(value?.pieces)
  ? value.pieces.map((piece) => (Array.isArray(piece) ? piece[0].repeat(piece[1]) : piece)).join("") : value);

/**
 * Reads a fixture, and moves its storage as if it had been written `daysAgo` days ago, at the same time of day. All
 * times of the vault's own clock are moved. The senders' times are years away, and stay, because digests of bodies
 * depend on them. The recorded answers stay too.
 *
 * @returns {{ told: object, storage: object, asThen: (text: string) => string }} `told` are the recorded answers;
 *   `asThen` moves an answer of today back
 */
export function readFixture(path, { daysAgo }) {
  const { at, told, storage } = JSON.parse(unfolded(readFileSync(path, "utf8")), whole);
  const days = Math.floor((Date.now() - at) / DAY_MS) - daysAgo;
  const asThen = (text) => moved(text, at + days * DAY_MS, -days);
  return { told, asThen, storage: JSON.parse(moved(JSON.stringify(storage), at, days)) };
}

/** Returns the text with the times near `at` moved by this many days, in milliseconds or as a date. */
export function moved(text, at, days) {
  const isNear = (time) => Math.abs(time - at) < 60 * DAY_MS;
  return text
    .replace(/(?<![0-9a-f])[12]\d{12}(?![0-9a-f])/g, (time) => (isNear(Number(time)) ? String(Number(time) + days * DAY_MS) : time))
    .replace(/(?<!\d)\d{4}-\d\d-\d\d(?!\d)/g, (day) =>
      (isNear(Date.parse(day)) ? new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10) : day));
}
