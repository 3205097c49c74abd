//! Sequence numbers in the 56-digit form of AWS, from and to what they are made of.
//!
//! In hexadecimal, from the top: `2`, 9 digits second of the shard's creation, 1 digit shard index modulo 16,
//! 16 digits index of the record in the shard, `00`, 9 digits second of arrival, 8 digits shard index, `2`.
//! Within a shard the order of the numbers is the order of the record indexes.

/// The record index in the number that ends a closed shard.
pub const LAST_INDEX: u64 = 0x7fff_ffff_ffff_ffff;

const TEN_TO_19: u128 = 10_000_000_000_000_000_000;

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
        format!("{high}{middle:019}{low:019}")
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
    fn refuses_what_no_shard_issued() {
        for digits in ["", "0", "49", &"9".repeat(56), &"x".repeat(56), &"4".repeat(56), &"4".repeat(57)] {
            assert_eq!(SequenceNumber::parse(digits), None, "{digits}");
        }
    }
}
