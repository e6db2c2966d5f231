//! Adds up costs by sender, unit and application.
//!
//! Sums are lines of text, in the order of their keys: `{jobs} {amount} {key}`.
//! The key is `{sender} {unit}`, and an application behind another space. So
//! they are stored, and they are few.

use super::amount::Amount;

/// The most sums by application that a day keeps. The costs of further
/// applications are added up under [`OTHER`].
pub const DAY_MOST: usize = 64;
/// The most sums by application over all days.
pub const ALL_MOST: usize = 256;
/// The most sums beside these, of the [`OTHER`] applications of each sender and
/// unit.
const MORE: usize = 32;
/// The name of all that has no sum of its own.
pub const OTHER: &str = "other";
/// The key of the jobs for which there is no other.
const REST: &str = "other other other";

/// A job's cost, with all that it is added up by.
#[derive(Debug, Clone, Copy)]
pub struct Spent<'a> {
    /// The amount as text.
    pub amount: &'a str,
    /// The unit.
    pub unit: &'a str,
    /// The sender's name.
    pub sender: &'a str,
    /// The caller's application.
    pub app: Option<&'a str>,
}

/// The sum of some costs in one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum<'a> {
    /// The number of jobs.
    pub jobs: u64,
    /// The amount; `None` for jobs whose units differ.
    pub amount: Option<&'a str>,
    /// The sender's name, or [`OTHER`].
    pub sender: &'a str,
    /// The unit, or [`OTHER`].
    pub unit: &'a str,
    /// The application, or [`OTHER`].
    pub app: Option<&'a str>,
}

impl<'a> Sum<'a> {
    /// Reads a line.
    #[must_use]
    pub fn of(line: &'a str) -> Self {
        let (jobs, amount, key) = split(line);
        let mut parts = key.splitn(3, ' ');
        let mut next = || parts.next();
        let (sender, unit) = (next().unwrap_or_default(), next().unwrap_or_default());
        Self { jobs, amount: Some(amount).filter(|_| key != REST), sender, unit, app: next() }
    }

    /// Returns whether the sum may contain jobs that have no sum of their own.
    fn is_other(&self) -> bool {
        self.jobs > 0 && self.app == Some(OTHER)
    }
}

/// Adds a job's cost. An amount that can't be used is not added.
pub fn add(sums: &mut Vec<String>, spent: Spent<'_>) {
    if let Some((key, amount)) = find(sums, spent) {
        add_to(sums, &key, 1, &amount);
    }
}

/// Subtracts a job's cost that was added.
pub fn subtract(sums: &mut Vec<String>, spent: Spent<'_>) {
    let Some((key, amount)) = find(sums, spent) else { return };
    if let Some(line) = sums.iter_mut().find(|line| split(line).2 == key) {
        let (jobs, sum, _) = split(line);
        let mut sum = Amount::stored(sum);
        sum.subtract(&amount);
        *line = write(jobs.saturating_sub(1), &sum, &key);
    }
    // While jobs are counted under another key, no key may become free: they
    // would be subtracted from a sum that does not contain them.
    if !sums.iter().any(|line| Sum::of(line).is_other()) {
        sums.retain(|line| split(line).0 > 0);
    }
}

/// Adds the sums of another day.
pub fn merge(sums: &mut Vec<String>, others: &[String]) {
    for line in others {
        let (jobs, amount, key) = split(line);
        let Sum { sender, unit, .. } = Sum::of(line);
        let key = slot(sums, key, (sender, unit), ALL_MOST);
        add_to(sums, &key, jobs, &Amount::stored(amount));
    }
}

/// Returns the sums without their applications.
#[must_use]
pub fn by_sender(sums: &[String]) -> Vec<String> {
    let mut all = Vec::new();
    for line in sums {
        let (jobs, amount, _) = split(line);
        let Sum { sender, unit, .. } = Sum::of(line);
        add_to(&mut all, &format!("{sender} {unit}"), jobs, &Amount::stored(amount));
    }
    all
}

/// Splits a line into jobs, amount and key.
fn split(line: &str) -> (u64, &str, &str) {
    let (jobs, rest) = line.split_once(' ').unwrap_or_default();
    let (amount, key) = rest.split_once(' ').unwrap_or_default();
    (jobs.parse().unwrap_or_default(), amount, key)
}

fn write(jobs: u64, amount: &Amount, key: &str) -> String {
    format!("{jobs} {amount} {key}")
}

fn find(sums: &[String], spent: Spent<'_>) -> Option<(String, Amount)> {
    let Spent { amount, unit, sender, app } = spent;
    let amount = Amount::read(amount)?;
    let key = match app {
        Some(app) => format!("{sender} {unit} {app}"),
        None => format!("{sender} {unit}"),
    };
    let key = slot(sums, &key, (sender, unit), DAY_MOST);
    let amount = if key == REST { Amount::default() } else { amount };
    Some((key, amount))
}

