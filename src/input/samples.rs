//! Samples: finds any of hundreds of literals by looking at every few bytes of a text.
//!
//! Take a window of stride + 3 bytes in each literal. Wherever the literal occurs, exactly one of the grams (four bytes
//! in a row) in that window starts at a multiple of the stride. So it is enough to look at the grams there, and to
//! compare literals only where one of them is known. The longer the shortest literal, the larger the stride and the
//! faster the search: it skips what an automaton has to read, and the number of literals hardly matters.
//!
//! Which window is taken decides how often comparing is in vain. That choice rests on guesses about source code; the
//! result of the search does not.

use std::collections::HashSet;

/// How many bytes are looked at in one place.
const GRAM: usize = 4;

/// The largest distance between two places. A larger one means more grams per literal and gains nothing.
const LONGEST_STRIDE: usize = 5;

/// The length of a literal, in bytes, from which on the search is as fast as it gets.
pub(super) const FULL_SPEED: usize = LONGEST_STRIDE + GRAM - 1;

/// How many bits the table of known grams has, as a power of two: 8 KiB, so that it stays in the fastest cache.
const TABLE_BITS: u32 = 16;

/// How many buckets the candidates are in, as a power of two.
const BUCKET_BITS: u32 = 12;

/// A search for literals.
#[derive(Debug, Clone)]
pub(super) struct Samples {
    /// The distance between two places that are looked at.
    stride: usize,
    /// One bit per hash of a gram; those of the known grams are set.
    table: Vec<u64>,
    /// By the first bits of a gram's hash: where its candidates start. Has one more entry at the end.
    buckets: Vec<u32>,
    /// What can be there when a gram is found, sorted by its hash.
    candidates: Vec<Candidate>,
}

/// A literal that may stand around a gram.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    /// The gram.
    gram: u32,
    /// The literal's number.
    literal: u32,
    /// How many bytes of it come before the gram.
    before: u32,
}

impl Samples {
    /// Prepares a search for those of the literals that `wanted` numbers. None when there is none, or one is shorter
    /// than a gram.
    pub(super) fn new(literals: &[impl AsRef<str>], wanted: &[usize]) -> Option<Self> {
        let shortest = wanted.iter().map(|literal| literals[*literal].as_ref().len()).min()?;
        let stride = (shortest + 1).checked_sub(GRAM).filter(|stride| *stride > 0)?.min(LONGEST_STRIDE);
        let mut known = HashSet::new();
        let mut candidates = Vec::new();
        for literal in wanted {
            let bytes = literals[*literal].as_ref().as_bytes();
            let start = best_window(bytes, stride, |gram| known.contains(&gram));
            for (gram, before) in grams(bytes).zip(0..).skip(start).take(stride) {
                known.insert(gram);
                candidates.push(Candidate { gram, literal: *literal as u32, before });
            }
        }
        candidates.sort_by_key(|candidate| hash(candidate.gram));
        let mut table = vec![0; 1 << (TABLE_BITS - u64::BITS.ilog2())];
        for gram in known {
            let bit = hash(gram) >> (u32::BITS - TABLE_BITS);
            table[bit as usize / 64] |= 1_u64 << (bit % 64);
        }
        let buckets = (0..=1 << BUCKET_BITS)
            .map(|bucket| candidates.partition_point(|candidate| self::bucket(candidate.gram) < bucket) as u32)
            .collect();
        Some(Self { stride, table, buckets, candidates })
    }

    /// Calls `found` with each literal and each offset where it occurs, until it says that the search is over.
    pub(super) fn each_literal(
        &self,
        bytes: &[u8],
        literals: &[impl AsRef<str>],
        mut found: impl FnMut(usize, usize) -> bool,
    ) {
        let mut at = 0;
        while let Some(gram) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
            let gram = u32::from_le_bytes(*gram);
            let bit = hash(gram) >> (u32::BITS - TABLE_BITS);
            let known = self.table[bit as usize / 64] >> (bit % 64) & 1 == 1;
            if known && self.look(at, gram, bytes, literals, &mut found) {
                return;
            }
            at += self.stride;
        }
    }

    /// Compares the literals that the gram at `at` belongs to.
    #[inline(never)]
    fn look(
        &self,
        at: usize,
        gram: u32,
        bytes: &[u8],
        literals: &[impl AsRef<str>],
        found: &mut impl FnMut(usize, usize) -> bool,
    ) -> bool {
        let bucket = bucket(gram);
        let candidates = self.buckets[bucket] as usize..self.buckets[bucket + 1] as usize;
        self.candidates[candidates].iter().filter(|candidate| candidate.gram == gram).any(|candidate| {
            let literal = candidate.literal as usize;
            let start = at.checked_sub(candidate.before as usize);
            let text = literals[literal].as_ref().as_bytes();
            start.is_some_and(|start| bytes[start..].starts_with(text) && found(literal, start))
        })
    }
}

