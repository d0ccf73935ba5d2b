//! Scores and their differences in figures that add up: three decimals, and each score on its own side of the
//! threshold.

/// A score as it is shown, in thousandths: rounded, but never onto or over the threshold that it is above or below. At a
/// threshold of 0.25, a score of 0.2504 is 251 and one of 0.2499 is 249, so that no box seems to be lost at the threshold
/// that it passes.
pub fn thousandths(score: f32, threshold: f32) -> i32 {
    let nearest = (f64::from(score) * 1e3).round();
    // 0.3 in single precision is a little more than 0.3.
    let limit = (f64::from(threshold) * 1e6).round() / 1e3;
    let shown = if score > threshold && nearest <= limit {
        limit.floor() + 1.0
    } else if score < threshold && nearest >= limit {
        (limit.ceil() - 1.0).max(0.0)
    } else {
        nearest
    };
    shown as i32
}

/// "0.912", from thousandths.
pub fn score_text(thousandths: i32) -> String {
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

/// "+0.030", "−0.410", "0.000": with a minus as wide as the plus. The difference of two scores as they are shown.
pub fn difference_text(thousandths: i32) -> String {
    let text = score_text(thousandths.abs());
    match thousandths.signum() {
        0 => text,
        1 => format!("+{text}"),
        _ => format!("−{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_stays_on_its_side_of_the_threshold() {
        for threshold in [0.01, 0.2368, 0.25, 0.3, 0.45, 0.99] {
            for i in 0..=10_000 {
                let exact = i as f32 / 10_000.0;
                for score in [exact.next_down().max(0.0), exact, exact.next_up()] {
                    let shown = f64::from(thousandths(score, threshold)) / 1e3;
                    let limit = (f64::from(threshold) * 1e6).round() / 1e6;
                    assert!((shown - f64::from(score)).abs() <= 0.001_001, "{score} at {threshold}: {shown}");
                    assert!(score <= threshold || shown > limit, "{score} at {threshold}: {shown}");
                    assert!(score >= threshold || shown < limit, "{score} at {threshold}: {shown}");
                }
            }
        }
        assert_eq!([0.2504, 0.2499, 0.25].map(|score| thousandths(score, 0.25)), [251, 249, 250]);
    }

    #[test]
    fn figures_are_written_with_three_decimals() {
        assert_eq!([0, 7, 250, 1000].map(score_text), ["0.000", "0.007", "0.250", "1.000"]);
        assert_eq!([0, 30, -410].map(difference_text), ["0.000", "+0.030", "−0.410"]);
    }
}
