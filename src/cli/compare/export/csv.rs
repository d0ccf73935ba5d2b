//! The comparison as CSV: one box or pair a line.

use super::report::{Found, Picture, Setting, entry};

const HEADER: &str = "source,verdict,class_a,score_a,x1_a,y1_a,x2_a,y2_a,class_b,score_b,x1_b,y1_b,x2_b,y2_b,iou,\
                      delta_score,reason,reason_score,reason_overlap,reason_free_at,arithmetic_a,arithmetic_b\n";

/// All pictures, in their order; columns that do not apply are empty.
pub fn csv(setting: &Setting<'_>, pictures: &[&Picture]) -> String {
    let mut text = HEADER.to_owned();
    // A float model has none.
    let arithmetics = [setting.a, setting.b].map(|m| m.arithmetic.map_or_else(String::new, |a| a.to_string()));
    for picture in pictures {
        for verdict in picture.comparison.verdicts() {
            let entry = entry(&setting.words(&picture.comparison), verdict);
            let why = entry.explanation.as_ref();
            let mut fields = vec![quoted(&picture.name()), entry.verdict.to_owned()];
            for found in [&entry.a, &entry.b] {
                fields.extend(columns(found.as_ref()));
            }
            fields.extend([entry.iou, entry.delta_score].map(number));
            fields.push(why.map(|w| w.reason.to_owned()).unwrap_or_default());
            let figures = why.map_or([None; 3], |w| [w.score, w.overlap, w.free_at]);
            fields.extend(figures.map(number));
            fields.extend(arithmetics.clone());
            text += &fields.join(",");
            text.push('\n');
        }
    }
    text
}

fn columns(found: Option<&Found<'_>>) -> [String; 6] {
    let Some(found) = found else { return Default::default() };
    let [x1, y1, x2, y2] = found.bbox.map(|v| v.to_string());
    [quoted(found.class), found.score.to_string(), x1, y1, x2, y2]
}

fn number(value: Option<f32>) -> String {
    value.map(|v| v.to_string()).unwrap_or_default()
}

/// In quotes where it must be, as RFC 4180 has it.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_with_commas_and_quotes_are_quoted() {
        assert_eq!(quoted("bus.jpg"), "bus.jpg");
        assert_eq!(quoted("a, \"b\".jpg"), "\"a, \"\"b\"\".jpg\"");
        assert_eq!(HEADER.trim().split(',').count(), 22);
    }
}
