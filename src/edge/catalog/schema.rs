//! The tables of catalog objects. They are made when an object is first asked
//! for something, so that one that never is stays empty.

/// A day's rows, and what it notes.
pub const DAY: &str = "
    CREATE TABLE IF NOT EXISTS jobs (
        home TEXT PRIMARY KEY, created_at INTEGER NOT NULL, revision INTEGER NOT NULL,
        seq INTEGER NOT NULL, status TEXT NOT NULL, archive TEXT NOT NULL, queue TEXT, app TEXT,
        id TEXT NOT NULL, reference TEXT, oldest_pending INTEGER, slack INTEGER, row TEXT NOT NULL)
        WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS jobs_by_age ON jobs (created_at, home);
    CREATE INDEX IF NOT EXISTS jobs_by_seq ON jobs (seq);
    CREATE INDEX IF NOT EXISTS jobs_by_id ON jobs (id);
    CREATE INDEX IF NOT EXISTS jobs_by_reference ON jobs (reference) WHERE reference NOT NULL;
    CREATE INDEX IF NOT EXISTS jobs_by_pending ON jobs (oldest_pending)
        WHERE oldest_pending NOT NULL;
    CREATE INDEX IF NOT EXISTS jobs_by_slack ON jobs (slack) WHERE slack NOT NULL;
    CREATE TABLE IF NOT EXISTS tags (home TEXT, tag TEXT, PRIMARY KEY (home, tag)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS removed (
        home TEXT PRIMARY KEY, id TEXT NOT NULL, revision INTEGER NOT NULL, seq INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS removed_by_seq ON removed (seq);
    CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
";

/// The root's days, and when each job last changed.
pub const ROOT: &str = "
    CREATE TABLE IF NOT EXISTS days (
        day TEXT PRIMARY KEY, seq INTEGER NOT NULL, totals TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS jobs (
        home TEXT PRIMARY KEY, day TEXT NOT NULL, version INTEGER NOT NULL,
        updated_at INTEGER NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS jobs_by_seq ON jobs (seq);
    CREATE INDEX IF NOT EXISTS jobs_by_turn ON jobs (updated_at, home);
    CREATE TABLE IF NOT EXISTS removed (
        seq INTEGER PRIMARY KEY, home TEXT NOT NULL, id TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
";

/// The refused deliveries.
pub const REFUSED: &str = "
    CREATE TABLE IF NOT EXISTS refused (
        n INTEGER PRIMARY KEY AUTOINCREMENT, status INTEGER NOT NULL, report TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS refusals (status INTEGER PRIMARY KEY, count INTEGER NOT NULL);
";
