// The types of the client. Those of the API are generated: api.d.ts.
import type { components, operations, paths } from "./api.d.ts";

export type { components, operations, paths };

type Schemas = components["schemas"];

/** A job as hookvault keeps it. */
export type Job = Schemas["Record"];
/** A row of the list of jobs. */
export type JobSummary = Schemas["Summary"];
/** An entry of a job's timeline. */
export type Entry = Schemas["Entry"];
export type File = Schemas["File"];
export type ProblemCode = Schemas["ProblemCode"];

export interface HookVaultOptions {
  /** hookvault's URL, such as `https://hookvault.you.workers.dev`. */
  url: string | URL;
  /** `API_TOKEN`, or `READ_TOKEN` for a client that only reads. It is sent to `url` only. */
  token?: string;
  /** A ticket of `HookVault.ticket`, for a web page: instead of the token. */
  ticket?: string;
  /** Replaces the runtime's own `fetch`. */
  fetch?: typeof globalThis.fetch;
  /** How often a request is repeated after a broken connection or a passing failure. The default is 2. */
  retries?: number;
  /** The pause before the first repetition in ms; it doubles up to 30 s. The default is 500. */
  pauseMs?: number;
}

export interface Cancellable {
  signal?: AbortSignal;
}

export interface Waiting extends Cancellable {
  /** How long to wait in ms; then the promise is rejected. The default is ten minutes. */
  timeoutMs?: number;
}

export interface SubmitOptions extends Cancellable {
  /** Equal submissions with this key are one job for a day. The default is a new key. */
  idempotencyKey?: string;
  /** Your own webhook: hookvault sends it the job's events. */
  webhook?: string;
}

export interface Submitted {
  /** The job's name here, for all other methods. */
  id: string;
  /** The durable URL of the first file, which is fixed already. */
  fileUrl: string | null;
  /** The queue's own answer, with URLs of hookvault. */
  answer: Schemas["Submitted"];
}

/** Filters of the list of jobs. */
export type JobFilter = Omit<NonNullable<operations["listJobs"]["parameters"]["query"]>, "cursor" | "limit">;

export interface JobOptions extends Cancellable {
  isFresh?: boolean;
}

export interface EventsOptions extends Cancellable {
  /** The number of the last entry that you have. */
  after?: number;
  /** When the iteration ends: once the job is `settled` (the default), after the entries so far (`now`), or `never`. */
  until?: "settled" | "now" | "never";
}

export interface LiveOptions extends Cancellable {
  /** The `seq` of the last change that you have. Without it the feed begins now; `""` begins with a reset. */
  after?: string;
  /** Which jobs to read after a reset. The default is all of them. */
  list?: JobFilter;
  /** Is called each time the connection has broken. The client then connects again by itself. */
  onBreak?: () => void;
}

/**
 * A change of the live feed. `seq` is the cursor to go on from.
 *
 * - `job`: the newest state of a job. After a reset the jobs of the list have no `seq`.
 * - `deleted`: a job was deleted.
 * - `current`: everything missed has been sent.
 * - `reset`: changes were missed. Forget all jobs: the list follows, then `current`.
 */
export type Change =
  | { type: "job"; seq: string | null; job: JobSummary }
  | { type: "deleted"; seq: string; id: string }
  | { type: "current"; seq: string }
  | { type: "reset"; seq: null };

export interface FileOptions extends Cancellable {
  /** The header `Range`, such as `bytes=0-1023`. */
  range?: string;
}

export interface VaultFile extends Readonly<File> {
  /** The link that makes a browser save the file under its own name. */
  readonly downloadUrl: string;
  response(options?: FileOptions): Promise<Response>;
  stream(options?: FileOptions): Promise<ReadableStream<Uint8Array>>;
}

export interface HookOptions {
  /** Your own name for the job, which is then also `ref:` and this name. */
  reference?: string;
  /** The application; hookvault needs it to ask the queue for a result. */
  app?: string;
  tags?: readonly string[];
}

export class HookVault {
  constructor(options: HookVaultOptions);
  /** Submits a job through hookvault's gateway. An input that is a text is sent as it is: JSON with exact numbers. */
  submit(app: string, input: Record<string, unknown> | string, options?: SubmitOptions): Promise<Submitted>;
  /**
   * Reads a job: its id, or `ref:` and your reference. `isFresh` asks the job itself, not a copy up to a minute old.
   * `as: "text"` keeps numbers that JavaScript would round.
   */
  job(job: string, options: JobOptions & { as: "text" }): Promise<string>;
  job(job: string, options?: JobOptions & { as?: "json" }): Promise<Job>;
  /** Yields the jobs of the list, the newest first. */
  jobs(options?: JobFilter & Cancellable): AsyncGenerator<JobSummary, void, undefined>;
  /** Resolves once the job has ended, well or not, and no file is left to copy. */
  wait(job: string, options: Waiting & { as: "text" }): Promise<string>;
  wait(job: string, options?: Waiting & { as?: "json" }): Promise<Job>;
  /**
   * Resolves to the queue's result once there is one. Rejects with the code `no-result` if the job failed.
   * `as: "text"` keeps numbers that JavaScript would round.
   */
  result(job: string, options: Waiting & { as: "text" }): Promise<string>;
  result<Result = unknown>(job: string, options?: Waiting & { as?: "json" }): Promise<Result>;
  /** Yields the entries of a job's timeline as they come, each once, also over broken connections. */
  events(job: string, options: EventsOptions & { as: "text" }): AsyncGenerator<string, void, undefined>;
  events(job: string, options?: EventsOptions & { as?: "json" }): AsyncGenerator<Entry, void, undefined>;
  /** Yields the changes of all jobs as they come, also over broken connections. */
  live(options?: LiveOptions): AsyncGenerator<Change, void, undefined>;
  /** Returns the files of a job, or of a record that you have. */
  files(job: string | Job, options?: Cancellable): Promise<VaultFile[]>;
  /** Returns the URL for a queue's webhook. It has the hook token in it. */
  hookUrl(hookToken: string, options?: HookOptions): string;
  /** Makes a ticket. */
  ticket(wish: Schemas["TicketWish"], options?: Cancellable): Promise<Schemas["Ticket"]>;
}

/** An error that hookvault answered. An answer of the queue itself has no `code`. */
export class HookVaultError extends Error {
  constructor(told: { status: number; code?: ProblemCode; title?: string; detail?: string; retryAfter?: number; error?: unknown });
  readonly status: number;
  readonly code: ProblemCode | undefined;
  readonly title: string | undefined;
  readonly detail: string | undefined;
  /** Seconds. */
  readonly retryAfter: number | undefined;
  /** The queue's own error, of a job that has failed. */
  readonly error: unknown;
}
