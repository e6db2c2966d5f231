//! Runs SQL on the catalog's storage.

use crate::domain::json;
use crate::edge::platform::{During, Failure};
use js_sys::{Array, JSON};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::cell::Cell;
use wasm_bindgen::prelude::*;
use worker::{SqlStorage, SqlStorageValue};

#[wasm_bindgen]
extern "C" {
    type Sql;
    #[wasm_bindgen(method, catch, variadic)]
    fn exec(this: &Sql, sql: &str, values: Array) -> Result<Cursor, JsValue>;

    type Cursor;
    #[wasm_bindgen(method, catch, js_name = toArray)]
    fn to_array(this: &Cursor) -> Result<Array, JsValue>;
}

/// A row with one text.
#[derive(Deserialize)]
pub struct Text {
    /// The text.
    pub text: String,
}

/// A row with one number.
#[derive(Deserialize)]
pub struct Number {
    /// The number.
    pub number: Option<u64>,
}

/// The tables of an object.
pub struct Tables {
    sql: SqlStorage,
    /// Whether the tables exist.
    is_open: Cell<bool>,
}

impl Tables {
    /// Wraps the storage.
    pub fn new(sql: SqlStorage) -> Self {
        Self { sql, is_open: Cell::default() }
    }

    /// Creates the tables, once in an object's life in memory.
    pub fn open(&self, make: fn(&Self) -> Result<(), Failure>) -> Result<(), Failure> {
        if !self.is_open.get() {
            make(self)?;
            self.is_open.set(true);
        }
        Ok(())
    }

    /// Runs a statement and reads its rows.
    pub fn query<T: DeserializeOwned>(
        &self,
        sql: &str,
        values: Vec<SqlStorageValue>,
    ) -> Result<Vec<T>, Failure> {
        let rows = self.rows(sql, values).map_err(worker::Error::from);
        json::from_str(&rows.during("asking the catalog")?).during("reading the catalog")
    }

    /// Runs a statement; returns its rows as JSON.
    fn rows(&self, sql: &str, values: Vec<SqlStorageValue>) -> Result<String, JsValue> {
        let sql_storage: &Sql = self.sql.as_ref().unchecked_ref();
        let values: Array = values.into_iter().map(JsValue::from).collect();
        let rows = sql_storage.exec(sql, values)?.to_array()?;
        JSON::stringify(&rows).map(String::from)
    }

    /// Runs one or more statements that return nothing.
    pub fn run(&self, sql: &str, values: Vec<SqlStorageValue>) -> Result<(), Failure> {
        let cursor = self.sql.exec(sql, Some(values));
        cursor.during("changing the catalog").map(drop)
    }

    /// Reads the only number of a row; `None` without a row, or if it is null.
    pub fn number(&self, sql: &str, values: Vec<SqlStorageValue>) -> Result<Option<u64>, Failure> {
        let rows: Vec<Number> = self.query(sql, values)?;
        Ok(rows.first().and_then(|row| row.number))
    }

    /// Reads a note by its name.
    pub fn noted<T: DeserializeOwned + Default>(&self, name: &str) -> Result<T, Failure> {
        let rows: Vec<Text> =
            self.query("SELECT value AS text FROM notes WHERE name = ?", vec![name.into()])?;
        let Some(row) = rows.first() else { return Ok(T::default()) };
        json::from_str(&row.text).during("reading a note of the catalog")
    }

    /// Writes a note under its name.
    pub fn note(&self, name: &str, value: &impl serde::Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(value).during("writing a note of the catalog")?;
        let sql = "INSERT INTO notes VALUES (?, ?)
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.run(sql, vec![name.into(), text.into()])
    }
}

/// Returns a number for the storage. Strangers may write deadlines of any size:
/// a number that JavaScript can't represent exactly becomes the largest that it
/// can.
pub fn number(value: u64) -> Result<SqlStorageValue, Failure> {
    const MAX: u64 = (1 << 53) - 1;
    let value = i64::try_from(value.min(MAX)).during("a number for SQL")?;
    SqlStorageValue::try_from_i64(value).during("a number for SQL")
}
