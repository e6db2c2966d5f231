//! Properties of skeletons: a skeleton is the body without its long strings,
//! however the body is split.

use super::tolerant::bytes;
use crate::generate::large::{Body, Sizes, body, coarse, too_large};
use crate::generate::{cases, text};
use crate::oracle::skeleton::{
    is_right, is_the_body, mend, mended, reads_alike, said, scan, whole,
};
use hookvault::domain::file::skeleton::{Gap, MAX_BYTES};
use hookvault::domain::json;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

fn is_digested(gap: &Gap, body: &[u8]) {
    if let Some(text) = said(&mended(body, gap)) {
        assert_eq!(gap.sha256, hex::encode(Sha256::digest(text)));
    }
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn a_skeleton_is_the_same_however_the_body_is_split((Body(body), a, b) in (body(), Sizes::any(), Sizes::any())) {
        prop_assert!(scan(&body, &a.0) == scan(&body, &b.0));
    }

    #[test]
    fn a_skeleton_with_its_gaps_filled_is_the_body((Body(body), sizes) in (body(), Sizes::any())) {
        is_the_body(&body, &sizes.0);
    }

    #[test]
    fn each_gap_is_described_correctly((Body(body), sizes) in (body(), Sizes::any())) {
        if json::tolerant(&body).is_ok() {
            for gap in &scan(&body, &sizes.0).gaps {
                is_digested(gap, &body);
                is_right(gap, &body, &sizes.0);
            }
        }
    }

    #[test]
    fn an_object_is_mended_in_pieces((bytes, sizes) in (bytes(), Sizes::any())) {
        if let Ok(want) = json::tolerant(&bytes)
            && bytes.starts_with(b"{")
        {
            let mended = mend(&bytes, &sizes.0);
            prop_assert_eq!(String::from_utf8_lossy(&mended), want);
        }
    }

    #[test]
    fn a_skeleton_is_read_as_its_body_is((Body(body), sizes) in (body(), Sizes::any())) {
        reads_alike(&body, &sizes.0);
    }

    #[test]
    fn a_short_body_keeps_everything_but_files(
        (body, sizes) in (prop_oneof![text::body().boxed(), text::broken().boxed()], Sizes::any()),
    ) {
        let skeleton = scan(body.as_bytes(), &sizes.0);
        for gap in &skeleton.gaps {
            prop_assert!(gap.inline.is_some() && gap.written.is_some(), "{:?}", gap);
        }
        let is_whole = !skeleton.gaps.is_empty() || skeleton.text == body.as_bytes();
        prop_assert!(is_whole, "{:?}", skeleton.text);
    }
}

proptest! {
    #![proptest_config(cases(8))]

    #[test]
    fn a_skeleton_is_the_same_even_if_it_is_too_large((Body(body), a, b) in (too_large(), coarse(), coarse())) {
        let skeleton = scan(&body, &a.0);
        prop_assert!(skeleton == scan(&body, &b.0));
        prop_assert!(skeleton.text.len() <= MAX_BYTES + 1_000);
        if skeleton.is_whole {
            let text = json::tolerant(&skeleton.text).expect("JSON");
            prop_assert!(whole(&text, &skeleton.gaps, &body).as_bytes() == body, "{:?}", skeleton.is_shallow);
        } else {
            prop_assert!(skeleton.text.is_empty() && skeleton.gaps.is_empty());
        }
    }
}
