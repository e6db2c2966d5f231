//! Properties of upstream answers and imports, well formed or not.

use crate::generate::cases;
use crate::generate::text::{body, broken};
use crate::generate::urls::{file_url, url};
use hookvault::domain::file::source_policy::SourcePolicy;
use hookvault::domain::healing::{AnswerMeaning, read_download, read_result, read_status};
use hookvault::domain::ingest::import;
use hookvault::domain::names::{ObjectName, is_valid_id, is_valid_name};
use hookvault::domain::sender::table::Senders;
use proptest::prelude::*;

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn any_answer_is_read(status in 100..600_u16, body in prop_oneof![body(), broken(), ".{0,9}"]) {
        let is_ok = (200..300).contains(&status);
        let result = read_result(status, &body, None, Senders::built_in());
        assert!(is_ok || !matches!(result, AnswerMeaning::End(_) | AnswerMeaning::NotReady));
        let told = read_status(status, &body, Senders::built_in());
        assert!(is_ok || matches!(told, AnswerMeaning::Unclear(_)));
    }

    #[test]
    fn a_fresh_url_is_an_allowed_one_of_the_same_file(
        (old, new) in (prop_oneof![url(), file_url()], prop_oneof![url(), file_url()]),
        status in prop_oneof![Just(200_u16), 100..600_u16],
    ) {
        let policy = SourcePolicy::parse("*.r2.cloudflarestorage.com").0;
        let body = serde_json::json!({ "url": new }).to_string();
        let Ok(source) = read_download(status, &body, &old, &policy) else { return Ok(()) };
        assert!((200..300).contains(&status) && policy.check(&new).is_ok());
        assert!(format!("{source:?}").contains("r2.cloudflarestorage.com"));
    }

    #[test]
    fn an_import_is_accepted_whole_or_not_at_all(
        lines in proptest::collection::vec(
            prop_oneof![
                6 => r#"\{"(id|request_id)":("[a-z.:]{0,4}"|[0-9]{1,21})(,"ref":"[a-z.]{1,3}")?\}"#,
                1 => body(),
                1 => "[ \r]{0,2}",
            ],
            0..4,
        ),
    ) {
        let text = lines.join("\n");
        let Ok(read) = import::parse(text.as_bytes()) else { return Ok(()) };
        assert!(!read.is_empty() && read.len() <= text.lines().count());
        for line in read {
            let id = line.id.clone();
            assert!(is_valid_id(&id) && line.name() == ObjectName::Id(id.clone()));
            assert!(text.contains(&id) || id.contains('~'));
            assert!(line.reference.as_deref().is_none_or(is_valid_name));
        }
    }
}
