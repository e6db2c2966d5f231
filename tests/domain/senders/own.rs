//! An operator's own rows: the variable `SENDERS`.

#![allow(clippy::expect_used, reason = "a panic is how a test fails")]

use hookvault::domain::config::Config;
use hookvault::domain::ingest::document::Document;
use hookvault::domain::sender::name::SenderName;
use hookvault::domain::sender::table::{BUILT_IN, Senders};

const KREA: &str = r#"[{"name":"krea","known":{"must":["job_id","status"],"1":["result"]},"id":"/job_id",
    "status":"/status","events":{"completed":["completed"],"failed":["failed"]},
    "result":"/result","outputs":"*","hosts":"gen.krea.ai"}]"#;

fn config(set: &[(&str, &str)]) -> Config {
    let value = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).into());
    Config::from_lookup(value)
}

fn sender(config: &Config, body: &str) -> (SenderName, usize) {
    let (document, _) = Document::read(body.as_bytes(), config.read_rules()).expect("a document");
    let files = document.result.map_or(0, |result| result.found.files.len());
    (document.told.provider, files)
}

const BODY: &str =
    r#"{"job_id":"7","status":"completed","result":{"urls":["https://gen.krea.ai/a"]}}"#;
const KLING: &str = r#"{"id":"k","status":"succeeded","create_time":1,"outputs":[{"url":"https://cdn.example/a"}]}"#;

#[test]
fn a_row_adds_a_sender_with_its_hosts() {
    let krea = SenderName::parse("krea").expect("a name");
    assert_eq!(sender(&config(&[]), BODY), (SenderName::PIPELET, 0));
    let config = config(&[("SENDERS", KREA)]);
    let is_told = |one: &&String| one.contains("SENDERS");
    assert_eq!(config.mistakes.iter().find(is_told), None);
    assert_eq!(sender(&config, BODY), (krea, 1));
}

#[test]
fn a_row_of_a_known_name_changes_its_members_alone() {
    let kling = SenderName::parse("kling").expect("a name");
    assert_eq!(sender(&config(&[]), KLING), (kling, 0));
    let set = [("SENDERS", r#"[{"name":"kling","hosts":["cdn.example"]}]"#)];
    assert_eq!(sender(&config(&set), KLING), (kling, 1));
}

#[test]
fn a_row_can_be_turned_off() {
    let set = [("SENDERS", r#"[{"name":"kling","off":true},{"name":"none","off":true}]"#)];
    let config = config(&set);
    assert_eq!(sender(&config, KLING).0, SenderName::PIPELET);
    assert_eq!(config.senders.rows().len(), Senders::built_in().rows().len() - 1);
    let (_, mistakes) = Senders::with(r#"[{"name":"pipelet","off":true}]"#, &|_, _| None);
    assert_eq!(mistakes, ["SENDERS: pipelet can't be off"]);
}

#[test]
fn the_built_in_rows_pass_the_checks_of_an_operators() {
    let told = config(&[("SENDERS", BUILT_IN)]).mistakes;
    assert!(!told.iter().any(|one| one.contains("SENDERS")), "{told:?}");
}

#[test]
fn a_mistake_is_named_by_its_path_and_leaves_the_row_out() {
    let row = |more: &str| KREA.replace(r#""outputs""#, &format!("{more},\"outputs\""));
    for (text, want) in [
        ("krea", "SENDERS is not JSON"),
        (r#"{"name":"krea"}"#, "SENDERS: must be an array"),
        (r#"[{"name":"krea"}]"#, "SENDERS[0]: `status` and `events` are missing"),
        (&KREA.replace("gen.krea.ai", "*"), "SENDERS[0].hosts: \"*\" is not a host"),
        (&KREA.replace("gen.krea.ai", "*.10.0.0.1"), "SENDERS[0].hosts: \"*.10.0.0.1\" is not"),
        (&KREA.replace("gen.krea.ai", "10.0.0.1"), "SENDERS[0].hosts: \"10.0.0.1\" is not a host"),
        (&KREA.replace("gen.krea.ai", "localhost"), "SENDERS[0].hosts: \"localhost\" is not a"),
        (
            &KREA.replace("gen.krea.ai", "http://a.example"),
            "SENDERS[0].hosts: \"http://a.example\"",
        ),
        (&row(r#""signature":"md5""#), "SENDERS[0].signature: \"md5\" is not a scheme"),
        (&row(r#""poll":"http://a.example/{id}""#), "SENDERS[0].poll: "),
        (&row(r#""life":"1h""#), "SENDERS[0].life: must be a whole number"),
        (&row(r#""result2":"/a""#), "SENDERS[0].result2: is not a member of a row"),
    ] {
        let config = config(&[("SENDERS", text)]);
        let told = config.mistakes.iter().find(|one| one.starts_with("SENDERS"));
        assert!(told.is_some_and(|one| one.starts_with(want)), "{text}: {told:?}");
        assert_eq!(sender(&config, BODY), (SenderName::PIPELET, 0), "{text}");
    }
    let local = KREA.replace("gen.krea.ai", "127.0.0.1:9603");
    let set = [("SENDERS", local.as_str()), ("ALLOWED_SOURCE_HOSTS", "127.0.0.1:9603")];
    assert!(!config(&set).mistakes.iter().any(|one| one.contains("SENDERS")), "listed");
}
