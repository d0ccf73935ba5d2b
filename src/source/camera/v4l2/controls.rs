//! A V4L2 device's controls.

use std::io;

use v4l::Device;
use v4l::control::{Flags, Type};
use v4l::v4l_sys::v4l2_queryctrl;

use super::ioctl;
use crate::source::{Control, ControlId, ControlKind};

/// A driver that always has another control must come to an end some day.
const MOST: usize = 512;

/// Menus longer than this are no menus.
const MOST_ENTRIES: i32 = 256;

/// All controls with a number or a choice that can be set. One that cannot be read is left out.
pub fn controls(device: &Device) -> Vec<Control> {
    let mut controls = Vec::new();
    let mut id = 0;
    for _ in 0..MOST {
        let Ok(found) = ioctl::query_control(device, id | Flags::NEXT_CTRL.bits()) else { break };
        if found.id <= id {
            break;
        }
        id = found.id;
        controls.extend(control(device, &found));
    }
    controls
}

fn control(device: &Device, found: &v4l2_queryctrl) -> Option<Control> {
    let flags = Flags::from(found.flags);
    if flags.intersects(Flags::DISABLED | Flags::READ_ONLY | Flags::WRITE_ONLY) {
        return None;
    }
    let (min, max) = (i64::from(found.minimum), i64::from(found.maximum));
    let kind = match Type::try_from(found.type_).ok()? {
        Type::Integer => ControlKind::Range { min, max, step: i64::from(found.step).max(1) },
        Type::Boolean => ControlKind::Switch,
        kind @ (Type::Menu | Type::IntegerMenu) => {
            let last = found.maximum.min(found.minimum.saturating_add(MOST_ENTRIES));
            // Drivers leave out entries between the first and the last.
            let entries = (found.minimum.max(0)..=last).filter_map(|index| {
                let name = ioctl::menu_entry(device, found.id, index as u32, kind == Type::IntegerMenu).ok()?;
                Some((i64::from(index), name))
            });
            ControlKind::Menu(entries.collect())
        }
        _ => return None,
    };
    Some(Control {
        id: found.id,
        name: ioctl::text(&found.name),
        kind,
        value: ioctl::control(device, found.id).ok()?.into(),
        default: found.default_value.into(),
        active: !flags.contains(Flags::INACTIVE),
    })
}

/// Sets a control to a value that it can have.
pub fn set(device: &Device, id: ControlId, value: i64) -> io::Result<()> {
    let value = i32::try_from(value).map_err(|_| io::Error::other("the value is out of range"))?;
    ioctl::set_control(device, id, value)
}
