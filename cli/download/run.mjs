// Runs a download: lists, stores in parallel, and reports each file.
import { Backlog } from "./backlog.mjs";
import { Folder } from "./folder.mjs";
import { List, reason } from "./list.mjs";
import { store } from "./store.mjs";
import { Tally } from "./tally.mjs";
import { Transfer } from "./transfer.mjs";

/**
 * @param {object} vault what `connect` returns
 * @param {{ ids: string[], filter: object, to: string, parallel: number, retries: number, isQuick: boolean }} wanted
 * @param {{ signal: AbortSignal, onFile: (report: object) => void, onBegin: (tally: Tally) => void }} hooks
 */
export async function download(vault, wanted, { signal, onFile, onBegin }) {
  const tally = new Tally();
  const folder = await Folder.open(wanted.to);
  // One failure that meets every request ends the others.
  const stop = new AbortController();
  const all = { signal: AbortSignal.any([signal, stop.signal]), retries: wanted.retries };
  const list = new List(vault, all);
  const transfer = new Transfer({ ...all, parallel: wanted.parallel, onBytes: (count) => tally.addBytes(count) });
  const backlog = new Backlog();
  const tools = { ...all, folder, transfer, isQuick: wanted.isQuick, renew: (entry) => list.renew(entry), onResumed: (count) => (tally.bytes += count) };
  const fail = ({ job, name, file }, error) => {
    const why = reason(error, all.signal);
    tally.addFailure(name ? `${job}/${name}` : job, why);
    onFile({ job, n: file?.n ?? null, path: null, state: "failed", size: file?.size ?? null, verified: null, error: why });
  };

  async function find() {
    try {
      for await (const found of list.jobs(wanted.ids, wanted.filter)) {
        if (found.error) {
          fail(found, found.error);
          continue;
        }
        tally.addJob(found);
        await backlog.add(found.entries);
      }
      tally.isListed = true;
    } finally {
      backlog.close();
    }
  }

  async function work() {
    for (let entry; (entry = await backlog.take()); ) {
      all.signal.throwIfAborted();
      try {
        const { state, verified, path, size, coding } = await store(entry, tools);
        tally.addFile({ state, verified, size, coding });
        onFile({ job: entry.job, n: entry.file.n, path, state, size, verified, error: null });
      } catch (error) {
        fail(entry, error);
      }
    }
  }

  onBegin(tally);
  try {
    const workers = Array.from({ length: wanted.parallel }, work);
    // A list that breaks off must not end the files that are known.
    const ended = await Promise.allSettled([find(), ...workers.map((one) => one.catch((error) => {
      stop.abort(error);
      backlog.close();
      throw error;
    }))]);
    return { tally, folder, error: signal.aborted ? signal.reason : ended.find(({ reason: error }) => error)?.reason };
  } finally {
    transfer.close();
  }
}
