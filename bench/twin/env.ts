// What the runtime gives the twin: bindings, secrets and variables.
import type { Catalog } from "./catalog";
import type { Job } from "./job";

export interface Env {
  JOBS: DurableObjectNamespace<Job>;
  CATALOG: DurableObjectNamespace<Catalog>;
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
