//! Tests which cost a job has, and the sums of many.

use crate::common::{Vault, acquired, completed};
use hookvault::domain::catalog::ledger::Ledger;
use hookvault::domain::catalog::row::Row;
use hookvault::domain::catalog::totals::Totals;
use hookvault::domain::cost::Cost;
use hookvault::domain::job::timeline::EntryOutcome::{Applied, Duplicate, Heal, Late, Unknown};

const FILE: &str = "437852_0_a.mp4";

/// Returns a `completed` body with the sender's time.
fn ended(at: u64) -> String {
    completed(FILE, "a").replacen('{', &format!("{{\"updatedAt\":{at},"), 1)
}

fn amount(vault: &Vault) -> Option<&str> {
    vault.job().cost.as_deref().map(|text| Cost::of(text).amount)
}

fn detail(vault: &Vault) -> Option<&str> {
    vault.timeline.last()?.detail.as_deref()
}

#[test]
fn a_delivery_tells_the_cost_once() {
    let mut vault = Vault::new();
    vault.deliver(&acquired(1_000));
    assert_eq!(amount(&vault), None);
    assert_eq!(vault.deliver_costing(&ended(2_000), "0.04"), Applied);
    let cost = vault.job().cost.clone();
    assert!(cost.as_deref().is_some_and(|text| text.starts_with("0.04 usd ")));
    let version = vault.job().version;
    assert_eq!(vault.deliver_costing(&ended(2_000), "0.04"), Duplicate);
    assert_eq!((&vault.job().cost, vault.job().version), (&cost, version));
}

#[test]
fn a_later_cost_replaces_an_earlier_one_in_any_delivery() {
    let mut vault = Vault::new();
    vault.deliver(&ended(2_000));
    let version = vault.job().version;
    assert_eq!(vault.deliver_costing(&ended(3_000), "0.04"), Duplicate);
    assert_eq!(amount(&vault), Some("0.04"));
    assert!(vault.job().version > version, "readers learn of it");
    assert_eq!(vault.heal_costing(&completed(FILE, "b"), "0.05"), Heal);
    assert_eq!(amount(&vault), Some("0.05"));
    assert_eq!(vault.deliver_costing(r#"{"eventType":"billed","jobId":1}"#, "0.06"), Unknown);
    assert_eq!(amount(&vault), Some("0.06"));
    vault.deliver(&ended(4_000));
    assert_eq!(amount(&vault), Some("0.06"), "one that tells none changes nothing");
}

#[test]
fn deliveries_in_the_wrong_order_leave_the_latest_cost() {
    let mut vault = Vault::new();
    vault.deliver_costing(&ended(3_000), "0.03");
    assert_eq!(vault.deliver_costing(&ended(2_000), "0.02"), Duplicate);
    assert_eq!(amount(&vault), Some("0.03"));
    assert_eq!(vault.deliver_costing(&acquired(1_000), "0.01"), Late);
    assert_eq!(amount(&vault), Some("0.03"));
}

#[test]
fn a_retry_has_the_cost_of_the_last_attempt() {
    let mut vault = Vault::new();
    vault.deliver_costing(r#"{"eventType":"failed","jobId":"437852"}"#, "0.01");
    vault.deliver(r#"{"eventType":"retried","jobId":"437852"}"#);
    assert_eq!(amount(&vault), Some("0.01"));
    vault.deliver_costing(&completed(FILE, "a"), "0.02");
    assert_eq!(amount(&vault), Some("0.02"));
}

#[test]
fn a_moved_job_keeps_its_latest_cost() {
    let mut vault = Vault::new();
    vault.deliver_moved_costing(&acquired(1_000), "0.01", 50);
    assert_eq!(amount(&vault), Some("0.01"));
    vault.deliver_costing(&completed(FILE, "a"), "0.02");
    vault.deliver_moved_costing(&ended(1_500), "0.01", 50);
    assert_eq!(amount(&vault), Some("0.02"));
}

#[test]
fn an_amount_that_is_no_number_is_noted_and_not_used() {
    let long = "9".repeat(400);
    for odd in ["1e999", "-1", "\"NaN\"", "[1]", &long] {
        let mut vault = Vault::new();
        vault.deliver_costing(&acquired(1_000), "0.01");
        assert_eq!(vault.deliver_costing(&ended(2_000), odd), Applied);
        assert_eq!(amount(&vault), Some("0.01"), "{odd}");
        assert!(detail(&vault).is_some_and(|detail| detail.contains("cost is not used")));
    }
}

#[test]
fn the_sums_follow_each_change_of_a_job() {
    let (mut vault, mut ledger) = (Vault::new(), Ledger::default());
    let mut old: Option<Row> = None;
    let mut list = |vault: &Vault, ledger: &mut Ledger| {
        let row = vault.job.as_ref().map(Row::of);
        ledger.count(old.as_ref(), row.as_ref());
        old = row;
        ledger.totals.costs.clone()
    };
    vault.deliver(&acquired(1_000));
    assert!(list(&vault, &mut ledger).is_empty());
    for (at, written, sum) in
        [(2_000, "0.10", "0.1"), (3_000, "0.25", "0.25"), (2_500, "9", "0.25")]
    {
        vault.deliver_costing(&ended(at), written);
        assert_eq!(list(&vault, &mut ledger), [format!("1 {sum} pipelet usd")]);
    }
    if let Some(job) = &mut vault.job {
        job.app = Some("my app".to_owned());
    }
    assert_eq!(list(&vault, &mut ledger), ["1 0.25 pipelet usd my app"]);
    vault.job = None;
    assert!(list(&vault, &mut ledger).is_empty());
    assert_eq!(ledger.totals, Totals::default());
}

#[test]
fn rows_and_sums_of_the_former_release_are_read() {
    let mut vault = Vault::new();
    vault.deliver(&acquired(1_000));
    let row = Row::of(vault.job());
    let written = serde_json::to_string(&row).expect("JSON");
    assert!(!written.contains("cost"), "{written}");
    let row: Row = serde_json::from_str(&written).expect("a row");
    let mut totals = Totals::default();
    totals.add(&row);
    let written = serde_json::to_string(&totals).expect("JSON");
    assert!(!written.contains("cost"), "{written}");
    assert_eq!(serde_json::from_str::<Totals>(&written).expect("sums"), totals);
    // A row that was counted by a release that does not know costs.
    vault.deliver_costing(&ended(2_000), "1");
    totals.subtract(&Row::of(vault.job()));
    assert!(totals.costs.is_empty());
}
