//! Compares the table of `docs/configuration.md` with the code: each name, each
//! default, and which variables are secrets.

use hookvault::domain::config::Config;
use std::cell::RefCell;
use std::collections::BTreeSet;

const PAGE: &str = include_str!("../../docs/configuration.md");

/// A row of the page's tables.
#[derive(Debug)]
struct Row {
    name: &'static str,
    is_secret: bool,
    /// The default, if it has one.
    default: Option<&'static str>,
}

/// Returns the rows of the tables with the columns name, default and meaning,
/// or the first line that is not such a row.
fn rows() -> Result<Vec<Row>, &'static str> {
    let tables = PAGE.split("| name | default | meaning |").skip(1);
    let lines = tables.flat_map(|table| table.lines().skip(2).take_while(|l| l.starts_with('|')));
    lines.map(|line| row(line).ok_or(line)).collect()
}

fn row(line: &'static str) -> Option<Row> {
    let mut cells = line.split('|').map(str::trim).skip(1);
    let (name, kind) = cells.next()?.strip_prefix('`')?.split_once('`')?;
    let default = match cells.next()? {
        "none" | "none, required" => None,
        code => Some(code.strip_prefix('`')?.strip_suffix('`')?),
    };
    let is_secret = match kind {
        "" => false,
        " (secret)" => true,
        _ => return None,
    };
    Some(Row { name, is_secret, default })
}

#[test]
fn the_page_lists_each_variable_that_the_code_reads() {
    let asked = RefCell::new(BTreeSet::new());
    let _ = Config::from_lookup(|name| {
        asked.borrow_mut().insert(name.to_owned());
        None
    });
    let listed: BTreeSet<_> = rows().unwrap().iter().map(|row| row.name.to_owned()).collect();
    assert_eq!(listed.len(), rows().unwrap().len(), "a name stands twice");
    assert_eq!(listed, asked.into_inner());
}

/// An explicitly set default changes nothing, and another value does: otherwise
/// the variable would have no effect.
#[test]
fn the_page_has_the_defaults_of_the_code() {
    let with = |name: &str, value: &str| {
        format!("{:?}", Config::from_lookup(|asked| (asked == name).then(|| value.to_owned())))
    };
    let unset = with("", "");
    for Row { name, default, .. } in rows().unwrap() {
        if let Some(default) = default {
            assert_eq!(with(name, default), unset, "{name} has another default than {default}");
            assert_ne!(with(name, "wrong value"), unset, "{name}");
        }
    }
    let defaults = rows().unwrap().into_iter().filter(|row| row.default.is_some()).count();
    assert_eq!(defaults, 11, "defaults on the page");
}

/// A variable without a default on the page leaves its part of the
/// configuration empty.
#[test]
fn a_variable_without_a_default_is_empty() {
    let config = Config::from_lookup(|_| None);
    assert!(config.hook.is_err() && config.api.is_err() && config.read.is_none());
    assert!(config.public_url.is_none() && config.handoff_url.is_none());
    assert!(config.fal_user_id.is_none() && config.upstreams.result_url.is_none());
    assert!(config.webhook_secrets.is_empty() && config.handoff_secrets.is_none());
}

/// The value of a secret never appears in the Worker's output.
#[test]
fn the_page_marks_masked_variables() {
    let value = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    for Row { name, is_secret, .. } in rows().unwrap() {
        let config = Config::from_lookup(|asked| (asked == name).then(|| value.to_owned()));
        let is_masked = !config.secrets().masked(value.to_owned()).contains(value);
        // The account's id is no password, but it must not be in wrangler.toml.
        assert_eq!(is_masked, is_secret && name != "FAL_USER_ID", "{name}");
    }
}
