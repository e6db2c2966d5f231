// Reads server-sent events without hiding anything: frames as they arrive, and the raw text.
import assert from "node:assert/strict";
import { eventually } from "./wait.mjs";

/** Opens the stream at `path`; `stop` leaves it. */
export async function openEvents(vault, path, headers = {}) {
  const leaving = new AbortController();
  const all = { accept: "text/event-stream", ...headers };
  const response = await vault.get(path, { headers: all, signal: leaving.signal });
  const stream = { response, text: "", ended: false };
  const reading = (async () => {
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) stream.text += chunk;
    stream.ended = true;
  })().catch(() => {});
  return Object.assign(stream, {
    frames: () => frames(stream.text),
    entries: () => ofKind(stream.text, "entry").map(({ data }) => JSON.parse(data)),
    jobs: () => ofKind(stream.text, "job").map(({ data }) => JSON.parse(data)),
    until: (what, is) => eventually(what, () => is(stream) || undefined),
    async stop() {
      leaving.abort();
      await reading;
    },
  });
}

const ofKind = (text, kind) => frames(text).filter(({ event }) => event === kind);

/** Returns the complete frames; each field must occur once. */
function frames(text) {
  const whole = text.split("\n\n").slice(0, -1);
  return whole.map((frame) => {
    const lines = frame.split("\n").map((line) => /^([a-z]*): ?(.*)$/s.exec(line));
    assert.ok(lines.every(Boolean), frame);
    assert.equal(new Set(lines.map(([, name]) => name)).size, lines.length, frame);
    return Object.fromEntries(lines.map(([, name, value]) => [name || "comment", value]));
  });
}
