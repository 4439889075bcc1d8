//! Samples: finds any of hundreds of literals by looking at every few bytes of a text.
//!
//! Every literal has some window of [`GRAM`] + stride - 1 bytes. Wherever it occurs, exactly one of the grams (four bytes
//! in a row) in that window starts at a multiple of the stride. So it is enough to look at the grams there, and to
//! compare literals only where one of them is known. The longer the shortest literal, the larger the stride and the
//! faster the search: it skips what an automaton has to read, and the number of literals hardly matters.

use std::collections::BTreeMap;

/// How many bytes are looked at in one place.
const GRAM: usize = 4;

/// The largest distance between two places. A larger one means more grams per literal and gains little.
const LONGEST_STRIDE: usize = 8;

/// How many bits the table of known grams has, as a power of two: 8 KiB, so that it stays in the fastest cache.
const TABLE_BITS: u32 = 16;

/// A search for literals.
#[derive(Debug, Clone)]
pub(super) struct Samples {
    /// The distance between two places that are looked at.
    stride: usize,
    /// One bit per hash of a gram; those of the known grams are set.
    table: Vec<u64>,
    /// The known grams, sorted.
    grams: Vec<u32>,
    /// By gram: what can be there when it is found.
    candidates: Vec<Vec<Candidate>>,
}

/// A literal that may stand around a gram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    /// Its number.
    literal: u32,
    /// How many bytes of it come before the gram.
    before: u32,
}

impl Samples {
    /// Prepares a search for those of the literals that `wanted` numbers. None when there is none, or one is shorter
    /// than a gram.
    pub(super) fn new(literals: &[String], wanted: &[usize]) -> Option<Self> {
        let shortest = wanted.iter().map(|literal| literals[*literal].len()).min()?;
        let stride = (shortest + 1).checked_sub(GRAM).filter(|stride| *stride > 0)?.min(LONGEST_STRIDE);
        let mut known: BTreeMap<u32, Vec<Candidate>> = BTreeMap::new();
        for literal in wanted {
            let bytes = literals[*literal].as_bytes();
            let start = best_window(bytes, stride, |gram| known.contains_key(&gram));
            for (gram, before) in grams(bytes).zip(0..).skip(start).take(stride) {
                known.entry(gram).or_default().push(Candidate { literal: *literal as u32, before });
            }
        }
        let mut table = vec![0; 1 << (TABLE_BITS - u64::BITS.ilog2())];
        for gram in known.keys() {
            let bit = bit(*gram);
            table[bit / 64] |= 1_u64 << (bit % 64);
        }
        let (grams, candidates) = known.into_iter().unzip();
        Some(Self { stride, table, grams, candidates })
    }

    /// Calls `found` with each literal at each place where it occurs, until it says that the search is over.
    pub(super) fn each_literal(&self, bytes: &[u8], literals: &[String], mut found: impl FnMut(usize) -> bool) {
        let mut at = 0;
        while let Some(gram) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
            let gram = u32::from_le_bytes(*gram);
            let bit = bit(gram);
            if self.table[bit / 64] >> (bit % 64) & 1 == 1 && self.look(at, gram, bytes, literals, &mut found) {
                return;
            }
            at += self.stride;
        }
    }

    /// Compares the literals that the gram at `at` belongs to.
    #[cold]
    fn look(
        &self,
        at: usize,
        gram: u32,
        bytes: &[u8],
        literals: &[String],
        found: &mut impl FnMut(usize) -> bool,
    ) -> bool {
        let Ok(number) = self.grams.binary_search(&gram) else { return false };
        self.candidates[number].iter().any(|candidate| {
            let literal = candidate.literal as usize;
            let start = at.checked_sub(candidate.before as usize);
            start.is_some_and(|start| bytes[start..].starts_with(literals[literal].as_bytes())) && found(literal)
        })
    }
}

/// The place of a gram in the table.
fn bit(gram: u32) -> usize {
    // Multiplicative hashing: the odd number next to 2^32 divided by the golden ratio spreads similar grams.
    (gram.wrapping_mul(0x9E37_79B1) >> (u32::BITS - TABLE_BITS)) as usize
}

fn grams(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.array_windows().map(|gram: &[u8; GRAM]| u32::from_le_bytes(*gram))
}

