//! Sets of people as bits or short lists: dense enough to join a million grants in a second. Knows no names.

/// How many words hold a bit for each of `count` people.
pub(super) fn words(count: usize) -> usize {
    count.div_ceil(64)
}

/// Some people by their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum People {
    /// Few of all: their numbers, ascending.
    Few(Vec<u32>),
    /// A bit for each person.
    Many(Vec<u64>),
}

impl People {
    /// The smaller of the two forms.
    pub(super) fn of_bits(bits: &[u64]) -> Self {
        let count: u32 = bits.iter().map(|word| word.count_ones()).sum();
        if count as usize > bits.len() * 2 {
            return Self::Many(bits.to_vec());
        }
        Self::Few(ones(bits).collect())
    }

    /// Adds them to a set of bits.
    pub(super) fn join(&self, bits: &mut [u64]) {
        match self {
            Self::Few(people) => {
                for person in people {
                    bits[*person as usize / 64] |= 1 << (person % 64);
                }
            }
            Self::Many(own) => {
                for (word, own) in bits.iter_mut().zip(own) {
                    *word |= own;
                }
            }
        }
    }

    pub(super) fn contains(&self, person: u32) -> bool {
        match self {
            Self::Few(people) => people.binary_search(&person).is_ok(),
            Self::Many(bits) => has(bits, person),
        }
    }

    pub(super) fn numbers(&self) -> Vec<u32> {
        match self {
            Self::Few(people) => people.clone(),
            Self::Many(bits) => ones(bits).collect(),
        }
    }
}

pub(super) fn has(bits: &[u64], person: u32) -> bool {
    bits.get(person as usize / 64)
        .is_some_and(|word| word >> (person % 64) & 1 == 1)
}

/// The numbers of the bits that are set.
pub(super) fn ones(bits: &[u64]) -> impl Iterator<Item = u32> + '_ {
    (0_u32..).zip(bits).flat_map(|(place, word)| {
        let mut left = *word;
        std::iter::from_fn(move || {
            let bit = (left != 0).then(|| left.trailing_zeros())?;
            left &= left - 1;
            Some(place * 64 + bit)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_say_the_same() {
        let mut bits = vec![0; words(300)];
        let few = People::Few(vec![0, 63, 64, 299]);
        few.join(&mut bits);
        assert_eq!(ones(&bits).collect::<Vec<_>>(), [0, 63, 64, 299]);
        let many = People::Many(bits.clone());
        for person in 0..300 {
            assert_eq!(few.contains(person), many.contains(person), "{person}");
        }
        assert_eq!(People::of_bits(&bits), few);
        assert_eq!(many.numbers(), few.numbers());
        let all = vec![u64::MAX; words(300)];
        assert!(matches!(People::of_bits(&all), People::Many(_)));
        assert!(!many.contains(7000));
    }
}
