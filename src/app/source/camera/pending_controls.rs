//! Values that were set and are on their way to the driver.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::source::{Control, ControlId};

/// After this the driver's own value is shown, whatever it is.
const PATIENCE: Duration = Duration::from_secs(1);

/// A slider must not jump back under the hand because the camera takes a frame's time.
#[derive(Debug, Default)]
pub struct PendingControls(BTreeMap<ControlId, (i64, Instant)>);

impl PendingControls {
    pub fn set(&mut self, id: ControlId, value: i64) {
        self.0.insert(id, (value, Instant::now()));
    }

    /// The value to show for a control.
    pub fn value(&self, control: &Control) -> i64 {
        self.0.get(&control.id).map_or(control.value, |(value, _)| *value)
    }

    /// Forgets what has arrived, and what will not. True: something is on its way.
    pub fn settle(&mut self, controls: &[Control], now: Instant) -> bool {
        self.0.retain(|id, (value, at)| {
            let arrived = controls.iter().any(|c| c.id == *id && c.value == *value);
            !arrived && now.saturating_duration_since(*at) < PATIENCE
        });
        !self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::ControlKind;

    #[test]
    fn a_value_is_shown_as_set_until_the_driver_has_it_or_does_not_take_it() {
        let control = |value| Control {
            id: 7,
            name: "gain".into(),
            kind: ControlKind::Range { min: 0, max: 100, step: 1 },
            value,
            default: 0,
            active: true,
        };
        let mut pending = PendingControls::default();
        assert_eq!(pending.value(&control(3)), 3);
        pending.set(7, 50);
        assert!(pending.settle(&[control(3)], Instant::now()));
        assert_eq!(pending.value(&control(3)), 50);
        assert!(!pending.settle(&[control(50)], Instant::now()));
        pending.set(7, 60);
        assert!(!pending.settle(&[control(50)], Instant::now() + PATIENCE));
        assert_eq!(pending.value(&control(50)), 50);
    }
}
