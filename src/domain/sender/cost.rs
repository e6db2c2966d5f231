//! Reads what a job costs, as its sender's row says.

use super::body::first;
use super::fact::Fact;
use super::row::Row;
use crate::domain::cost;
use crate::domain::json::Member;

impl Row {
    /// Returns the cost in a body with these members.
    #[must_use]
    pub fn cost(&self, members: &[Member<'_>]) -> Option<String> {
        cost::read(first(members, self.list(Fact::Cost))?, self.text(Fact::CostUnit)?)
    }

    /// Returns the cost in the headers of an answer, if the row knows one.
    #[must_use]
    pub fn cost_in_header(&self, header: impl Fn(&str) -> Option<String>) -> Option<String> {
        cost::read(&header(self.text(Fact::CostHeader)?)?, self.text(Fact::CostUnit)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::json;
    use crate::domain::sender::name::SenderName;
    use crate::domain::sender::table::Senders;

    fn row(name: &str) -> &'static Row {
        Senders::built_in().row(SenderName::parse(name).unwrap()).unwrap()
    }

    #[test]
    fn a_cost_is_read_where_the_row_says() {
        for (name, body, want) in [
            ("kling", r#"{"final_unit_deduction":"1.5"}"#, Some("1.5 units")),
            ("kling", r#"{"data":{"final_unit_deduction":"2"}}"#, Some("2 units")),
            ("kling", r#"{"final_unit_deduction":""}"#, None),
            ("kie", r#"{"data":{"creditsConsumed":100}}"#, Some("100 credits")),
            ("bfl", r#"{"cost":4e-2}"#, Some("4e-2 credits")),
            ("bfl", r#"{"cost":null}"#, None),
            ("bfl", r#"{"cost":-1}"#, Some(" credits")),
            ("bfl", r#"{"cost":{"a":1}}"#, Some(" credits")),
            ("openrouter", r#"{"usage":{"cost":0.10}}"#, Some("0.10 usd")),
            ("xai", r#"{"usage":{"cost_in_usd_ticks":318319000}}"#, Some("318319000 usd_ticks")),
            ("pipelet", r#"{"cost":1}"#, None),
            ("fal", r#"{"x-fal-billable-units":1}"#, None),
        ] {
            assert_eq!(row(name).cost(&json::members(body)).as_deref(), want, "{name}: {body}");
        }
    }

    #[test]
    fn a_header_is_read_where_the_row_says() {
        let header = |name: &str| (name == "x-fal-billable-units").then(|| "3.008".to_owned());
        assert_eq!(row("fal").cost_in_header(header).as_deref(), Some("3.008 units"));
        assert_eq!(row("fal").cost_in_header(|_| None), None);
        assert_eq!(row("kling").cost_in_header(header), None);
    }
}
