//! Opens a delivery: reads its body, checks its signature, decompresses it.

use super::signature;
use crate::domain::access::signature::check::Verdict;
use crate::domain::http::problem::{Problem, ProblemKind};
use crate::domain::http::unpack::{Format, Layers};
use crate::edge::bodies::{BODY_MEMORY_BYTES, BodyReader, CompleteBody, ReceivedBody, inflate};
use crate::edge::http::body::{RequestBody, begin};
use crate::edge::http::call::Call;
use crate::edge::http::pieces::Stop;
use web_sys::Request;

/// A delivery that was let in.
pub struct OpenedDelivery {
    /// The body, decompressed.
    pub body: ReceivedBody,
    /// The SHA-256 of the decompressed body, in hex.
    pub sha256: String,
    /// What its signatures are worth, until the sender is known.
    pub verdict: Verdict,
    /// A note on how the body was compressed.
    pub note: Option<String>,
}

/// Opens a request's body. Its signature may be over the body as it was sent,
/// or over the decompressed one. Nothing of a refused body stays in R2.
pub async fn open(call: &Call<'_>, request: &Request) -> Result<OpenedDelivery, Problem> {
    let limit = call.config.max_body_bytes;
    let coding = call.header("content-encoding");
    let layers = Layers::of(coding.as_deref()).map_err(ProblemKind::UnknownCoding)?;
    let check = signature::begin(call)?;
    let sent =
        begin(request, limit, BODY_MEMORY_BYTES).await.map_err(|stop| stop.problem(limit))?;
    let whole = BodyReader::all(call.env, sent, limit, check).await;
    let mut whole = whole.map_err(|stop| stop.problem(limit))?;
    let signed = signature::judge(call, whole.check.take(), &whole.sha256).await;
    check_and_unpack(call, whole, signed, layers).await
}

/// Opens a body that was let in before, without checking a signature.
pub async fn reopen(call: &Call<'_>, sent: RequestBody) -> Result<OpenedDelivery, Problem> {
    let limit = call.config.max_body_bytes;
    let whole = BodyReader::all(call.env, sent, limit, None).await;
    let whole = whole.map_err(|stop| stop.problem(limit))?;
    let layers = Layers::of(None).map_err(ProblemKind::UnknownCoding)?;
    check_and_unpack(call, whole, Ok(Verdict::default()), layers).await
}

/// What the signatures are worth, or why they are refused.
type Signed = Result<Verdict, Problem>;

async fn check_and_unpack(
    call: &Call<'_>,
    whole: CompleteBody,
    signed: Signed,
    mut layers: Layers,
) -> Result<OpenedDelivery, Problem> {
    let packed = layers.next(whole.head());
    if let (None, Err(problem)) = (packed, &signed) {
        whole.refuse().await;
        return Err(problem.clone());
    }
    let sha256 = whole.sha256.clone();
    let body = whole.keep().await?;
    let mut unpacking = Unpacking { body, sha256, signed, formats: Vec::new() };
    if let Some(format) = packed {
        let unpacked = Box::pin(unpacking.unpack(call, format, layers)).await;
        if let Err(problem) = unpacked.and_then(|()| unpacking.refusal()) {
            unpacking.body.discard(call.env).await;
            return Err(problem);
        }
    }
    unpacking.finish()
}

/// A delivery that is being decompressed.
struct Unpacking {
    body: ReceivedBody,
    sha256: String,
    signed: Signed,
    /// The formats that were undone, by the runtime's names.
    formats: Vec<&'static str>,
}

impl Unpacking {
    /// Returns the problem if no form of the body has good signatures.
    fn refusal(&self) -> Result<(), Problem> {
        self.signed.as_ref().map(drop).map_err(Problem::clone)
    }

    /// Returns whether the signatures may be over a form of the body that was
    /// not checked yet.
    fn is_doubtful(&self) -> bool {
        self.signed.as_ref().map_or(true, Verdict::is_doubtful)
    }

    async fn unpack(
        &mut self,
        call: &Call<'_>,
        format: Format,
        mut layers: Layers,
    ) -> Result<(), Problem> {
        let mut next = Some(format);
        while let Some(format) = next {
            if !self.unpack_one(call, format).await? {
                break;
            }
            next = layers.next(self.body.head());
        }
        Ok(())
    }

    /// Decompresses one layer; `false` if the body does not have it.
    async fn unpack_one(&mut self, call: &Call<'_>, format: Format) -> Result<bool, Problem> {
        let limit = call.config.max_body_bytes;
        let is_doubtful = self.is_doubtful();
        let check = if is_doubtful { signature::begin(call)? } else { None };
        let mut inner = match inflate(call.env, &self.body, format, limit, check).await {
            Ok(inner) => inner,
            Err(Stop::NotPacked) => return Ok(false),
            Err(stop) => return Err(stop.problem(limit)),
        };
        if is_doubtful {
            self.signed = signature::judge(call, inner.check.take(), &inner.sha256).await;
        }
        self.sha256.clone_from(&inner.sha256);
        let packed = std::mem::replace(&mut self.body, inner.keep().await?);
        packed.discard(call.env).await;
        self.formats.push(format.word());
        Ok(true)
    }

    fn finish(self) -> Result<OpenedDelivery, Problem> {
        let is_packed = !self.formats.is_empty();
        let note = is_packed.then(|| format!("the body came as {}", self.formats.join(" of ")));
        Ok(OpenedDelivery { body: self.body, sha256: self.sha256, verdict: self.signed?, note })
    }
}
