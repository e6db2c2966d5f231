// What the runtime gives a twin: bindings, secrets and variables.
import type { DurableObject } from "cloudflare:workers";
import type { Filter, Listed, Place, StoredFile } from "./types";

/** The name of the catalog's object that knows the days. */
export const ROOT = "root";

/** The methods of a job's object that both twins call; each has more of its own. */
export interface JobMethods extends DurableObject {
  deliver(delivery: unknown): Promise<any>;
  read(): Promise<string | null>;
  stateOf(n: number, nonce: string): Promise<StoredFile["state"] | null>;
}

/** The same for the catalog's objects. */
export interface CatalogMethods extends DurableObject {
  list(filter: Filter, after: Place | null, limit: number): Promise<Listed[]>;
  days(filter: Filter, last: string | null, limit: number): Promise<string[]>;
  [more: string]: any;
}

export interface Env {
  JOBS: DurableObjectNamespace<JobMethods>;
  CATALOG: DurableObjectNamespace<CatalogMethods>;
  FILES: R2Bucket;
  RECORDS: KVNamespace;
  HOOK_TOKEN: string;
  API_TOKEN: string;
  READ_TOKEN?: string;
  ALLOWED_SOURCE_HOSTS?: string;
  MAX_BODY_BYTES?: string;
  MAX_FILE_BYTES?: string;
  PUBLIC_URL?: string;
  RETRY_BASE_MS?: string;
}
