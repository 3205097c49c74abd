//! Sequence numbers in the 56-digit form of AWS, from and to what they are made of.
//!
//! In hexadecimal, from the top: `2`, 9 digits second of the shard's creation, 1 digit shard index modulo 16,
//! 16 digits index of the record in the shard, `00`, 9 digits second of arrival, 8 digits shard index, `2`.
//! Within a shard the order of the numbers is the order of the record indexes.

use serde::{Serialize, Serializer};

/// The record index in the number that ends a closed shard.
pub const LAST_INDEX: u64 = 0x7fff_ffff_ffff_ffff;

const TEN_TO_19: u128 = 10_000_000_000_000_000_000;

/// How far apart the numbers of two records are that follow each other within a second: 2^80.
const STEP: u128 = 1 << 80;

/// The digits of a sequence number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digits([u8; 56]);

impl Digits {
    pub fn as_str(&self) -> &str {
        // Nothing but digits is ever written to it.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Serialize for Digits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A sequence number in parts of 19 decimal digits each, from which that of the next record is soon found.
#[derive(Debug, Clone, Copy)]
pub struct Decimal {
    high: u64,
    middle: u64,
    low: u64,
}

impl Decimal {
    /// Returns the number of the record that follows and arrives in the same second.
    pub fn next(self) -> Self {
        let low = u128::from(self.low) + STEP % TEN_TO_19;
        let middle = u128::from(self.middle) + STEP / TEN_TO_19 + low / TEN_TO_19;
        let high = self.high + u64::from(middle >= TEN_TO_19);
        // What is left after a carry always fits: both sums are below twice 10^19.
        let rest = |sum: u128| (if sum >= TEN_TO_19 { sum - TEN_TO_19 } else { sum }) as u64;
        Self { high, middle: rest(middle), low: rest(low) }
    }

    pub fn digits(self) -> Digits {
        let mut digits = [b'0'; 56];
        write(&mut digits[..18], self.high);
        write(&mut digits[18..37], self.middle);
        write(&mut digits[37..], self.low);
        Digits(digits)
    }
}

/// Writes a number with as many digits as there is room for.
fn write(room: &mut [u8], mut number: u64) {
    let mut pairs = room.rchunks_exact_mut(2);
    for pair in &mut pairs {
        let two = (number % 100) as u8;
        number /= 100;
        pair[0] = b'0' + two / 10;
        pair[1] = b'0' + two % 10;
    }
    for digit in pairs.into_remainder() {
        *digit = b'0' + (number % 10) as u8;
    }
}

/// What a sequence number says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SequenceNumber {
    /// Second since the epoch in which the shard was made.
    pub shard_created: u64,
    pub shard_index: u32,
    /// Place of the record in its shard.
    pub index: u64,
    /// Second since the epoch in which the record arrived.
    pub arrived: u64,
}

impl SequenceNumber {
    /// Returns the decimal digits.
    pub fn digits(self) -> String {
        self.decimal().digits().as_str().to_owned()
    }

    /// Returns the number as decimal parts.
    pub fn decimal(self) -> Decimal {
        let created = self.shard_created & 0xf_ffff_ffff;
        let top = 2 << 56 | created << 20 | u64::from(self.shard_index & 15) << 16 | self.index >> 48;
        let bottom = u128::from(self.index & 0xffff_ffff_ffff) << 80
            | u128::from(self.arrived & 0xf_ffff_ffff) << 36
            | u128::from(self.shard_index) << 4
            | 2;
        let limbs = [(bottom & u128::from(u64::MAX)) as u64, (bottom >> 64) as u64, top];
        let (limbs, low) = divide(limbs);
        let (limbs, middle) = divide(limbs);
        let (_, high) = divide(limbs);
        Decimal { high, middle, low }
    }

    /// Reads decimal digits; `None` when they are not a sequence number of this form.
    pub fn parse(digits: &str) -> Option<Self> {
        if digits.len() != 56 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut limbs = [0; 3];
        for part in [&digits[..18], &digits[18..37], &digits[37..]] {
            limbs = multiply_and_add(limbs, part.parse().ok()?)?;
        }
        let [low, middle, top] = limbs;
        let bottom = u128::from(middle) << 64 | u128::from(low);
        let shard_index = (bottom >> 4) as u32;
        let number = Self {
            shard_created: top >> 20 & 0xf_ffff_ffff,
            shard_index,
            index: (top & 0xffff) << 48 | (bottom >> 80) as u64,
            arrived: (bottom >> 36) as u64 & 0xf_ffff_ffff,
        };
        // Whatever has other bits set was not issued by a shard.
        (number.digits() == digits).then_some(number)
    }
}

/// Divides by 10^19; returns quotient and remainder.
fn divide(limbs: [u64; 3]) -> ([u64; 3], u64) {
    let mut quotient = [0; 3];
    let mut remainder = 0;
    for place in (0..3).rev() {
        let value = remainder << 64 | u128::from(limbs[place]);
        quotient[place] = (value / TEN_TO_19) as u64;
        remainder = value % TEN_TO_19;
    }
    (quotient, remainder as u64)
}

/// Multiplies by 10^19 and adds; `None` when the result has more than 192 bits.
fn multiply_and_add(limbs: [u64; 3], add: u64) -> Option<[u64; 3]> {
    let mut result = [0; 3];
    let mut carry = u128::from(add);
    for place in 0..3 {
        let value = u128::from(limbs[place]) * TEN_TO_19 + carry;
        result[place] = value as u64;
        carry = value >> 64;
    }
    (carry == 0).then_some(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_number_that_aws_issued() {
        // The example record of AWS's Lambda documentation, of shardId-000000000006.
        let issued = "49590338271490256608559692538361571095921575989136588898";
        let number = SequenceNumber::parse(issued).unwrap();
        assert_eq!(number.shard_index, 6);
        assert_eq!(number.arrived, 1_545_084_650);
        assert_eq!(number.digits(), issued);
    }

    #[test]
    fn grows_with_the_record_index_and_always_has_56_digits() {
        let at = |index| {
            SequenceNumber { shard_created: 1_768_473_000, shard_index: 17, index, arrived: 1 }.digits()
        };
        let mut previous = at(0);
        for index in [1, 2, 0xffff, 0x1_0000, u64::from(u32::MAX), 1 << 48, LAST_INDEX] {
            let number = at(index);
            assert_eq!(number.len(), 56);
            assert!(number > previous);
            assert_eq!(SequenceNumber::parse(&number).unwrap().index, index);
            previous = number;
        }
    }

    #[test]
    fn counts_on_without_a_division() {
        let at = |index| SequenceNumber {
            shard_created: 1_768_473_000,
            shard_index: 3,
            index,
            arrived: 1_768_473_999,
        };
        for start in [0, 1, 0xffff_ffff_fff0, LAST_INDEX - 100_000] {
            let mut decimal = at(start).decimal();
            for index in start..start + 100_000 {
                assert_eq!(decimal.digits().as_str(), at(index).digits());
                decimal = decimal.next();
            }
        }
    }

    #[test]
    fn refuses_what_no_shard_issued() {
        for digits in ["", "0", "49", &"9".repeat(56), &"x".repeat(56), &"4".repeat(56), &"4".repeat(57)] {
            assert_eq!(SequenceNumber::parse(digits), None, "{digits}");
        }
    }
}
