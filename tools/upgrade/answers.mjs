// What a vault answers to who reads: all of it that must not change when the release does.
import { createHash } from "node:crypto";
import { DELIVERIES, HELD } from "./scenario.mjs";

/** Longer ones are kept by their digest. */
const MOST_KEPT = 300;
const PAGES = ["/jobs?limit=200", "/jobs?status=completed", "/jobs?archive=pending,partial", "/jobs?tag=red", "/jobs?app=wan", "/jobs?q=100",
  "/jobs?q=order-", "/jobs?limit=5", "/stats", "/unmatched"];
export const IDS = [...Object.keys(DELIVERIES), "1016"];
const ALIASES = ["ref:order-b", "ref:order-c", "ref:order-d", "ref:order-e"];
/** Those that the timeline does not show, and some on both sides of what was moved to the bucket. */
const BODIES = { 1006: [1], 1015: [1, 99, 101, 310] };

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** `moved` takes the days back by which a fixture was moved. */
export function reader(vault, moved = (text) => text) {
  const each = async (paths, change = moved) => {
    const told = {};
    for (const path of paths) told[path] = await answer(vault, path, change);
    return told;
  };
  return {
    /** Lists and sums: no job is touched. */
    lists: () => each(PAGES, (text) => moved(inOrder(text))),
    /** The records, each by its first reader. */
    records: () => each(IDS.map((id) => `/jobs/${id}?wait=0`)),
    /** All else of the jobs that stay as they are as long as nobody outside answers: timelines, bodies, results, files. */
    rest: async () => {
      const ids = IDS.filter((id) => id !== HELD.source);
      // Who reads a record has a silent job ask the queue, which its timeline tells: that is read before.
      const pathsOf = (id) => ["/events?limit=1000", ...(BODIES[id] ?? []).map((n) => `/events/${n}/body`), "", "/result?wait=0"];
      const paths = ids.flatMap((id) => pathsOf(id).map((path) => `/jobs/${id}${path}`));
      return { ...await each([...paths, ...ALIASES.map((name) => `/jobs/${name}?wait=0`)]), ...await files(vault, ids) };
    },
  };
}

async function files(vault, ids) {
  const told = {};
  for (const id of ids) {
    const { files: some = [] } = await (await vault.get(`/jobs/${id}?wait=0`)).json();
    for (const { n, url, state } of some.filter((file) => file.state !== "pending")) {
      const file = await fetch(vault.url + new URL(url).pathname, { headers: { connection: "close" } });
      const sum = sha256(Buffer.from(await file.arrayBuffer()));
      told[`file ${id} ${n}`] = `${state} ${file.status} ${file.headers.get("content-type")} ${sum}`;
    }
  }
  return told;
}

/** JSON with its members by their names: in which order they come is promised of records, not of lists. */
const inOrder = (text) => JSON.stringify(JSON.parse(text), (_, value) =>
  (value && typeof value === "object" && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))) : value));

async function answer(vault, path, moved) {
  const response = await vault.get(path);
  const text = moved(await response.text());
  return text.length > MOST_KEPT && !/^.jobs.\d+.wait/.test(path) ? `${response.status} ${sha256(text)}` : `${response.status} ${text}`;
}
