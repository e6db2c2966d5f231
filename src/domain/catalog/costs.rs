//! Writes the sums of costs for `GET /stats`.

use super::totals::Totals;
use crate::domain::cost::sums::{Sum, by_sender};
use crate::domain::json::encode_string;
use std::fmt::Write;

/// Returns the costs in `totals` as JSON: by sender, by application, and by
/// day, the latest first. Sums of two senders are never added, because the same
/// word may be another unit. `mask` masks secrets in the names of applications.
#[must_use]
pub fn costs(totals: &Totals, mask: &dyn Fn(String) -> String) -> String {
    let mut text = "{\"bySender\":[".to_owned();
    for sum in &by_sender(&totals.costs) {
        write(&mut text, None, sum);
    }
    text.push_str("],\"byApp\":[");
    for sum in &totals.costs {
        let app = Sum::of(sum).app.map(|app| encode_string(&mask(app.to_owned())));
        write(&mut text, Some(("app", app.as_deref().unwrap_or("null"))), sum);
    }
    text.push_str("],\"byDay\":[");
    for (day, rest) in totals.cost_days.iter().filter_map(|line| line.split_once(' ')) {
        write(&mut text, Some(("day", &encode_string(day))), rest);
    }
    text.push_str("]}");
    text
}

/// Writes a sum with a job, and one more member before it. Without an amount
/// the units differ.
fn write(text: &mut String, more: Option<(&str, &str)>, line: &str) {
    let Sum { jobs, amount, sender, unit, .. } = Sum::of(line);
    if jobs == 0 {
        return;
    }
    text.push_str(if text.ends_with('}') { ",{" } else { "{" });
    if let Some((name, value)) = more {
        let _ = write!(text, "\"{name}\":{value},");
    }
    let amount = amount.map_or_else(|| "null".to_owned(), encode_string);
    let (sender, unit) = (encode_string(sender), encode_string(unit));
    // Writing to a string does not fail.
    let _ =
        write!(text, "\"sender\":{sender},\"unit\":{unit},\"amount\":{amount},\"jobs\":{jobs}}}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cost::sums::{self, Spent};

    #[test]
    fn costs_are_added_up_by_sender_application_and_day() {
        let mut day = Totals::default();
        for (app, amount) in [(None, "1"), (Some("secret-app"), "0.50")] {
            sums::add(&mut day.costs, Spent { amount, unit: "units", sender: "kling", app });
        }
        let mut all = Totals::default();
        for name in ["2026-12-02", "2026-12-01"] {
            all.merge_day(name, &day);
        }
        let written = costs(&all, &|app| app.replace("secret", "…"));
        assert_eq!(
            written,
            concat!(
                r#"{"bySender":[{"sender":"kling","unit":"units","amount":"3","jobs":4}],"#,
                r#""byApp":[{"app":null,"sender":"kling","unit":"units","amount":"2","jobs":2},"#,
                r#"{"app":"…-app","sender":"kling","unit":"units","amount":"1","jobs":2}],"#,
                r#""byDay":[{"day":"2026-12-02","sender":"kling","unit":"units","amount":"1.5","jobs":2},"#,
                r#"{"day":"2026-12-01","sender":"kling","unit":"units","amount":"1.5","jobs":2}]}"#,
            )
        );
    }

    #[test]
    fn without_a_cost_all_lists_are_empty() {
        let written = costs(&Totals::default(), &|app| app);
        assert_eq!(written, r#"{"bySender":[],"byApp":[],"byDay":[]}"#);
    }
}
