//! Decodes base64 and percent-encoding piece by piece.

use super::data::Broken;
use base64::Engine;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// How many base64 characters the library decodes at once.
const BLOCK: usize = 4 * 1024;
const SHORT_BLOCK: usize = 64;

const fn engine(alphabet: &Alphabet) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(alphabet, config)
}

static PLAIN: GeneralPurpose = engine(&STANDARD);
static SAFE: GeneralPurpose = engine(&URL_SAFE);

/// Decodes inline data. Base64 may use either alphabet, padding, white space
/// and percent-encoding, and ends at a `#`.
#[derive(Debug, Clone)]
pub(super) struct Unpacker {
    is_base64: bool,
    percent: Percent,
    base64: Base64,
    /// Whether the data has ended, so that nothing more is read.
    is_ended: bool,
}

impl Unpacker {
    pub fn new(is_base64: bool) -> Self {
        let (percent, base64) = (Percent::default(), Base64::new());
        Self { is_base64, percent, base64, is_ended: false }
    }

    /// Returns whether the data surely does not decode.
    pub const fn is_broken(&self) -> bool {
        self.base64.is_broken
    }

    /// Decodes more of the data, and appends it to `out`.
    pub fn push(&mut self, data: &[u8], out: &mut Vec<u8>) {
        if self.is_base64 {
            self.push_base64(data, out);
        } else {
            self.push_text(data, out);
        }
    }

    /// Ends the data, and appends what was held back to `out`.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), Broken> {
        for byte in self.percent.end() {
            self.take(byte, out);
        }
        let is_whole = !self.is_base64 || self.base64.is_whole();
        is_whole.then_some(()).ok_or(Broken)
    }

    fn push_base64(&mut self, mut data: &[u8], out: &mut Vec<u8>) {
        while !self.is_ended && !self.base64.is_broken {
            if self.percent.is_at_rest() && self.base64.is_aligned() {
                let read = self.base64.blocks(data, out);
                data = data.get(read..).unwrap_or_default();
            }
            let Some((byte, rest)) = data.split_first() else { return };
            data = rest;
            self.is_ended = *byte == b'#';
            if !self.is_ended {
                self.encoded(*byte, out);
            }
        }
    }

    /// Decodes percent-encoded text. Drops tabs and line breaks, which a URL
    /// does not have.
    fn push_text(&mut self, mut data: &[u8], out: &mut Vec<u8>) {
        let is_special = |byte: &u8| matches!(byte, b'%' | b'\t' | b'\n' | b'\r');
        while let Some((first, rest)) = data.split_first() {
            if self.percent.is_at_rest() && !is_special(first) {
                let run = data.iter().position(is_special).unwrap_or(data.len());
                let (plain, rest) = data.split_at_checked(run).unwrap_or((data, &[]));
                out.extend_from_slice(plain);
                data = rest;
                continue;
            }
            data = rest;
            if !matches!(first, b'\t' | b'\n' | b'\r') {
                self.encoded(*first, out);
            }
        }
    }

    fn encoded(&mut self, byte: u8, out: &mut Vec<u8>) {
        for byte in self.percent.push(byte) {
            self.take(byte, out);
        }
    }

    fn take(&mut self, byte: u8, out: &mut Vec<u8>) {
        if self.is_base64 {
            self.base64.push(byte, out);
        } else {
            out.push(byte);
        }
    }
}

/// Decodes `%XX`. A `%` without two hex digits stays.
#[derive(Debug, Clone, Copy, Default)]
struct Percent {
    is_begun: bool,
    /// The first digit, as it is written.
    first: Option<u8>,
}

impl Percent {
    const fn is_at_rest(self) -> bool {
        !self.is_begun
    }

    fn push(&mut self, byte: u8) -> impl Iterator<Item = u8> + use<> {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
        let said = match (self.is_begun, self.first, digit(byte)) {
            (true, None, Some(_)) => {
                self.first = Some(byte);
                [None; 3]
            }
            (true, Some(first), Some(low)) => {
                *self = Self::default();
                [digit(first).map(|high| high << 4 | low), None, None]
            }
            _ => {
                let [percent, first] = self.held();
                *self = Self { is_begun: byte == b'%', first: None };
                [percent, first, (byte != b'%').then_some(byte)]
            }
        };
        said.into_iter().flatten()
    }

