//! Copies one file from its URL into the bucket.

use super::content_type::content_type;
use super::failure::too_large;
use super::open::open;
use super::order::{MAX_PUT_BYTES, Order, Target};
use super::put;
use super::source::Source;
use crate::domain::archive::failure::CopyFailure;
use crate::domain::archive::outcome::CopiedFile;
use crate::domain::file::{filename, media_type};
use crate::edge::storage::bucket::TITLE;
use worker::Bucket;

/// Copies a file.
///
/// 1. Fetches it, follows redirects by hand, and decodes its content coding.
/// 2. Reads its length, which a single put must know in advance.
/// 3. Finds its type: [`content_type`].
/// 4. Pipes the body. Both ends must agree on the length, so that a cut or too
///    long body leaves nothing behind. Without a length, or over 4 GiB, it is
///    sent in parts.
///
/// # Errors
/// [`CopyFailure`], which says when a retry makes sense.
pub async fn copy(bucket: &Bucket, order: &Order<'_>) -> Result<CopiedFile, CopyFailure> {
    let wanted = &order.wanted;
    let mut source = open(wanted).await?; // (1)
    let length = source.length(); // (2)
    if let Some(length) = length.filter(|length| *length > wanted.max_bytes) {
        source.abort.abort();
        return Err(too_large(&format!("has {length} bytes"), wanted));
    }
    let content_type = content_type(&source, wanted).await; // (3)
    if content_type.is_err() {
        std::mem::take(&mut source.abort).abort();
    }
    let content_type = content_type?;
    let encoding = source.kept_codings().map(str::to_owned);
    let (encoding, title) = (encoding.as_deref(), title(&source, order));
    let target = Target { bucket, order, content_type: &content_type, encoding, title };
    let (object, verified) = match length {
        Some(length) if length <= MAX_PUT_BYTES => {
            let md5 = source.md5().filter(|_| order.check_md5);
            let verified = md5.is_some();
            (put::whole(&target, &mut source, length, md5).await?, verified) // (4)
        }
        _ => (put::by_parts(&target, &mut source, length).await?, false),
    };
    let (size, etag) = (object.size(), object.etag());
    Ok(CopiedFile { size, etag, content_type, verified })
}

/// Returns the name that the source gives, if neither URL nor result gives one.
fn title(source: &Source, order: &Order<'_>) -> Option<String> {
    let name = order.wanted.name;
    if order.metadata.contains_key(TITLE) || media_type::type_of_name(name).is_some() {
        return None;
    }
    filename::of(&filename::in_disposition(&source.header("content-disposition")?)?, name)
}
