//! The tables of catalog objects, and the SQL that several parts share.

/// The rows and notes of a day. Each full index would add a row to write for
/// every change. The partial one does not: it has only jobs with waiting files.
pub const DAY: &str = "
    CREATE TABLE IF NOT EXISTS jobs (
        created_at INTEGER NOT NULL, home TEXT NOT NULL, revision INTEGER NOT NULL,
        version INTEGER NOT NULL, seq INTEGER NOT NULL, updated_at INTEGER NOT NULL,
        status TEXT NOT NULL, archive TEXT NOT NULL, queue TEXT, app TEXT, id TEXT NOT NULL,
        reference TEXT, tags TEXT NOT NULL, exhausted INTEGER, oldest_pending INTEGER,
        slack INTEGER, row TEXT NOT NULL, PRIMARY KEY (created_at, home)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS pending ON jobs (oldest_pending) WHERE oldest_pending NOT NULL;
    CREATE TABLE IF NOT EXISTS removed (
        home TEXT PRIMARY KEY, id TEXT NOT NULL, revision INTEGER NOT NULL, seq INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS removed_by_seq ON removed (seq);
    CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
";

/// The value of a day's `dirty` column after the day has reported that it
/// changes, if nobody watched it then. If somebody did, the value is
/// [`TELLING`].
pub const DIRTY: u64 = 1;
/// The value of `dirty` while the day reports each change.
pub const TELLING: u64 = 2;

/// The root's days. Each row has the day's latest known change and its sums,
/// how often it has reported that it changes, and the change that viewers know.
/// The marks record what viewers knew of all days at certain times.
pub const ROOT: &str = "
    CREATE TABLE IF NOT EXISTS days (
        day TEXT PRIMARY KEY, seq INTEGER NOT NULL, totals TEXT NOT NULL,
        generation INTEGER NOT NULL DEFAULT 0, dirty INTEGER NOT NULL DEFAULT 0,
        told INTEGER NOT NULL DEFAULT 0, changed_at INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS marks (n INTEGER PRIMARY KEY, days TEXT NOT NULL);
";

/// The refused deliveries.
pub const REFUSED: &str = "
    CREATE TABLE IF NOT EXISTS refused (
        n INTEGER PRIMARY KEY AUTOINCREMENT, status INTEGER NOT NULL, report TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS refusals (status INTEGER PRIMARY KEY, count INTEGER NOT NULL);
";

/// The jobs at the places in the first value, which is a JSON array.
pub const AT_PLACES: &str = "json_each(?1) AS place CROSS JOIN jobs
    ON jobs.created_at = place.value ->> '$.created_at' AND jobs.home = place.value ->> '$.home'";

/// Replaces the previous row of a job. `seq` grows only with the version, so
/// that readers get only what is new to them.
pub const ON_CONFLICT: &str = "ON CONFLICT DO UPDATE SET
    seq = iif(excluded.version > version, excluded.seq, seq), revision = excluded.revision,
    version = excluded.version, updated_at = excluded.updated_at, status = excluded.status,
    archive = excluded.archive, queue = excluded.queue, app = excluded.app, id = excluded.id,
    reference = excluded.reference, tags = excluded.tags, exhausted = excluded.exhausted,
    oldest_pending = excluded.oldest_pending, slack = excluded.slack, row = excluded.row";

/// Returns the columns of a job, read from its row, a JSON text. Strangers may
/// write deadlines of any size: a number that JavaScript can't represent
/// exactly becomes the largest that it can.
pub fn columns(row: &str, seq: &str) -> String {
    format!(
        "{row} ->> '$.summary.createdAt', {row} ->> '$.home', {row} ->> '$.revision',
         {row} ->> '$.version', {seq}, {row} ->> '$.summary.updatedAt',
         {row} ->> '$.summary.status', {row} ->> '$.summary.archive',
         {row} ->> '$.summary.queueName', {row} ->> '$.summary.app', {row} ->> '$.summary.id',
         {row} ->> '$.summary.ref', {row} -> '$.summary.tags', {row} ->> '$.numbers.exhausted',
         {row} ->> '$.numbers.oldestPending',
         min({row} ->> '$.numbers.smallestSlack', 9007199254740991), {row}"
    )
}