/// Spreads grams, of which text has many similar ones: multiplies with the odd number next to 2^32 divided by the
/// golden ratio. The first bits are the best ones.
fn hash(gram: u32) -> u32 {
    gram.wrapping_mul(0x9E37_79B1)
}

/// The bucket of a gram.
fn bucket(gram: u32) -> usize {
    (hash(gram) >> (u32::BITS - BUCKET_BITS)) as usize
}

fn grams(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.windows(GRAM).filter_map(|gram| gram.first_chunk().map(|gram| u32::from_le_bytes(*gram)))
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
pub(super) fn frequency_at_most(literal: &str) -> f64 {
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
filter message messages assistant identity environment search query service resource region process.env \
os.environ api_key apikey api_type api_version api-version api-key";

/// How rare each ASCII byte is in Python and JavaScript sources, as the negative binary logarithm of its share, times
/// four. Measured over 45 MB.
#[rustfmt::skip]
const BITS: [u8; 128] = [
    99, 99, 99, 99, 99, 99, 99, 99, 99, 53, 21, 99, 99, 78, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
     7, 45, 28, 32, 50, 44, 45, 25, 24, 24, 38, 41, 24, 33, 24, 36,
    29, 31, 33, 36, 37, 37, 39, 40, 39, 40, 28, 40, 44, 28, 38, 46,
    47, 33, 38, 34, 37, 30, 37, 41, 41, 33, 50, 45, 34, 37, 34, 36,
    37, 46, 34, 34, 31, 39, 43, 42, 45, 46, 49, 35, 35, 35, 55, 25,
    43, 19, 29, 23, 23, 16, 23, 28, 26, 20, 40, 32, 21, 26, 20, 20,
    24, 36, 19, 18, 18, 24, 32, 31, 30, 30, 40, 37, 44, 37, 56, 91,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn found(literals: &[&str], text: &str) -> Vec<usize> {
        let literals: Vec<String> = literals.iter().map(ToString::to_string).collect();
        let wanted: Vec<usize> = (0..literals.len()).collect();
        let mut found = Vec::new();
        Samples::new(&literals, &wanted).unwrap().each_literal(text.as_bytes(), &literals, |literal, _| {
            found.push(literal);
            false
        });
        found
    }

    #[test]
    fn a_literal_is_found_wherever_it_starts() {
        for literal in ["quux", "quuxes", "a_longer_literal", "größe", "模型部署"] {
            for offset in 0..20 {
                let before = "x".repeat(offset);
                assert_eq!(found(&[literal], &format!("{before}{literal}")), [0], "{literal} at {offset}");
                assert_eq!(found(&[literal], &format!("{before}{literal}x{literal}")), [0, 0]);
                let torn = format!("{before}{}", &literal[literal.chars().next().map_or(0, char::len_utf8)..]);
                assert!(found(&[literal], &torn).is_empty());
            }
        }
    }

    #[test]
    fn literals_shorter_than_a_gram_are_not_for_sampling() {
        let literals = ["abc".to_owned(), "long_enough".to_owned()];
        assert!(Samples::new(&literals, &[0, 1]).is_none());
        assert!(Samples::new(&literals, &[1]).is_some());
        assert!(Samples::new(&literals, &[]).is_none());
    }

    #[test]
    fn the_search_ends_when_told_to() {
        let literals = ["quux".to_owned()];
        let mut count = 0;
        Samples::new(&literals, &[0]).unwrap().each_literal(b"quux quux quux", &literals, |_, _| {
            count += 1;
            count == 2
        });
        assert_eq!(count, 2);
    }

    #[test]
    fn rare_windows_are_chosen() {
        let common = best_window(b"environment_Qz7_XkW_", 5, |_| false);
        assert!(common >= 8, "{common}");
        assert!(frequency_at_most("return") > frequency_at_most("Qz7_XkW"));
    }
}
