//! The state that all parts of a catalog object share.

use super::day::ledger::KeptLedger;
use super::sql::Tables;
use crate::domain::catalog::ledger::Ledger;
use crate::domain::catalog::live_feed::Feed;
use crate::domain::catalog::recent::Recent;
use crate::domain::catalog::row::Row;
use crate::domain::config::Config;
use crate::domain::view::record::Context;
use crate::edge::platform::{self, Failure};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use worker::{Env, State};

/// How long changes are gathered, in milliseconds.
const GATHER_MS: u64 = 50;

/// The state of a catalog object. It does not know the questions: each part of
/// the catalog is a set of functions of it.
pub struct CatalogObject {
    /// The runtime's own part of the object: its alarm and its sockets.
    pub state: State,
    /// The object's SQL storage.
    pub tables: Tables,
    /// The bindings.
    pub env: Env,
    /// The configuration.
    pub config: Rc<Config>,
    /// The notes of a day.
    pub ledger: KeptLedger,
    /// Whether the alarm that empties the outbox is known to be set.
    pub is_flush_scheduled: Cell<bool>,
    /// The state of the root's feed, once it was read.
    pub feed: RefCell<Option<Feed>>,
}

impl CatalogObject {
    /// Makes the state of a new object.
    pub fn new(state: State, env: Env) -> Self {
        Self {
            config: platform::config(&env),
            tables: Tables::new(state.storage().sql()),
            state,
            env,
            ledger: KeptLedger::default(),
            is_flush_scheduled: Cell::default(),
            feed: RefCell::default(),
        }
    }

    /// Sets the alarm that empties the outbox, unless it is set or the outbox
    /// is empty. Writes right before this call are in one transaction with it.
    pub async fn schedule_flush(&self) -> Result<(), Failure> {
        let waits = |ledger: &mut Ledger, _: &mut Recent| Ok(ledger.unpushed().is_some());
        if !self.is_flush_scheduled.get() && self.ledger.with(&self.tables, waits)? {
            let at = platform::now().plus(GATHER_MS);
            platform::set_alarm_at(&self.state.storage(), at).await?;
            self.is_flush_scheduled.set(true);
        }
        Ok(())
    }

    /// Drops everything known about the storage, so that it is read again.
    pub fn forget(&self) {
        self.is_flush_scheduled.set(false);
        self.ledger.forget();
        self.feed.take();
    }

    /// Returns the context for rendering a row.
    pub fn context<'a>(&'a self, row: &'a Row) -> Context<'a> {
        Context { base: self.config.base_url(&row.origin), secrets: self.config.secrets() }
    }
}
