//! The engine's two building blocks: the mailbox, in which the newest value wins, and the pool of buffers.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use twinsight::engine::{Mailbox, Pool};

#[derive(Clone, Copy, Debug)]
enum Act {
    Put,
    Take,
    TakeIf(bool),
    Wake,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        3 => Just(Act::Put),
        2 => Just(Act::Take),
        1 => any::<bool>().prop_map(Act::TakeIf),
        2 => Just(Act::Wake),
    ];
    prop::collection::vec(act, 0..200)
}

proptest! {
    /// Against a plain `Option`; and an unseen value always has a token that announces it.
    #[test]
    fn a_mailbox_is_an_option_with_a_bell(acts in acts()) {
        let mailbox = Mailbox::new();
        let (mut model, mut next, mut rung) = (None, 0, false);
        for act in acts {
            match act {
                Act::Put => {
                    prop_assert_eq!(mailbox.put(next), model.replace(next));
                    (next, rung) = (next + 1, true);
                }
                Act::Take => prop_assert_eq!(mailbox.take(), model.take()),
                Act::TakeIf(wanted) => {
                    prop_assert_eq!(mailbox.take_if(|_| wanted), model.take_if(|_| wanted));
                }
                Act::Wake => prop_assert_eq!(mailbox.wake().try_recv().is_ok(), std::mem::take(&mut rung)),
            }
            prop_assert_eq!(mailbox.is_full(), model.is_some());
        }
    }

    /// However many are held for however long: a value that is held never changes, and values that are let go of
    /// are used again.
    #[test]
    fn a_pool_never_writes_what_somebody_holds(held in prop::collection::vec(0usize..6, 1..100)) {
        let mut pool: Pool<Vec<u32>> = Pool::new(8);
        let mut holders: VecDeque<(Arc<Vec<u32>>, u32)> = VecDeque::new();
        let mut made = std::collections::HashSet::new();
        for (n, keep) in (0..).zip(held) {
            let (value, length) = pool.write(|value| {
                value.clear();
                value.push(n);
                value.len()
            });
            prop_assert_eq!(length, 1);
            made.insert(Arc::as_ptr(&value));
            holders.push_back((value, n));
            prop_assert!(holders.iter().all(|(value, n)| **value == [*n]));
            while holders.len() > keep {
                holders.pop_front();
            }
        }
        prop_assert!(made.len() <= 6, "{} values, and never more than 6 held", made.len());
    }
}

#[test]
fn a_pool_lets_go_at_its_limit() {
    let mut pool: Pool<u32> = Pool::new(2);
    let held: Vec<_> = (0..10).map(|n| pool.write(|value| *value = n).0).collect();
    assert!(held.iter().zip(0..).all(|(value, n)| **value == n));
    drop(held);
    let (a, _) = pool.write(|_| ());
    let (b, _) = pool.write(|_| ());
    assert!(*a == 8 && *b == 9, "the newest are watched, and used again");
}

/// Many writers and one reader that sleeps on the bell: it always gets to see the last value, and never an old one
/// after a newer one.
#[test]
fn a_reader_that_sleeps_misses_no_last_value() {
    const EACH: u64 = 20_000;
    let mailbox = Arc::new(Mailbox::new());
    let writer = {
        let mailbox = Arc::clone(&mailbox);
        std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || (1..=EACH).map(|n| u64::from(mailbox.put(n).is_some())).sum::<u64>())
    }
    .unwrap();
    let (mut last, mut seen) = (0, 0);
    while last < EACH {
        mailbox.wake().recv_timeout(Duration::from_secs(20)).expect("a token for the newest value");
        if let Some(n) = mailbox.take() {
            assert!(n > last);
            (last, seen) = (n, seen + 1);
        }
    }
    assert_eq!(writer.join().unwrap() + seen, EACH, "each value was seen or is counted as replaced");
}
