// The records of visible jobs: the wall's rows do not contain leases and deadlines.
import { useEffect, useState } from "preact/hooks";
import { jobPath } from "./api.js";

const AT_ONCE = 4;
const KEPT = 300;

export class Records {
  #known = new Map();
  #waiting = [];
  #busy = 0;

  constructor(api) {
    this.api = api;
  }

  /** Returns the record of a job as it was at `updatedAt`, or later. */
  get({ id, updatedAt }) {
    const key = `${updatedAt} ${id}`;
    let record = this.#known.get(key);
    if (!record) {
      record = this.#ask(jobPath(id, "?wait=0"));
      this.#known.set(key, record);
      record.catch(() => this.#known.delete(key));
      if (this.#known.size > KEPT) this.#known.delete(this.#known.keys().next().value);
    }
    return record;
  }

  async #ask(path) {
    if (this.#busy >= AT_ONCE) await new Promise((resolve) => this.#waiting.push(resolve));
    this.#busy += 1;
    try {
      return await this.api.json(path);
    } finally {
      this.#busy -= 1;
      this.#waiting.shift()?.();
    }
  }
}

/** Returns a job's record, which is loaded while `wanted`; `null` before that, or if it cannot be loaded. */
export function useRecord(records, job, wanted) {
  const [record, setRecord] = useState(null);
  useEffect(() => {
    if (!wanted) return undefined;
    let isOver = false;
    records.get(job).then((got) => isOver || setRecord(got), () => {});
    return () => {
      isOver = true;
    };
  }, [records, job.id, job.updatedAt, wanted]);
  return record;
}