    fn end(&mut self) -> impl Iterator<Item = u8> + use<> {
        let held = self.held();
        *self = Self::default();
        held.into_iter().flatten()
    }

    fn held(self) -> [Option<u8>; 2] {
        [self.is_begun.then_some(b'%'), self.first]
    }
}

#[derive(Debug, Clone)]
struct Base64 {
    bits: u32,
    /// How many of the current group's four digits were read.
    digits: u8,
    padding: u8,
    is_safe: bool,
    is_broken: bool,
    /// How many characters the library gets next: few after it met one that it
    /// can't decode.
    block: usize,
}

impl Base64 {
    const fn new() -> Self {
        let (is_safe, is_broken, block) = (false, false, BLOCK);
        Self { bits: 0, digits: 0, padding: 0, is_safe, is_broken, block }
    }

    /// Returns whether a group begins here.
    const fn is_aligned(&self) -> bool {
        self.digits == 0 && self.padding == 0
    }

    const fn is_whole(&self) -> bool {
        !self.is_broken && self.digits != 1 && self.padding <= 2
    }

    /// Decodes as many groups as the library can. Returns how many characters
    /// it read.
    fn blocks(&mut self, data: &[u8], out: &mut Vec<u8>) -> usize {
        let mut read = 0;
        loop {
            let rest = data.get(read..).unwrap_or_default();
            let block = rest.get(..(rest.len() & !3).min(self.block)).unwrap_or_default();
            let taken = if block.is_empty() { 0 } else { self.block(block, out) };
            read += taken;
            if taken == 0 || taken < block.len() {
                return read;
            }
        }
    }

    fn block(&mut self, block: &[u8], out: &mut Vec<u8>) -> usize {
        let engine = if self.is_safe { &SAFE } else { &PLAIN };
        let Err(error) = decode(engine, block, out) else {
            self.block = (self.block * 2).min(BLOCK);
            return block.len();
        };
        self.block = SHORT_BLOCK;
        let at = match error {
            base64::DecodeError::InvalidByte(at, byte) => {
                self.is_safe ^= b"+/-_".contains(&byte);
                at & !3
            }
            _ => block.len().saturating_sub(4),
        };
        let groups = block.get(..at).unwrap_or_default();
        if decode(engine, groups, out).is_ok() { at } else { 0 }
    }

    fn push(&mut self, byte: u8, out: &mut Vec<u8>) {
        match byte {
            b'A'..=b'Z' => self.digit(byte - b'A', out),
            b'a'..=b'z' => self.digit(byte - b'a' + 26, out),
            b'0'..=b'9' => self.digit(byte - b'0' + 52, out),
            b'+' | b'-' => self.digit(62, out),
            b'/' | b'_' => self.digit(63, out),
            b'=' => self.padding = self.padding.saturating_add(1),
            _ => self.is_broken |= !byte.is_ascii_whitespace(),
        }
    }

    fn digit(&mut self, digit: u8, out: &mut Vec<u8>) {
        self.is_broken |= self.padding > 0;
        self.bits = self.bits << 6 | u32::from(digit);
        self.digits = (self.digits + 1) % 4;
        let spare = [0, 6, 4, 2].get(usize::from(self.digits)).copied().unwrap_or_default();
        if spare < 6 && !self.is_broken {
            out.extend((self.bits >> spare).to_le_bytes().first());
        }
    }
}

/// Decodes whole groups and appends the bytes to `out`. `out` stays as it is if
/// a group is invalid.
fn decode(
    engine: &GeneralPurpose,
    groups: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), base64::DecodeError> {
    let before = out.len();
    out.resize(before + groups.len() / 4 * 3, 0);
    let space = out.get_mut(before..).unwrap_or_default();
    match engine.decode_slice(groups, space) {
        Err(base64::DecodeSliceError::DecodeError(error)) => {
            out.truncate(before);
            Err(error)
        }
        Ok(_) | Err(base64::DecodeSliceError::OutputSliceTooSmall) => Ok(()),
    }
}
