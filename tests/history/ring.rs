//! The history stays within its limit and in order, and keeps the worst moments.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use twinsight::compare::CompareSettings;
use twinsight::history::{Ring, Timeline};

use crate::support::*;

const ALL_TIME: Duration = Duration::from_secs(60);

/// A ring and what judges it, as a window has them.
struct Desk {
    ring: Ring,
    timeline: Timeline,
}

impl Desk {
    fn new(limit: usize) -> Self {
        let mut timeline = Timeline::default();
        timeline.set(&CompareSettings::default());
        Self { ring: Ring::new(limit), timeline }
    }

    /// `lost` of B's three boxes are missing.
    fn push(&mut self, sequence: u64, lost: usize) {
        let all: [Sight; 3] = [(0, 0.9, 1), (1, 0.8, 6), (2, 0.7, 11)];
        let observation = observation(sequence, &[&all, &all[lost..]]);
        self.ring.push(moment(&observation));
        self.timeline.add(&observation, None);
        assert!(self.timeline.refresh(&mut self.ring, ALL_TIME));
    }

    fn kept(&self) -> Vec<u64> {
        self.ring.moments().map(|m| m.sequence()).collect()
    }
}

/// A typical one; they differ by a few bytes of JPEG.
fn size_of_one() -> usize {
    moment(&observation(1, &[&[], &[]])).bytes()
}

#[test]
fn a_spike_outlives_the_newest() {
    let mut desk = Desk::new(20 * size_of_one());
    for sequence in 0..300 {
        desk.push(
            sequence,
            match sequence {
                50 => 3,
                100 => 2,
                20..=25 => 1,
                _ => 0,
            },
        );
    }
    let kept = desk.kept();
    let newest = desk.ring.newest_from().unwrap().sequence();
    assert!(kept.ends_with(&(newest..300).collect::<Vec<_>>()) && newest < 288, "{kept:?}");
    assert_eq!(desk.ring.worst(), Some(50));
    let worst: Vec<u64> = desk.ring.worst_kept().map(|m| m.sequence()).collect();
    // A quarter of 20 holds four; of equals the older ones go.
    assert_eq!(worst, [24, 25, 50, 100]);
    assert_eq!(kept.len(), worst.len() + (newest..300).count());
}

#[test]
fn where_all_agrees_the_newest_have_all_the_room() {
    let mut desk = Desk::new(20 * size_of_one());
    (0..100).for_each(|sequence| desk.push(sequence, 0));
    let kept = desk.kept();
    assert_eq!(kept, (kept[0]..100).collect::<Vec<_>>());
    assert!(kept.len() >= 18 && desk.ring.worst_kept().next().is_none() && desk.ring.worst().is_none());
}

#[test]
fn what_is_larger_than_the_limit_is_not_kept() {
    let mut desk = Desk::new(size_of_one() / 2);
    desk.push(1, 3);
    assert!(desk.ring.is_empty() && desk.ring.bytes() == 0);
    assert_eq!((desk.ring.first(), desk.ring.last(), desk.ring.nearest(1)), (None, None, None));
}

#[test]
fn the_old_and_the_same_are_not_taken() {
    let mut ring = Ring::default();
    assert!(ring.push(moment(&observation(5, &[&[]]))));
    for sequence in [5, 4, 0] {
        assert!(!ring.push(moment(&observation(sequence, &[&[]]))), "{sequence}");
    }
    assert_eq!(ring.len(), 1);
}

#[derive(Clone, Debug)]
enum Step {
    /// How many sequence numbers to pass over, and how many boxes are lost.
    Push(u64, usize),
    /// In moments.
    Limit(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (1u64..4, 0usize..4).prop_map(|(gap, lost)| Step::Push(gap, lost)),
        1 => (0usize..30).prop_map(Step::Limit),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn never_over_the_limit_and_in_order(steps in prop::collection::vec(step(), 1..120)) {
        let one = size_of_one();
        let mut desk = Desk::new(10 * one);
        let (mut sequence, mut pushed) = (0, BTreeSet::new());
        for step in steps {
            match step {
                Step::Push(gap, lost) => {
                    sequence += gap;
                    desk.push(sequence, lost);
                    pushed.insert(sequence);
                    if desk.ring.limit() > 2 * one {
                        prop_assert_eq!(desk.ring.last(), Some(sequence));
                    }
                }
                Step::Limit(moments) => desk.ring.set_limit(moments * one),
            }
            let ring = &desk.ring;
            let kept = desk.kept();
            prop_assert!(ring.bytes() <= ring.limit());
            prop_assert_eq!(ring.bytes(), ring.moments().map(|m| m.bytes()).sum::<usize>());
            prop_assert_eq!(ring.worst_kept().map(|m| m.bytes()).sum::<usize>() > ring.limit() / 4, false);
            prop_assert!(kept.is_sorted_by(|x, y| x < y) && kept.len() == ring.len());
            prop_assert!(kept.iter().all(|s| pushed.contains(s)));
            // Lookups and steps, against a plain search.
            prop_assert_eq!((ring.first(), ring.last()), (kept.first().copied(), kept.last().copied()));
            for asked in 0..=sequence + 1 {
                prop_assert_eq!(ring.get(asked).map(|m| m.sequence()), kept.contains(&asked).then_some(asked));
                prop_assert_eq!(ring.before(asked), kept.iter().rev().find(|s| **s < asked).copied());
                prop_assert_eq!(ring.after(asked), kept.iter().find(|s| **s > asked).copied());
                prop_assert_eq!(ring.nearest(asked), kept.iter().min_by_key(|s| s.abs_diff(asked)).copied());
            }
        }
    }
}
