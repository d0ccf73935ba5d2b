//! A model's input and outputs as it declares them, and what to do where they are not a detector's.

use std::fmt;

use crate::detect::Form;

/// An input or output of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outlet {
    pub name: String,
    /// "float32", "uint8", or what else it is, as "a sequence".
    pub element: String,
    /// A dimension that is left open is negative. `None` = the model gives no shape.
    pub dims: Option<Vec<i64>>,
}

/// Why an input or an output is not what a form asks for. It follows "FILE is not a detector that Twinsight supports: ".
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    pub why: String,
    /// Whether another form, from a file beside the model, may fit.
    pub can_be_described: bool,
}

impl Misfit {
    fn describable(why: String) -> Self {
        Self { why, can_be_described: true }
    }

    fn of_export(why: String) -> Self {
        Self { why, can_be_described: false }
    }
}

impl Outlet {
    pub const FLOAT: &str = "float32";

    /// A tensor's shape if it is float32; negative where it is left open.
    pub fn float_dims(&self) -> Option<&[i64]> {
        self.dims.as_deref().filter(|_| self.element == Self::FLOAT)
    }

    /// Whether its shape is given, and no dimension left open.
    pub fn has_shape(&self) -> bool {
        self.dims.as_ref().is_some_and(|dims| dims.iter().all(|dim| *dim >= 0))
    }

    /// Whether it is float32 and may have this shape.
    fn fits(&self, wanted: [usize; 4]) -> bool {
        let may_be = |dims: &[i64]| {
            dims.len() == wanted.len() && dims.iter().zip(wanted).all(|(dim, wanted)| *dim < 0 || *dim == wanted as i64)
        };
        self.element == Self::FLOAT && self.dims.as_deref().is_none_or(may_be)
    }
}

impl fmt::Display for Outlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.element)?;
        let Some(dims) = &self.dims else { return Ok(()) };
        let dims: Vec<String> = dims.iter().map(|d| if *d < 0 { "?".into() } else { d.to_string() }).collect();
        write!(f, " [{}]", dims.join(", "))
    }
}

/// Whether a model's only input may be an image of this shape.
pub(super) fn check_input(input: &Outlet, wanted: [usize; 4]) -> Result<(), Misfit> {
    if input.fits(wanted) {
        return Ok(());
    }
    let said = format!("its input is {input}, not float32 {wanted:?}");
    let advice = match (input.element.as_str(), input.dims.as_deref().unwrap_or_default()) {
        ("float16" | "bfloat16" | "float64", _) => {
            "export it in float32 (in PyTorch, call model.float() first)".to_owned()
        }
        (element, _) if element != Outlet::FLOAT => {
            "export it without its preprocessing: Twinsight passes float32 RGB between 0 and 1".to_owned()
        }
        (_, [_, rows, _, 3]) if *rows != 3 => {
            "its channels come last: export it with channels first, [1, 3, height, width]".to_owned()
        }
        (_, [batch, _, _, _]) if *batch > 1 => format!("it takes {batch} images at once: export it with batch size 1"),
        (_, [_, channels, _, _]) if *channels >= 0 && *channels != 3 => {
            format!("Twinsight passes 3 channels, RGB, not {channels}")
        }
        (_, [_, _, _, _]) => return Err(Misfit::describable(said)),
        _ => "export it with an image as its input, [1, 3, height, width]".to_owned(),
    };
    Err(Misfit::of_export(format!("{said}; {advice}")))
}

/// Names of the outputs in the order of the form's heads: told apart by their shapes, never by order or name.
pub(super) fn match_heads(form: &Form, outputs: &[Outlet]) -> Result<Vec<String>, Misfit> {
    let find = |wanted: [usize; 4]| outputs.iter().find(|output| output.fits(wanted)).map(|output| output.name.clone());
    let shapes: Vec<[usize; 4]> = form.heads.iter().map(|head| form.shape(head)).collect();
    if outputs.len() == shapes.len()
        && let Some(names) = shapes.iter().map(|shape| find(*shape)).collect()
    {
        return Ok(names);
    }
    if let Some(advice) = outputs.iter().find_map(|output| export_advice(form, output)) {
        return Err(Misfit::of_export(advice));
    }
    let list = |outputs: &[Outlet]| outputs.iter().map(|o| format!("{} {o}", o.name)).collect::<Vec<_>>().join(", ");
    Err(Misfit::describable(match shapes.iter().find(|shape| find(**shape).is_none()) {
        Some(shape) if outputs.len() == shapes.len() => {
            format!("no output is float32 {shape:?}; it has {}", list(outputs))
        }
        _ => {
            let noun = if outputs.len() == 1 { "output" } else { "outputs" };
            let (has, wanted) = (outputs.len(), shapes.len());
            format!("it has {has} {noun}, but a model of its form has {wanted}; it has {}", list(outputs))
        }
    }))
}

