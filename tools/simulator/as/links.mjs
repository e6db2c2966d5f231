// The URLs of the senders' outputs: when they end, and which file each leads to. Their hosts are this machine's.

import { createHash, createHmac } from "node:crypto";
import { HttpError, shown } from "../http.mjs";
import { filled } from "./fill.mjs";
import { isDated, queryOf } from "./styles.mjs";

export class Links {
  /** What each URL leads to, by its sender, and its path and query at the sender's base. */
  #places = new Map();
  #outputs;

  /** @param {import("../files/outputs.mjs").Outputs} outputs */
  constructor(outputs) {
    this.#outputs = outputs;
  }

  /**
   * Makes the URL of a job's n-th file.
   *
   * @param {import("../job.mjs").Job} job
   * @param {number} n
   * @param {{ style: string, lifeS: number | undefined }} [as] the job's own style by default
   * @returns {Promise<string>}
   */
  async make(job, n, { style, lifeS } = job.links) {
    const { key } = job.files[n];
    if (style === "s3") return this.#outputs.sign(key, lifeS);
    const now = isDated(style) ? Date.now() : job.events.at(-1).at;
    const end = Math.floor(now / 1_000) + lifeS;
    const { base, path = "files/{key}", needs } = job.place;
    const url = new URL(`${base}/${filled(path, { id: job.id, n, key, digest: digest(key) })}`);
    const mac = (coding, text = `${url.pathname}\n${end}`) =>
      createHmac("sha256", "simulator").update(text).digest(coding);
    const query = queryOf(style, { now, lifeS, end, mac });
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const endsAt = lifeS === undefined ? Infinity : isDated(style) ? end * 1_000 : now + lifeS * 1_000;
    this.#places.set(placeOf(job.row.name, url), { job, n, endsAt, isKeyed: style === "keyed", needs });
    return url.href;
  }

  /**
   * Returns what a URL of a sender leads to, if it is a file's.
   *
   * @param {string} sender
   * @param {{ pathname: string, search: string }} url
   */
  find(sender, url) {
    return this.#places.get(placeOf(sender, url));
  }

  /**
   * Opens a file, unless its URL has ended.
   *
   * @returns {Promise<{ status: number, headers: object, stream: ReadableStream }>}
   */
  async open({ job, n, endsAt, needs }, { headers }) {
    if (Date.now() >= endsAt) throw new HttpError(403, "this URL has expired");
    if (needs !== undefined && headers[needs] === undefined) throw new HttpError(403, `the header ${needs} is missing`);
    const range = headers.range === undefined ? {} : { range: headers.range };
    const answer = await fetch(await this.#outputs.sign(job.files[n].key, 60), { headers: range });
    const kept = ["content-type", "content-length", "content-range", "accept-ranges", "etag", "last-modified"];
    const told = kept.flatMap((name) => (answer.headers.has(name) ? [[name, answer.headers.get(name)]] : []));
    return { status: answer.status, headers: Object.fromEntries(told), stream: answer.body };
  }

  /**
   * Makes another URL of a file whose URL is given, which may have ended.
   *
   * @param {string} sender
   * @param {string} url
   * @param {{ style: string, lifeS: number }} as
   */
  async renew(sender, url, as) {
    const place = URL.canParse(url) ? this.find(sender, new URL(url)) : undefined;
    if (place === undefined) throw new HttpError(404, `no output ${shown(url)}`);
    return this.make(place.job, place.n, as);
  }
}

/** A sender may be below `/as` or at the root of its own server. */
const placeOf = (sender, { pathname, search }) => `${sender}:${pathname.replace(`/as/${sender}/`, "/")}${search}`;
const digest = (key) => createHash("sha256").update(key).digest("hex").slice(0, 12);
