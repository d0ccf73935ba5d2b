//! Clicks that are shorter than a frame. egui takes a press and a release in one frame for no drag, and sliders know
//! only drags: where painting is slow, a quick click on a slider would be lost.

use egui::{Event, RawInput};

/// Holds a release back until the frame after its press.
#[derive(Default)]
pub struct ShortClicks {
    held_back: Vec<Event>,
}

impl ShortClicks {
    /// Gives each frame at most the press of a click, and the next frame what follows. egui paints another frame after
    /// each that had events, so that nothing waits.
    pub fn split(&mut self, input: &mut RawInput) {
        // What comes to a hidden window is kept until it is seen again, and looked at here each time.
        if input.viewport().visible() == Some(false) {
            return;
        }
        let later = std::mem::take(&mut self.held_back);
        input.events.splice(0..0, later);
        let mut pressed = None;
        let release = input.events.iter().position(|event| match event {
            Event::PointerButton { button, pressed: true, .. } => {
                pressed = Some(*button);
                false
            }
            Event::PointerButton { button, pressed: false, .. } => pressed == Some(*button),
            _ => false,
        });
        if let Some(release) = release {
            self.held_back = input.events.split_off(release);
        }
    }
}

#[cfg(test)]
mod tests {
    use egui::{Modifiers, PointerButton, Pos2, Slider, Ui, vec2};
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable;

    use super::*;

    fn button(pos: Pos2, pressed: bool) -> Event {
        Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE }
    }

    fn batches(clicks: &mut ShortClicks, events: &[Event]) -> Vec<Vec<Event>> {
        let mut input = RawInput { events: events.to_vec(), ..RawInput::default() };
        let mut given = Vec::new();
        loop {
            clicks.split(&mut input);
            given.push(std::mem::take(&mut input.events));
            if clicks.held_back.is_empty() {
                return given;
            }
        }
    }

    #[test]
    fn a_press_and_its_release_come_in_two_frames_and_all_else_as_it_came() {
        let at = Pos2::new(5.0, 5.0);
        let (press, release, moved) = (button(at, true), button(at, false), Event::PointerMoved(at));
        let mut clicks = ShortClicks::default();
        let mut split = |events: &[&Event]| {
            let events: Vec<Event> = events.iter().map(|event| (*event).clone()).collect();
            batches(&mut clicks, &events).iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(split(&[&moved, &press, &release, &moved]), [2, 2]);
        assert_eq!(split(&[&press, &release, &press, &release]), [1, 2, 1], "a double click");
        assert_eq!(split(&[&release, &moved, &press]), [3], "the end of one drag and the start of another");
        assert_eq!(split(&[]), [0]);
    }

    /// Where the slider stands after a click on its right end that came within one frame.
    fn clicked(splits: bool) -> f32 {
        let show =
            |ui: &mut Ui, value: &mut f32| _ = ui.add(Slider::new(value, 0.0..=1.0).show_value(false).text("far"));
        let mut harness = Harness::builder().with_size(vec2(300.0, 60.0)).build_ui_state(show, 0.0);
        let rail = harness.get_by_role_and_label(egui::Role::Slider, "far").rect();
        let end = rail.right_center() - vec2(2.0, 0.0);
        harness.hover_at(end);
        harness.run_steps(2);
        let events = [button(end, true), button(end, false)];
        let frames = if splits { batches(&mut ShortClicks::default(), &events) } else { vec![events.to_vec()] };
        for events in frames {
            harness.input_mut().events.extend(events);
            harness.step();
        }
        *harness.state()
    }

    #[test]
    fn a_click_within_one_frame_moves_a_slider() {
        assert_eq!(clicked(true), 1.0);
        assert_eq!(clicked(false), 0.0, "egui sees such clicks by itself: `ShortClicks` can go");
    }
}
