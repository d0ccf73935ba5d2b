//! The order in which people count.

use std::cmp::Ordering;

/// Numbers by their value, so that `frame9` comes before `frame10`; letters without regard to case.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (x, y) = (part(&mut a), part(&mut b));
        let ordering = match (x, y) {
            (None, None) => return Ordering::Equal,
            (Some(x), Some(y)) if x.starts_with(digit) && y.starts_with(digit) => {
                let [x, y] = [x, y].map(|n| n.trim_start_matches('0'));
                x.len().cmp(&y.len()).then_with(|| x.cmp(y))
            }
            (x, y) => x.map(str::to_lowercase).cmp(&y.map(str::to_lowercase)),
        };
        if ordering.is_ne() {
            return ordering;
        }
    }
}

fn digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// Takes digits, or what is no digit, off the start.
fn part<'a>(text: &mut &'a str) -> Option<&'a str> {
    let first = text.chars().next()?;
    let end = text.find(|c| digit(c) != digit(first)).unwrap_or(text.len());
    let (part, rest) = text.split_at(end);
    *text = rest;
    Some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sort_by_value() {
        let sorted = ["", "a", "a1b", "A2", "a09", "a10", "a10b", "a100000000000000000000", "b"];
        let mut names = sorted;
        names.reverse();
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, sorted);
    }
}
