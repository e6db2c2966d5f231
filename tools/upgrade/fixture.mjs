// A vault's whole storage as one text: what a former release wrote, kept to be read by the next ones.
import { readFileSync } from "node:fs";
import { readObjects, writeObjects } from "./objects.mjs";
import { folded, unfolded } from "./series.mjs";

const DAY_MS = 86_400_000;
/** Longer texts are written in pieces: the items of a list, and long runs of one character. */
const MOST_IN_LINE = 1_500;
const RUN = /(.)\1{999,}/gs;

/** Ends a vault; returns all that it holds in `dir`. */
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
 * Has a vault that is new, in `dir`, hold this storage. It is started again: objects are only read when they begin.
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

/** As it is kept: one line a value, and briefly what repeats itself. */
export function written(fixture) {
  const short = (_, value) => {
    const some = typeof value === "string" && value.length > MOST_IN_LINE ? pieces(value) : [];
    return some.length > 1 ? { pieces: some } : value;
  };
  return folded(`${JSON.stringify(fixture, short, 1)}\n`);
}

/** Texts, and `[character, times]`. */
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
 * A fixture, its storage as if it had been written some days ago, at the same time of the day. All times of the vault's
 * own clock in it are moved, wherever they stand; the senders' are years away from them and stay, as their bodies' digests
 * do. What was told stays as it was.
 *
 * @returns {{ told: object, storage: object, asThen: (text: string) => string }} `asThen` moves an answer of now back
 */
export function readFixture(path, { daysAgo }) {
  const { at, told, storage } = JSON.parse(unfolded(readFileSync(path, "utf8")), whole);
  const days = Math.floor((Date.now() - at) / DAY_MS) - daysAgo;
  const asThen = (text) => moved(text, at + days * DAY_MS, -days);
  return { told, asThen, storage: JSON.parse(moved(JSON.stringify(storage), at, days)) };
}

/** The text with the times around `at` so many days later, in milliseconds or as a day's name. */
export function moved(text, at, days) {
  const isNear = (time) => Math.abs(time - at) < 60 * DAY_MS;
  return text
    .replace(/(?<![0-9a-f])[12]\d{12}(?![0-9a-f])/g, (time) => (isNear(Number(time)) ? String(Number(time) + days * DAY_MS) : time))
    .replace(/(?<!\d)\d{4}-\d\d-\d\d(?!\d)/g, (day) =>
      (isNear(Date.parse(day)) ? new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10) : day));
}
