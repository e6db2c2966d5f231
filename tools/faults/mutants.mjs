// The Worker's guards, and how to remove each: `find` must occur exactly once in its file.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../setup/run.mjs";

/**
 * @typedef {object} Mutant
 * @property {string} name the guard
 * @property {{ file: string, find: string, replace: string }[]} edits remove the guard
 * @property {string[]} rows the names of the rows that must turn red
 * @property {string[]} red the columns of which one must be red; `struck` means that the fault did not reach its end
 * @property {number} [limitS] the seconds that its rows need until they are at rest or never will be
 */

const edit = (file, find, replace) => ({ file: `src/${file}`, find, replace });

/** @type {Mutant[]} */
export const mutants = [
  {
    name: "watchdog",
    edits: [
      edit("edge/job/alarm.rs",
        "home.set_alarm(first).await?;", "let _ = first;"),
      edit("edge/job/alarm.rs",
        "home.set_alarm(watchdog).await?;", "let _ = watchdog;"),
    ],
    rows: ["a job's run dies 8 times in a row"],
    red: ["stuck"],
    // The runtime itself retries an alarm for two minutes.
    limitS: 200,
  },
  {
    name: "alarm before the write",
    edits: [edit("edge/job/ingest/apply.rs",
      "platform::set_alarm_exactly(store.storage(), at).await?; // (2)", "let _ = at;")],
    rows: ["kill -9 right after the ack", "source answers 500 three times"],
    red: ["stuck"],
  },
  {
    name: "write before the ack",
    edits: [edit("edge/job/ingest/apply.rs",
      "home.note_with(&applied.job, extras(&applied, &arrival, moved)?)?;",
      "let _ = extras(&applied, &arrival, moved)?;")],
    rows: ["kill -9 right after the ack"],
    red: ["acks"],
  },
  {
    name: "copy of a large body, before it is deleted",
    edits: [edit("edge/bodies/incoming.rs",
      "copy_object(env, &self.key, Some(&self.sha256), target).await?;", "let _ = target;")],
    rows: ["kill -9 at 50 % of a large body"],
    red: ["acks", "files"],
  },
  {
    name: "duplicate check",
    edits: [edit("domain/ingest/apply.rs", "let is_repeated = is_repetition(&job, arrival);",
      "let is_repeated = is_repetition(&job, arrival) && job.events == 0;")],
    rows: ["each webhook ten times at once"],
    red: ["twice"],
  },
  {
    name: "check for breaking off",
    edits: [edit("edge/transfer/multipart.rs",
      'piece.map_err(|_| PartsFailure::Source("the source ended early"))',
      "Ok(piece.unwrap_or_else(|_| Uint8Array::new_with_length(0)))")],
    rows: ["source tells no length and breaks off"],
    red: ["bytes"],
  },
  {
    name: "length check",
    edits: [
      edit("edge/transfer/multipart.rs",
        'piece.map_err(|_| PartsFailure::Source("the source ended early"))',
        "Ok(piece.unwrap_or_else(|_| Uint8Array::new_with_length(0)))"),
      edit("edge/transfer/multipart.rs",
        "expected.length.is_some_and(|length| length != self.bytes)", "false"),
      edit("edge/transfer/copy.rs", "Some(length) if length <= MAX_PUT_BYTES => {",
        "Some(length) if length > MAX_PUT_BYTES => {"),
    ],
    rows: ["source truncates"],
    red: ["bytes"],
  },
  {
    name: "MD5 check",
    edits: [edit("edge/transfer/copy.rs", "source.md5().filter(|_| order.check_md5)",
      "source.md5().filter(|_| false)")],
    rows: ["source lies about its length"],
    red: ["bytes"],
  },
  {
    name: "notice of a stall",
    edits: [edit("edge/job/archive/copy.rs", "stall_ms: config.pace.stall(),",
      "stall_ms: 3_600_000,")],
    rows: ["source stalls"],
    red: ["struck"],
  },
  {
    name: "allow list",
    edits: [edit("domain/file/source_policy.rs", ".filter(|entry| entry.names(&host))", ".filter(|_| true)")],
    rows: ["result names a host that is not allowed"],
    red: ["hosts"],
  },
  {
    name: "allow list for redirects",
    edits: [edit("edge/transfer/source.rs", "wanted.sources.follow(&url, &location)",
      "url.join(&location)")],
    rows: ["result names a host that is not allowed"],
    red: ["hosts"],
  },
  {
    name: "retry",
    edits: [edit("domain/archive/failure.rs", "_ => Next::RetryAt(at),", "_ => Next::GiveUp,")],
    rows: ["source answers 500 three times", "R2 puts fail twice"],
    red: ["files"],
  },
  {
    name: "healing",
    edits: [edit("domain/alarm/plan.rs", "if let Some(at) = healing::due_at(job, pace) {",
      "if let Some(at) = healing::due_at(job, pace).filter(|_| false) {")],
    rows: ["completed lost", "all webhooks lost but imported",
      "source URL expires before the first try"],
    red: ["stuck"],
  },
  {
    name: "lease by the sender's clock alone",
    edits: [edit("domain/healing/mod.rs", "job.heard_at.plus(lease(job)).plus(pace.lease_grace())",
      "job.lease_expiry.unwrap_or(job.heard_at).plus(lease(job)).plus(pace.lease_grace())")],
    rows: ["clock of the sender an hour off"],
    red: ["stuck"],
  },
  {
    name: "abort of an upload",
    edits: [edit("edge/transfer/put.rs", "parts.abort().await;", "drop(parts);")],
    rows: ["source tells no length and breaks off"],
    red: ["uploads"],
  },
  {
    name: "note of an upload",
    edits: [edit("edge/transfer/multipart.rs",
      "self.target.order.notes.note_upload(self.target.order.key, &id)?;", "let _ = id;")],
    rows: ["kill -9 in a multipart upload"],
    red: ["uploads"],
  },
  {
    name: "file before the record",
    edits: [edit("edge/job/archive/copy.rs",
      "let outcome = fetch_file(home, job, file, run).await;",
      `let early = CopiedFile { size: 65_536, etag: String::new(), content_type: String::new(),
            verified: false };
        let source = file.source.clone();
        let _ = note_end(home, job, CopyAttempt { n: file.n, source, outcome: Ok(early) }).await;
        let outcome = fetch_file(home, job, file, run).await;`)],
    rows: ["kill -9 at 50 % of a copy"],
    red: ["files"],
  },
  {
    name: "publishing before it is noted",
    edits: [edit("edge/job/archive/kv_copy.rs",
      "let is_done = succeeded(match step {",
      `let mut early = job.clone();
        kv_copy::note_written(&mut early.work, &job, true, home.retry_context(Ok(())));
        home.store.save(&early)?;
        let is_done = succeeded(match step {`)],
    rows: ["kill -9 before KV"],
    red: ["stuck"],
  },
  {
    name: "telling the catalog before it is noted",
    edits: [edit("edge/job/catalog.rs",
      "drop(job); // frees its memory: many jobs may wait for the catalog at once",
      `let mut early = job;
        early.work.list.done(revision);
        home.store.save(&early)?;`)],
    rows: ["kill -9 before the catalog"],
    red: ["stuck"],
  },
  {
    name: "safety net of a row that the sender tells",
    edits: [edit("domain/alarm/schedule.rs", "job.work.list.at = wake;",
      "job.work.list.done(job.revision());")],
    rows: ["kill -9 after the ack, before the list hears", "the catalog fails twice for a new job"],
    red: ["struck"],
  },
  {
    name: "word to root of a change",
    edits: [edit("edge/catalog/day/take.rs",
      "let day = row.summary.created_at.day();\n    let is_told = outbox::notify_root(object, &day).await.is_ok();",
      "let day = row.summary.created_at.day();\n    let is_told = true;")],
    rows: ["kill -9 before the catalog"],
    red: ["stuck"],
  },
  {
    name: "day's count of pulls",
    edits: [edit("domain/catalog/ledger.rs", "self.told > self.pulled", "self.told > 0")],
    rows: ["sums pulled between word and change", "a change while sums are on their way"],
    red: ["stuck"],
  },
  {
    name: "second word after a pull",
    edits: [edit("edge/catalog/day/outbox.rs", "if ask_root(object, day).await? {", "if ask_root(object, day).await? || true {")],
    rows: ["sums pulled between word and change"],
    red: ["stuck"],
  },
  {
    name: "root's count of words",
    edits: [edit("edge/catalog/root/days.rs", "dirty = iif(generation = ?4, 0, dirty) WHERE", "dirty = 0 WHERE")],
    rows: ["a change while sums are on their way"],
    red: ["stuck"],
  },
  {
    name: "check for a gap before what is pushed",
    edits: [edit("edge/catalog/root/live.rs", "update.after.is_some_and(|after| after <= known)", "update.after.is_some()")],
    rows: ["a viewer comes back amid changes"],
    red: ["stuck"],
  },
  {
    name: "count of a run that died",
    edits: [edit("domain/alarm/schedule.rs", "set != Timestamp::default() && is_it", "set != Timestamp::default() && (is_it || true)")],
    rows: ["one file kills each run, the rest is done"],
    red: ["struck"],
    // Each few jobs wait this long.
    limitS: 10,
  },
  {
    name: "memory of removals",
    edits: [edit("edge/catalog/day/take.rs", " || known.iter().any(is_gone) {",
      " || known.iter().any(|known| is_gone(known) && false) {")],
    rows: ["deleted before the catalog hears"],
    red: ["stuck"],
  },
  {
    name: "last sweep",
    edits: [edit("domain/archive/tombstone.rs", "if self.swept { self.ends_at() } else { last }",
      "self.ends_at()")],
    rows: ["a write ends after the sweeps"],
    red: ["stuck"],
  },
  {
    name: "further tries at KV",
    edits: [edit("domain/archive/kv_copy.rs", "const MAX_RECORD_TRIES: u32 = 15;",
      "const MAX_RECORD_TRIES: u32 = 1;")],
    rows: ["KV fails three times"],
    red: ["stuck"],
  },
];

/**
 * Returns the file's text in the project at `root` with the edit made. Throws if `find` does not occur exactly once,
 * because the source has changed.
 */
export function edited(root, { file, find, replace }) {
  const pieces = readFileSync(join(root, file), "utf8").split(find);
  if (pieces.length !== 2) {
    throw new Failure(`${file} holds this ${pieces.length - 1} times, not once:\n${find}`);
  }
  return pieces.join(replace);
}