/// Returns the key under which a job is counted, while `most` may be.
fn slot(sums: &[String], key: &str, (sender, unit): (&str, &str), most: usize) -> String {
    let has_room =
        |key: &str, most| sums.len() < most || sums.iter().any(|line| split(line).2 == key);
    if has_room(key, most) {
        return key.to_owned();
    }
    let other = format!("{sender} {unit} {OTHER}");
    if has_room(&other, most + MORE) { other } else { REST.to_owned() }
}

fn add_to(sums: &mut Vec<String>, key: &str, jobs: u64, amount: &Amount) {
    let at = sums.iter().take_while(|line| split(line).2 < key).count();
    if let Some(line) = sums.get_mut(at).filter(|line| split(line).2 == key) {
        let (before, sum, _) = split(line);
        let mut sum = Amount::stored(sum);
        sum.add(amount);
        *line = write(before.saturating_add(jobs), &sum, key);
    } else {
        sums.insert(at, write(jobs, amount, key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_added_up_and_taken_off_again() {
        let jobs = [
            ("1.5", "units", "kling", None),
            ("0.1", "units", "kling", Some("my app")),
            ("0.2", "units", "kling", Some("my app")),
            ("4e-2", "credits", "bfl", Some("")),
            ("x", "credits", "bfl", None),
        ];
        let spent = |(amount, unit, sender, app)| Spent { amount, unit, sender, app };
        let mut sums = Vec::new();
        for job in jobs {
            add(&mut sums, spent(job));
        }
        let want = ["1 0.04 bfl credits ", "1 1.5 kling units", "2 0.3 kling units my app"];
        assert_eq!(sums, want);
        assert_eq!(by_sender(&sums), ["1 0.04 bfl credits", "3 1.8 kling units"]);
        let apps = sums.iter().map(|line| Sum::of(line).app);
        assert_eq!(apps.collect::<Vec<_>>(), [Some(""), None, Some("my app")]);
        let mut both = sums.clone();
        merge(&mut both, &sums);
        assert_eq!(by_sender(&both), ["2 0.08 bfl credits", "6 3.6 kling units"]);
        for job in jobs {
            subtract(&mut sums, spent(job));
        }
        assert!(sums.is_empty());
        subtract(&mut sums, spent(jobs[0]));
        assert!(sums.is_empty(), "a release that does not know costs has not counted it");
    }

    #[test]
    fn a_damaged_line_is_read_as_far_as_it_goes() {
        for damaged in ["", "1", "x y", "1 2 a"] {
            assert!(by_sender(&[damaged.to_owned()]).len() == 1, "{damaged}");
        }
    }

    fn of_app(app: &str) -> Spent<'_> {
        Spent { amount: "1", unit: "usd", sender: "kie", app: Some(app) }
    }

    #[test]
    fn further_applications_are_added_up_together() {
        let mut sums = Vec::new();
        let apps: Vec<String> = (0..DAY_MOST + 9).map(|n| format!("app-{n}")).collect();
        for app in &apps {
            add(&mut sums, of_app(app));
        }
        assert_eq!(sums.len(), DAY_MOST + 1);
        let rest = "9 9 kie usd other".to_owned();
        assert!(sums.contains(&rest));
        // One that leaves makes no room while others are counted together.
        subtract(&mut sums, of_app("app-0"));
        add(&mut sums, of_app("late"));
        subtract(&mut sums, of_app("app-72"));
        assert!(sums.contains(&rest));
        assert_eq!(by_sender(&sums), ["72 72 kie usd"]);
        for app in apps.iter().skip(1).take(DAY_MOST + 7).map(String::as_str).chain(["late"]) {
            subtract(&mut sums, of_app(app));
        }
        assert!(sums.is_empty());
    }

    #[test]
    fn further_units_are_only_counted() {
        let mut sums = Vec::new();
        let units: Vec<String> = (0..300).map(|n| format!("u{n}")).collect();
        let spent = |unit| Spent { amount: "2", unit, sender: "kie", app: None };
        for unit in &units {
            add(&mut sums, spent(unit));
        }
        assert_eq!(sums.len(), DAY_MOST + MORE + 1);
        let rest = sums.iter().find(|line| Sum::of(line).amount.is_none());
        assert_eq!(rest, Some(&format!("{} 0 {REST}", 300 - DAY_MOST - MORE)));
        let mut all = Vec::new();
        merge(&mut all, &sums);
        assert_eq!(all, sums);
        for unit in &units {
            subtract(&mut sums, spent(unit));
        }
        assert!(sums.is_empty());
    }
}
