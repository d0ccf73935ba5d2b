//! What can be set on a camera while it runs: exposure, gain, white balance, focus and so on.

/// A camera's own number of a control.
pub type ControlId = u32;

/// One control and its present value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    pub id: ControlId,
    /// As the driver calls it, for people.
    pub name: String,
    pub kind: ControlKind,
    pub value: i64,
    /// What resetting it gives.
    pub default: i64,
    /// Whether setting it has an effect now: the exposure time has none while the camera chooses it.
    pub active: bool,
}

/// Which values a control can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ControlKind {
    /// From `min` to `max`, both included, in steps from `min`.
    Range { min: i64, max: i64, step: i64 },
    /// 0 or 1.
    Switch,
    /// One of these values, with its name.
    Menu(Vec<(i64, String)>),
}

impl Control {
    /// The nearest value that the control can have; `None` where a menu has no such entry.
    pub fn fit(&self, value: i64) -> Option<i64> {
        match &self.kind {
            ControlKind::Range { min, max, step } => {
                let (step, value) = ((*step).max(1), value.clamp(*min, (*max).max(*min)));
                let steps = value.saturating_sub(*min).saturating_add(step / 2) / step;
                let fitted = min.saturating_add(steps.saturating_mul(step));
                Some(if fitted > *max { fitted - step } else { fitted })
            }
            ControlKind::Switch => Some(i64::from(value != 0)),
            ControlKind::Menu(entries) => entries.iter().any(|(entry, _)| *entry == value).then_some(value),
        }
    }
}
