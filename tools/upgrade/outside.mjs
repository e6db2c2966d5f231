// All that a vault of an upgrade fetches: a server of files, a queue, a client with a webhook of its own.
import { createHash } from "node:crypto";

export const FILES = "https://fal.media/files/";
export const QUEUE = "https://queue.example/queue";
export const CLIENT = "https://client.example/hook";

/** The bytes of a file, the same for its URL each time. */
export const content = (url) => Buffer.concat([Buffer.from("\0\0\0\x18ftypmp42"), createHash("sha256").update(url).digest()]);

/** For `change` of a vault. Some of it does not answer, or only with a failure, until `open()`. */
export class Outside {
  #gate = Promise.withResolvers();
  #failure = 503;
  /** URLs that have been asked for. */
  asked = [];

  open() {
    this.#failure = undefined;
    this.#gate.resolve();
  }

  /** What failed is not answered either: who waits for it stands still. */
  hold() {
    this.#failure = undefined;
  }

  change = (options) => ({ ...options, outboundService: (request) => this.#answer(request) });

  async #answer({ method, url }) {
    this.asked.push(url);
    if (method === "POST" && url.startsWith(QUEUE)) return Response.json({ request_id: "1014", status: "IN_QUEUE" });
    if (url.includes("endless")) return new Response(null, { status: 302, headers: { location: `${url}x` } });
    const fails = url.includes("later") || url.startsWith(CLIENT);
    if (fails && this.#failure) return new Response(null, { status: this.#failure });
    if (fails || url.includes("slow") || url.startsWith(QUEUE)) await this.#gate.promise;
    if (url.startsWith(CLIENT)) return new Response();
    if (!url.startsWith(QUEUE)) return new Response(content(url), { headers: { "content-type": "video/mp4" } });
    const id = /requests\/(\d+)/.exec(url)[1];
    return Response.json({ video: { data_uri: `${FILES}${id}_0_healed.mp4` } });
  }
}