/// What to export instead of an output that cannot be a raw head, whatever the form.
fn export_advice(form: &Form, output: &Outlet) -> Option<String> {
    let dims = output.dims.as_deref()?;
    let what = match *dims {
        [_, _, 1, 4] | [_, _, _] | [_, _] => {
            let after_nms = matches!(dims.last(), Some(6 | 7)) || dims.len() < 3;
            let holds = if after_nms { "boxes after NMS" } else { "decoded boxes" };
            format!("holds {holds}, not a raw head; export the model without its detection layer")
        }
        [_, anchors, _, _, planes] if anchors < planes => {
            "is a raw head whose anchors have an axis of their own; export the model without its detection layer".into()
        }
        [_, _, _, _] if output.element != Outlet::FLOAT => {
            return Some(format!(
                "its output {} is {output}, not float32; export it in float32 (in PyTorch, call model.float() first)",
                output.name
            ));
        }
        [batch, _, _, _] if batch > 1 => {
            return Some(format!("its output {} is {output}: export it with batch size 1", output.name));
        }
        [_, rows, columns, channels] if is_channels_last(form, [rows, columns, channels]) => {
            return Some(format!(
                "its output {} is {output}, with channels last: export it with channels first",
                output.name
            ));
        }
        [_, _, _, _] => return None,
        _ => "is not a raw head; export the model without its detection layer".into(),
    };
    let convolutions = "so that its last convolutions, [1, anchors · (5 + classes), rows, columns], are its outputs";
    Some(format!("its output {} is {output}: it {what}, {convolutions}", output.name))
}

/// Whether these are the sides of a head of the form, or of any square one, with channels last.
fn is_channels_last(form: &Form, [rows, columns, channels]: [i64; 3]) -> bool {
    let of_form = form.heads.iter().any(|head| {
        let [_, c, h, w] = form.shape(head).map(|side| side as i64);
        [rows, columns, channels] == [h, w, c]
    });
    of_form || (rows > 0 && rows == columns && channels > rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outlet(element: &str, dims: &[i64]) -> Outlet {
        Outlet { name: "out".into(), element: element.into(), dims: Some(dims.to_vec()) }
    }

    #[test]
    fn an_input_that_no_description_helps_is_told_what_to_export() {
        let wanted = [1, 3, 416, 416];
        for (element, dims, words) in [
            ("float16", &[1, 3, 416, 416][..], "export it in float32"),
            ("uint8", &[1, 3, 416, 416], "without its preprocessing"),
            ("uint8", &[1, 416, 416, 3], "without its preprocessing"),
            ("float32", &[1, 416, 416, 3], "channels first"),
            ("float32", &[-1, -1, -1, 3], "channels first"),
            ("float32", &[4, 3, 416, 416], "it takes 4 images at once"),
            ("float32", &[1, 1, 416, 416], "passes 3 channels, RGB, not 1"),
            ("float32", &[1, 519_168], "an image as its input"),
        ] {
            let misfit = check_input(&outlet(element, dims), wanted).unwrap_err();
            assert!(misfit.why.contains(words) && !misfit.can_be_described, "{misfit:?}");
        }
        let other_size = check_input(&outlet("float32", &[1, 3, 320, 320]), wanted).unwrap_err();
        assert!(other_size.can_be_described, "{other_size:?}");
        for dims in [&[1, 3, 416, 416][..], &[-1, 3, -1, -1], &[-1, -1, -1, -1]] {
            assert_eq!(check_input(&outlet("float32", dims), wanted), Ok(()));
        }
    }

    #[test]
    fn an_output_that_no_description_helps_is_told_what_to_export() {
        let form = Form::yolov4_tiny_416();
        for (element, dims, words) in [
            ("float32", &[1, 10_647, 85][..], "decoded boxes"),
            ("float32", &[1, 84, 8400], "decoded boxes"),
            ("float32", &[1, 100, 6], "boxes after NMS"),
            ("float32", &[-1, 7], "boxes after NMS"),
            ("float32", &[1, 2535, 1, 4], "decoded boxes"),
            ("float32", &[1, 3, 13, 13, 85], "an axis of their own"),
            ("int64", &[4], "it is not a raw head"),
            ("float32", &[1, 26, 26, 255], "channels last"),
            ("float32", &[1, 19, 19, 255], "channels last"),
            ("float32", &[4, 255, 26, 26], "batch size 1"),
            ("float16", &[1, 255, 26, 26], "not float32"),
        ] {
            let misfit = match_heads(&form, &[outlet(element, dims)]).unwrap_err();
            assert!(misfit.why.contains(words) && !misfit.can_be_described, "{misfit:?}");
        }
        let other = match_heads(&form, &[outlet("float32", &[1, 18, 13, 13])]).unwrap_err();
        assert!(other.can_be_described, "{other:?}");
    }

    #[test]
    fn heads_are_told_apart_by_their_shapes() {
        let named = |name: &str, dims: &[i64]| Outlet { name: name.into(), ..outlet("float32", dims) };
        let (fine, coarse) = (named("f", &[1, 255, 26, 26]), named("c", &[1, 255, 13, 13]));
        for outputs in [[fine.clone(), coarse.clone()], [coarse, fine]] {
            assert_eq!(match_heads(&Form::yolov4_tiny_416(), &outputs).unwrap(), ["f", "c"]);
        }
    }
}
