// Collects a vault's answers to its readers: everything that a new release must not change.
import { createHash } from "node:crypto";
import { DELIVERIES, HELD } from "./scenario.mjs";

/** The longest answer, in characters, that is kept as it is; a longer one is kept as its digest. */
const MOST_KEPT = 300;
const PAGES = ["/jobs?limit=200", "/jobs?status=completed", "/jobs?archive=pending,partial", "/jobs?tag=red", "/jobs?app=wan", "/jobs?q=100",
  "/jobs?q=order-", "/jobs?limit=5", "/stats", "/unmatched"];
export const IDS = [...Object.keys(DELIVERIES), "1016"];
const ALIASES = ["ref:order-b", "ref:order-c", "ref:order-d", "ref:order-e"];
/** The bodies that the timeline does not show, and some on both sides of what was moved to the bucket. */
const BODIES = { 1006: [1], 1015: [1, 99, 101, 310] };

/** What the sums of jobs without a cost have since there are costs. */
const NO_COST = /,"cost":\{"bySender":\[\],"byApp":\[\],"byDay":\[\]\}/;

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** Returns the functions that read. `moved` moves times back by the days by which the fixture was moved. */
export function reader(vault, moved = (text) => text) {
  const each = async (paths, change = moved) => {
    const told = {};
    for (const path of paths) told[path] = await answer(vault, path, change);
    return told;
  };
  return {
    /** Reads lists and sums, which touch no job. */
    lists: () => each(PAGES, (text) => moved(inOrder(text.replace(NO_COST, "")))),
    /** Reads each job's record for the first time. */
    records: () => each(IDS.map((id) => `/jobs/${id}?wait=0`)),
    /**
     * Reads everything else about jobs that stay unchanged while nobody outside answers: timelines, bodies, results,
     * files.
     */
    rest: async () => {
      const ids = IDS.filter((id) => id !== HELD.source);
      // Reads the timeline first: reading the record of a silent job makes the job ask the queue, which its timeline
      // shows.
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

/**
 * Returns what a release must not change of an answer. The words of a problem may change, but neither its status nor its
 * code; of a lost file's answer only the status is compared. A job that is read before its end asks the queue, which
 * changes its time.
 */
export const lasting = (answer) => answer
  .replace(/^([45]\d\d .*"detail":)"(?:[^"\\]|\\.)*"/, '$1"…"')
  .replace(/^(202 .*"updatedAt":)\d+/, "$1…")
  // The body of a file's answer is kept as a digest, which tells the words from nothing else.
  .replace(/^(lost 410 application\/problem\+json) [0-9a-f]+$/, "$1 …");

/** Sorts the members of JSON by name: their order is guaranteed for records, not for lists. */
const inOrder = (text) => JSON.stringify(JSON.parse(text), (_, value) =>
  (value && typeof value === "object" && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))) : value));

async function answer(vault, path, moved) {
  const response = await vault.get(path);
  const text = moved(await response.text());
  return text.length > MOST_KEPT && !/^.jobs.\d+.wait/.test(path) ? `${response.status} ${sha256(text)}` : `${response.status} ${text}`;
}
