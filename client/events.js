// A job's timeline, live, by server-sent events.
import { listOf } from "./answer.js";
import { isPassing } from "./http.js";
import { itemTexts } from "./items.js";
import { backoff, pause } from "./pause.js";
import { isSettled } from "./waiting.js";

/** The stream's signs of life come every 15 s; it is dead after three of them are missing. */
const SILENT_MS = 45_000;
const PAGE = 1_000;

/** Yields the entries so far, as `{ entry, text }`: the text keeps numbers that JavaScript would round. */
export async function* entriesSoFar(http, path, { after, signal }) {
  for (let last = after; ; ) {
    const page = await (await http.send(path, { query: { after: last, limit: PAGE }, signal })).text();
    const events = listOf(JSON.parse(page), "events");
    const texts = itemTexts(page, "events");
    for (const [n, entry] of events.entries()) yield { entry, text: texts[n] };
    if (events.length < PAGE) return;
    last = events.at(-1).n;
  }
}

/**
 * Yields each entry once, as `{ entry, text }`, also over broken connections. It ends when the job is settled, unless
 * `until` is `never`.
 */
export async function* liveEntries(http, path, { after, until, signal }) {
  let [last, failures, hasBegun] = [after, 0, false];
  for (;;) {
    try {
      const headers = { accept: "text/event-stream", ...(last > 0 && { "last-event-id": String(last) }) };
      const { body } = await http.send(path, { headers, signal });
      for await (const { event, data } of serverSentEvents(body)) {
        [failures, hasBegun] = [0, true];
        if (event === "entry") {
          const entry = JSON.parse(data);
          last = entry.n;
          yield { entry, text: data };
        } else if (event === "job" && until === "settled" && isSettled(JSON.parse(data))) return;
      }
    } catch (error) {
      // A wrong address is an error, a connection that breaks is not.
      if (signal?.aborted || !hasBegun || !isPassing(error)) throw error;
    }
    await pause(backoff(http.pauseMs, failures), signal);
    failures += 1;
  }
}

/** Yields the events of a stream as `{ event, data }`. */
export async function* serverSentEvents(body, silentMs = SILENT_MS) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await soon(reader.read(), silentMs);
      if (done) return;
      const frames = (rest + value).split("\n\n");
      rest = frames.pop();
      for (const frame of frames) {
        const fields = Object.fromEntries(frame.split("\n").map((line) => /^([^:]*):? ?(.*)$/s.exec(line).slice(1)));
        if (fields.event) yield { event: fields.event, data: fields.data };
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

async function soon(promise, ms) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Nothing came for ${ms} ms.`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
