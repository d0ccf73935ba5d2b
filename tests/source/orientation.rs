//! Rotated and mirrored pictures.

use proptest::prelude::*;
use twinsight::detect::{Frame, Size};
use twinsight::source::{Orientation, Turn};

const TURNS: [Turn; 4] = [Turn::None, Turn::Quarter, Turn::Half, Turn::ThreeQuarters];

fn turned(frame: &Frame, turn: Turn, mirror: bool) -> Frame {
    // Its memory has been used before.
    let mut to = Frame::new(Size::new(7, 5)).unwrap();
    Orientation { turn, mirror }.apply(frame, &mut to);
    to
}

/// Six pixels that are told apart by their red: 1 2 3 over 4 5 6.
fn six() -> Frame {
    Frame::from_rgb(Size::new(3, 2), (1..=6).flat_map(|n| [n, 100 + n, 200 + n]).collect()).unwrap()
}

#[test]
fn each_turn_is_clockwise_and_the_mirror_comes_last() {
    let red = |turn, mirror| {
        let frame = turned(&six(), turn, mirror);
        let rows = frame.rgb().chunks(frame.width() as usize * 3);
        rows.map(|row| row.iter().step_by(3).map(u8::to_string).collect::<String>()).collect::<Vec<_>>().join(" ")
    };
    for (turn, plain, mirrored) in [
        (Turn::None, "123 456", "321 654"),
        (Turn::Quarter, "41 52 63", "14 25 36"),
        (Turn::Half, "654 321", "456 123"),
        (Turn::ThreeQuarters, "36 25 14", "63 52 41"),
    ] {
        assert_eq!((red(turn, false).as_str(), red(turn, true).as_str()), (plain, mirrored), "{turn:?}");
    }
}

#[test]
fn degrees_name_turns() {
    assert_eq!(TURNS.map(Turn::degrees), [0, 90, 180, 270]);
    assert_eq!(TURNS.map(|turn| Turn::from_degrees(turn.degrees())), TURNS.map(Some));
    assert_eq!(Turn::from_degrees(45), None);
}

proptest! {
    #[test]
    fn turns_add_up_and_lose_nothing(width in 1u32..90, height in 1u32..90, seed: u8) {
        let size = Size::new(width, height);
        let bytes = (0..size.area() * 3).map(|n| (n * 31 + n / 251) as u8 ^ seed).collect();
        let frame = Frame::from_rgb(size, bytes).unwrap();
        let quarter = turned(&frame, Turn::Quarter, false);
        prop_assert_eq!(quarter.size(), Size::new(height, width));
        let half = turned(&quarter, Turn::Quarter, false);
        prop_assert_eq!(&half, &turned(&frame, Turn::Half, false));
        prop_assert_eq!(&turned(&half, Turn::Quarter, false), &turned(&frame, Turn::ThreeQuarters, false));
        prop_assert_eq!(&turned(&half, Turn::Half, false), &frame);
        for turn in TURNS {
            // A mirror twice, and a turn back.
            let mirrored = turned(&frame, turn, true);
            prop_assert_eq!(&turned(&mirrored, Turn::None, true), &turned(&frame, turn, false));
            for (x, y) in [(0, 0), (width - 1, 0), (width / 2, height / 3)] {
                let plain = turned(&frame, turn, false);
                let (tx, ty) = match turn {
                    Turn::None => (x, y),
                    Turn::Quarter => (height - 1 - y, x),
                    Turn::Half => (width - 1 - x, height - 1 - y),
                    Turn::ThreeQuarters => (y, width - 1 - x),
                };
                prop_assert_eq!(plain.pixel(tx, ty), frame.pixel(x, y));
                prop_assert_eq!(mirrored.pixel(plain.width() - 1 - tx, ty), frame.pixel(x, y));
            }
        }
    }
}
