//! Every scheme with a shared secret: published vectors, and deliveries that
//! are not signed by the sender that they claim.

use super::SignatureError;
use super::check::{CheckInput, SignatureChecks, Verdict};
use super::secrets::WebhookSecrets;
use crate::domain::time::Timestamp;

/// A sender's delivery.
#[derive(Clone, Copy)]
struct Sent<'a> {
    sender: &'a str,
    id: &'a str,
    /// `WEBHOOK_SECRETS`.
    secrets: &'a str,
    headers: &'a [(&'a str, &'a str)],
    body: &'a str,
    at: u64,
}

const NOW: u64 = 1_766_867_820;
const BODY: &str = r#"{"id":"j-1","status":"completed"}"#;

/// The vector in Kling's documentation of callbacks.
const KLING: Sent<'_> = Sent {
    sender: "kling",
    id: "1234567890",
    secrets: "kling=whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI=",
    headers: &[
        ("webhook-id", "9876543210"),
        ("webhook-timestamp", "1781080794"),
        ("webhook-signature", "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4="),
    ],
    body: r#"{"id":"1234567890","status":"succeeded","message":"","create_time":1781080778802,"update_time":1781080794151}"#,
    at: 1_781_080_794,
};

/// The vector in the specification of Standard Webhooks.
const STANDARD: Sent<'_> = Sent {
    sender: "replicate",
    id: "1",
    secrets: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    headers: &[
        ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
        ("webhook-timestamp", "1614265330"),
        ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    ],
    body: r#"{"test": 2432232314}"#,
    at: 1_614_265_330,
};

const SVIX: Sent<'_> = Sent {
    headers: &[
        ("svix-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
        ("svix-timestamp", "1614265330"),
        ("svix-signature", "v1a,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    ],
    ..STANDARD
};

const WAVESPEED: Sent<'_> = Sent {
    sender: "wavespeed",
    id: "j-1",
    secrets: "wavespeed=whsec_0123456789abcdef0123456789abcdef",
    headers: &[
        ("webhook-id", "msg-1"),
        ("webhook-timestamp", "1766867820"),
        (
            "webhook-signature",
            "v3,9cbdb611ce8e9a415bbe8d8812f73963dd3a4b445d946f456acf0f404a35ae1d",
        ),
    ],
    body: BODY,
    at: NOW,
};

const OPENROUTER: Sent<'_> = Sent {
    sender: "openrouter",
    secrets: "openrouter=or-secret-0123456789",
    headers: &[(
        "x-openrouter-signature",
        "t=1766867820,v1=4ab1e44527013272c311131de17703617f6cae2e523cb2314c720c08a19df1e9",
    )],
    ..WAVESPEED
};

const BFL: Sent<'_> = Sent {
    sender: "bfl",
    secrets: "bfl=bfl-secret-0123456789",
    headers: &[(
        "x-bfl-signature",
        "sha256=0be1f4e6d94ca81c7b4f405829a688c541016d5326b55ae6335cb76672073c28",
    )],
    ..WAVESPEED
};

const BFL_SECRET: Sent<'_> =
    Sent { headers: &[("x-webhook-secret", "bfl-secret-0123456789")], ..BFL };

const HIGGSFIELD: Sent<'_> = Sent {
    sender: "higgsfield",
    secrets: "higgsfield=hf-secret-0123456789",
    headers: &[("x-webhook-secret-key", "hf-secret-0123456789")],
    ..WAVESPEED
};

const KIE: Sent<'_> = Sent {
    sender: "kie",
    id: "ee603959-debb",
    secrets: "kie=kie-secret-0123456789",
    headers: &[
        ("x-webhook-timestamp", "1766867820"),
        ("x-webhook-signature", "NKhiXlnUkgBA0koN8/6WxXNrB5vv/Ol8fNNVjfZoXew="),
    ],
    ..WAVESPEED
};