/// Where in a literal the window starts whose grams are cheapest to look for: rare ones, and those that are looked for
/// already.
fn best_window(literal: &[u8], stride: usize, known: impl Fn(u32) -> bool) -> usize {
    let costs: Vec<f64> = grams(literal)
        .map(|gram| frequency(&gram.to_le_bytes()) * LOOK_COST + if known(gram) { 0.0 } else { GRAM_COST })
        .collect();
    let sums = costs.windows(stride).map(|window| window.iter().sum::<f64>());
    sums.enumerate().min_by(|(_, a), (_, b)| a.total_cmp(b)).map_or(0, |(start, _)| start)
}

/// What one gram more in the table costs, in nanoseconds per place: it makes looking in vain a little more frequent.
const GRAM_COST: f64 = 1e-3;

/// What it costs to look closer, in nanoseconds.
const LOOK_COST: f64 = 20.0;

/// How often a piece of a common word occurs, per byte of text.
const COMMON: f64 = 1e-3;

/// An estimate of how often a literal occurs in source code, per byte: as often as its rarest gram at most.
pub(super) fn rarest(literal: &str) -> f64 {
    let frequencies = literal.as_bytes().windows(GRAM).map(frequency);
    frequencies.min_by(f64::total_cmp).unwrap_or(1.0)
}

/// An estimate of how often a piece of text occurs in source code, per byte.
fn frequency(piece: &[u8]) -> f64 {
    // Letters of a word are no independent draws: what lies within a common word is far more frequent than its letters.
    let word = piece.to_ascii_lowercase();
    if memchr::memmem::find(COMMON_WORDS.as_bytes(), &word).is_some() {
        return COMMON;
    }
    let bits: u32 = piece.iter().map(|byte| BITS.get(usize::from(*byte)).map_or(40, |bits| u32::from(*bits))).sum();
    (-f64::from(bits) / 4.0).exp2()
}

/// Words that source code is full of, and words of the trade. Pieces of these are poor needles.
const COMMON_WORDS: &str = "\
return from for the import class name not this and def true with module error false else self that get value none \
set type object use are test file try case new all string function can only default main except list assert should \
has pass python path init when code but raise check one have support exports will args any join len data add base \
used require which create version const append call first equal unittest make start strict length must result number \
sys line end int map other text then while info does method range exception source after some invalid ignore without \
format may tests write next key was read non values null returns property out break there need index options raises \
using run same more than replace here empty split into time don open because before also remove dict bytes match \
parse errors just instance skip encoding print like attribute super expected found copy called each continue del max \
message size isinstance close names given tuple output process see user these cannot its url since current argument \
types find mapping two https you keys they node always finally let utf note single already package throw where either \
mode input optional items root helper http constructor last encode valid update warning been instead order decode \
stream files both define exit catch msg stop fail prefix arguments otherwise issue global count async buffer filename \
com context undefined now load yield command level them available platform client content response request token \
model chat completion deploy deployment deployments endpoint engine provider credential config embedding embeddings \
filter message messages assistant azure openai identity environment search query service resource region process.env \
os.environ api_key apikey api_type api_version api-version api-key";

/// How rare each ASCII byte is in Python and JavaScript sources, as the negative binary logarithm of its share, times
/// four. Measured over 45 MB.
#[rustfmt::skip]
const BITS: [u8; 128] = [
    99, 99, 99, 99, 99, 99, 99, 99, 99, 53, 21, 99, 99, 78, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
     7, 45, 28, 32, 50, 44, 45, 25, 24, 24, 38, 41, 24, 33, 24, 36, 29, 31, 33, 36, 37, 37, 39, 40, 39, 40, 28, 40, 44, 28, 38, 46,
    47, 33, 38, 34, 37, 30, 37, 41, 41, 33, 50, 45, 34, 37, 34, 36, 37, 46, 34, 34, 31, 39, 43, 42, 45, 46, 49, 35, 35, 35, 55, 25,
    43, 19, 29, 23, 23, 16, 23, 28, 26, 20, 40, 32, 21, 26, 20, 20, 24, 36, 19, 18, 18, 24, 32, 31, 30, 30, 40, 37, 44, 37, 56, 91,
];