/// Each delivery, and whether its body is signed.
const ALL: [(Sent<'_>, bool); 9] = [
    (KLING, true),
    (STANDARD, true),
    (SVIX, true),
    (WAVESPEED, true),
    (OPENROUTER, true),
    (BFL, true),
    (BFL_SECRET, false),
    (HIGGSFIELD, false),
    (KIE, false),
];

/// Returns whether a sender signs by a scheme.
fn signs(sender: &str, scheme: &str) -> bool {
    match sender {
        "kling" | "replicate" => scheme == "standard-webhooks",
        "higgsfield" => matches!(scheme, "standard-webhooks" | "higgsfield-key"),
        other => other == scheme,
    }
}

fn read(list: &str) -> WebhookSecrets {
    let mut secrets = WebhookSecrets::default();
    assert_eq!(secrets.add(list, |_| true), 0, "{list}");
    secrets
}

impl Sent<'_> {
    fn verdict(&self) -> Result<Verdict, SignatureError> {
        let secrets = read(self.secrets);
        let header = |name: &str| {
            self.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        let now = Timestamp::from_seconds(self.at);
        let input = CheckInput { secrets: &secrets, signs: &signs, header: &header, now };
        let mut checks = SignatureChecks::begin(input)?;
        self.body.as_bytes().chunks(7).for_each(|piece| checks.update(piece));
        checks.end()
    }

    fn judged(&self) -> Result<bool, SignatureError> {
        self.verdict()?.is_signed(self.sender, Some(self.id), &read(self.secrets))
    }

    /// Returns the delivery with another value of its last header.
    fn with<T>(self, value: &str, then: impl Fn(Sent<'_>) -> T) -> T {
        let mut headers = self.headers.to_vec();
        if let Some(last) = headers.last_mut() {
            last.1 = value;
        }
        then(Sent { headers: &headers, ..self })
    }
}

#[test]
fn each_sender_is_checked_by_its_scheme() {
    for (sent, is_signed) in ALL {
        assert_eq!(sent.judged(), Ok(is_signed), "{} {:?}", sent.sender, sent.headers);
    }
}

#[test]
fn a_changed_body_is_refused_where_it_is_signed() {
    for (sent, is_signed) in ALL {
        let changed = Sent { body: r#"{"id":"j-1","status":"completed" }"#, ..sent };
        let want = if is_signed { Err(SignatureError::Wrong) } else { Ok(false) };
        assert_eq!(changed.judged(), want, "{} {:?}", sent.sender, sent.headers);
    }
    // What kie.ai signs instead is the job's id.
    assert_eq!(Sent { id: "another", ..KIE }.judged(), Err(SignatureError::Wrong));
    let nameless = KIE.verdict().unwrap().is_signed("kie", None, &read(KIE.secrets));
    assert_eq!(nameless, Err(SignatureError::Wrong));
}

#[test]
fn wrong_signatures_are_refused() {
    for (sent, _) in ALL {
        let (_, good) = *sent.headers.last().unwrap();
        let (cut, _) = good.split_at(good.len() - 2);
        for bad in
            ["", "v1,", "v2,AAAA", "sha256=", "t=1766867820,v1=", "x", cut, &format!("{good}0")]
        {
            let refused = sent.with(bad, |sent| sent.judged()).is_err();
            assert!(refused, "{} {bad}", sent.sender);
        }
    }
}

#[test]
fn an_old_or_malformed_time_is_refused() {
    let timed = ALL.iter().filter(|(sent, _)| !["bfl", "higgsfield"].contains(&sent.sender));
    for (sent, _) in timed {
        for (late, is_good) in [(300, true), (301, false)] {
            for at in [sent.at + late, sent.at - late] {
                let judged = Sent { at, ..*sent }.judged();
                let is_old =
                    judged == Err(SignatureError::Time) || judged == Err(SignatureError::Wrong);
                assert_eq!((judged.is_ok(), is_old), (is_good, !is_good), "{}", sent.sender);
            }
        }
    }
    for odd in ["", "1614265330abc", "+1614265330", "-1", "1e9", " 1614265330"] {
        let headers = [STANDARD.headers[0], ("webhook-timestamp", odd), STANDARD.headers[2]];
        let judged = Sent { headers: &headers, ..STANDARD }.judged();
        assert_eq!(judged, Err(SignatureError::Header("timestamp")), "{odd}");
    }
    let nameless = Sent { headers: &STANDARD.headers[1..], ..STANDARD }.judged();
    assert_eq!(nameless, Err(SignatureError::Header("webhook-id")));
}

#[test]
fn one_good_signature_of_several_is_enough() {
    let many = "v1,AAAA v2,x v3,00 v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    assert_eq!(STANDARD.with(many, |sent| sent.judged()), Ok(true));
    let older = format!("kling=whsec_{},{}", "A".repeat(32), KLING.secrets);
    assert_eq!(Sent { secrets: &older, ..KLING }.judged(), Ok(true));
}

#[test]
fn a_sender_with_a_secret_must_sign() {
    for (sent, _) in ALL {
        let silent = Sent { headers: &[], ..sent };
        let is_named = !sent.secrets.starts_with("whsec_");
        let want = if is_named { Err(SignatureError::Missing) } else { Ok(false) };
        assert_eq!(silent.judged(), want, "{}", sent.sender);
        assert_eq!(Sent { sender: "luma", ..silent }.judged(), Ok(false));
    }
}

#[test]
fn a_header_without_a_secret_proves_nothing() {
    for (sent, _) in ALL {
        let other = Sent { secrets: "luma=luma-secret-0123456789", ..sent };
        assert_eq!(other.judged(), Ok(false), "{}", sent.sender);
    }
    // Only the sender's own scheme is tried.
    let other = Sent { secrets: "bfl=or-secret-0123456789", ..OPENROUTER };
    assert_eq!(other.judged(), Ok(false));
}

#[test]
fn no_sender_signs_for_another() {
    for (sent, _) in ALL.iter().filter(|(sent, _)| !sent.secrets.starts_with("whsec_")) {
        assert_eq!(Sent { sender: "luma", ..*sent }.judged(), Ok(false), "{}", sent.sender);
        let both = format!("{},luma=luma-secret-0123456789", sent.secrets);
        let judged = Sent { sender: "luma", secrets: &both, ..*sent }.judged();
        assert_eq!(judged, Err(SignatureError::Missing), "{}", sent.sender);
    }
}

#[test]
fn a_wrong_signature_is_only_the_fault_of_the_sender_it_claims() {
    // The secret is Kling's, and the delivery Replicate's.
    let kling = Sent { sender: "replicate", secrets: KLING.secrets, ..STANDARD };
    assert_eq!(kling.judged(), Ok(false));
    assert!(kling.verdict().unwrap().is_doubtful());
    assert_eq!(Sent { sender: "kling", ..kling }.judged(), Err(SignatureError::Wrong));
    let with_own = format!("{},replicate={}", KLING.secrets, STANDARD.secrets);
    assert_eq!(Sent { secrets: &with_own, ..kling }.judged(), Ok(true));
}

#[test]
fn all_headers_must_be_good() {
    let both = [BFL.headers[0], ("x-webhook-secret", "another")];
    assert_eq!(Sent { headers: &both, ..BFL }.judged(), Err(SignatureError::Wrong));
    let both = [BFL.headers[0], BFL_SECRET.headers[0]];
    assert_eq!(Sent { headers: &both, ..BFL }.judged(), Ok(true));
}
