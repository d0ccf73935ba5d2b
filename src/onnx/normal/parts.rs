//! Parts of the channels, and channels put together.

use super::dims::place_of;
use super::{ChannelPart, NormalStep, Normalizer, ends_of};
use crate::onnx::{AttributeProto, Attributes, NodeProto, TensorProto};

/// One axis of a slice: where it begins and ends, if it leaves anything.
#[derive(Clone, Copy)]
struct Span {
    axis: usize,
    start: i64,
    end: i64,
}

impl Normalizer {
    pub(super) fn slice(&mut self, node: &NodeProto) -> Result<Option<()>, String> {
        let Some(ends) = ends_of(node) else { return Ok(None) };
        let Some(dims) = self.picture(&ends.input) else { return Ok(None) };
        let Some(spans) = self.spans(node, dims)? else { return Ok(None) };
        let (mut start, mut end) = (0, dims[1]);
        for span in spans {
            match span.axis {
                1 => (start, end) = (span.start, span.end),
                axis if (span.start, span.end) == (0, dims[axis]) => {}
                _ => return Ok(None),
            }
        }
        if (start, end) == (0, dims[1]) {
            return Ok(self.same(node));
        }
        let count = end - start;
        if count < 1 {
            return Err(format!("it slices no channels out of {}", dims[1]));
        }
        let [batch, _, height, width] = dims;
        if self.non_negative.contains(&ends.input) {
            self.non_negative.insert(ends.output.clone());
        }
        self.push_shaped(NormalStep::Part(ChannelPart { ends, start, count }), &[batch, count, height, width]);
        Ok(Some(()))
    }

    /// `None`: they are not constant, or not in steps of 1.
    fn spans(&self, node: &NodeProto, dims: [i64; 4]) -> Result<Option<Vec<Span>>, String> {
        let attributes = Attributes(&node.attribute);
        // Inputs since opset 10, attributes before.
        let list = |place: usize, name: &str| match node.input.get(place).filter(|name| !name.is_empty()) {
            Some(tensor) => self.value(tensor).and_then(|value| Some(value.ints()?.to_vec())),
            None => Some(attributes.ints(name)),
        };
        let (Some(starts), Some(ends), Some(axes), Some(steps)) =
            (list(1, "starts"), list(2, "ends"), list(3, "axes"), list(4, "steps"))
        else {
            return Ok(None);
        };
        if starts.len() != ends.len() || steps.iter().any(|step| *step != 1) {
            return Ok(None);
        }
        let axes = if axes.is_empty() { (0..starts.len() as i64).collect() } else { axes };
        let span = |((axis, start), end): ((i64, i64), i64)| {
            let axis = place_of(axis, dims.len())?;
            // Counted from the end if below 0; a position beyond an end is clamped to it.
            let side = dims[axis];
            let place = |index: i64| (if index < 0 { index.saturating_add(side) } else { index }).clamp(0, side);
            Ok(Span { axis, start: place(start), end: place(end) })
        };
        axes.into_iter().zip(starts).zip(ends).map(span).collect::<Result<_, String>>().map(Some)
    }

    pub(super) fn split(&mut self, node: &NodeProto) -> Result<Option<()>, String> {
        let attributes = Attributes(&node.attribute);
        let Some(input) = node.input.first().cloned() else { return Ok(None) };
        let Some([batch, channels, height, width]) = self.picture(&input) else { return Ok(None) };
        if !attributes.is_along_channels(0)? {
            return Ok(None);
        }
        let parts = node.output.len().max(1) as i64;
        let sizes = match node.input.get(1).filter(|name| !name.is_empty()) {
            Some(name) => match self.value(name).and_then(|value| Some(value.ints()?.to_vec())) {
                Some(sizes) => sizes,
                None => return Ok(None),
            },
            None => attributes.ints("split"),
        };
        let sizes = if sizes.is_empty() {
            // Since opset 18 the last part may be smaller.
            let most = (channels + parts - 1) / parts;
            (0..parts).map(|place| most.min(channels - place * most)).collect()
        } else {
            sizes
        };
        let are_parts = sizes.iter().all(|size| (1..=channels).contains(size)) && sizes.iter().sum::<i64>() == channels;
        if sizes.len() as i64 != parts || !are_parts {
            return Err(format!("{channels} channels are split into parts of {sizes:?}"));
        }
        if parts == 1 {
            return Ok(self.same(node));
        }
        let mut node = node.clone();
        for (place, output) in node.output.iter_mut().enumerate().filter(|(_, output)| output.is_empty()) {
            *output = self.free_name(&format!("{input}/part_{place}"));
        }
        if self.non_negative.contains(&input) {
            self.non_negative.extend(node.output.iter().cloned());
        }
        for (output, size) in node.output.iter().zip(&sizes) {
            self.shapes.insert(output.clone(), vec![batch, *size, height, width]);
        }
        let split = self.split_node(node.name, input, node.output, &sizes);
        self.push(NormalStep::Node(split));
        Ok(Some(()))
    }

    /// The sizes are only given where they differ.
    pub(super) fn split_node(&mut self, name: String, input: String, output: Vec<String>, sizes: &[i64]) -> NodeProto {
        let mut inputs = vec![input];
        if sizes.iter().any(|size| *size != sizes[0]) {
            let name = format!("{}_sizes", if name.is_empty() { &output[0] } else { &name });
            inputs.push(self.add_constant(&name, |name| TensorProto::i64(name, &[sizes.len() as i64], sizes)));
        }
        NodeProto {
            input: inputs,
            output,
            name,
            op_type: "Split".into(),
            attribute: vec![AttributeProto::int("axis", 1)],
            ..NodeProto::default()
        }
    }

    pub(super) fn concat(&mut self, node: &NodeProto) -> Result<Option<()>, String> {
        if let [_] = node.input[..] {
            return Ok(self.same(node));
        }
        let Some(shapes) = node.input.iter().map(|input| self.picture(input)).collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        let Some([batch, _, height, width]) = shapes.first().copied() else { return Ok(None) };
        let is_alike = shapes.iter().all(|[n, _, h, w]| (n, h, w) == (&batch, &height, &width));
        // ONNX had 1 as its default once.
        if !Attributes(&node.attribute).is_along_channels(1)? || !is_alike {
            return Ok(None);
        }
        if node.input.iter().all(|input| self.non_negative.contains(input)) {
            self.non_negative.extend(node.output.first().cloned());
        }
        let channels = shapes.iter().map(|shape| shape[1]).sum();
        let concat = NodeProto { attribute: vec![AttributeProto::int("axis", 1)], ..node.clone() };
        self.push_shaped(NormalStep::Node(concat), &[batch, channels, height, width]);
        Ok(Some(()))
    }

    /// Puts the parts of each tensor together to one Split, at the place of the first; parts that overlap have one each.
    pub(super) fn join_parts(&mut self) {
        let mut groups: Vec<Vec<ChannelPart>> = Vec::new();
        let mut steps = Vec::with_capacity(self.steps.len());
        for step in std::mem::take(&mut self.steps) {
            let NormalStep::Part(part) = step else {
                steps.push(step);
                continue;
            };
            let goes_with = |others: &&mut Vec<ChannelPart>| {
                others.iter().all(|other| {
                    let is_apart = part.start + part.count <= other.start || other.start + other.count <= part.start;
                    other.ends.input == part.ends.input && is_apart
                })
            };
            match groups.iter_mut().find(goes_with) {
                Some(parts) => parts.push(part),
                None => {
                    // Its place, until all of its parts are known.
                    steps.push(NormalStep::Part(part.clone()));
                    groups.push(vec![part]);
                }
            }
        }
        let mut groups = groups.into_iter();
        for step in &mut steps {
            if matches!(step, NormalStep::Part(_))
                && let Some(parts) = groups.next()
            {
                *step = NormalStep::Node(self.split_of(parts));
            }
        }
        self.steps = steps;
    }

    /// Takes the channels between the parts, of which there is at least one, as outputs that nothing reads.
    pub(super) fn split_of(&mut self, mut parts: Vec<ChannelPart>) -> NodeProto {
        let first = parts[0].ends.clone();
        let channels = self.shapes.get(&first.input).and_then(|dims| dims.get(1)).copied().unwrap_or_default();
        parts.sort_by_key(|part| part.start);
        let (mut outputs, mut sizes, mut at) = (Vec::new(), Vec::new(), 0);
        for ChannelPart { ends, start, count } in parts {
            if at < start {
                outputs.push(self.free_name(&format!("{}/before", ends.output)));
                sizes.push(start - at);
            }
            at = start + count;
            outputs.push(ends.output);
            sizes.push(count);
        }
        if at < channels {
            outputs.push(self.free_name(&format!("{}/after", first.output)));
            sizes.push(channels - at);
        }
        self.split_node(first.name, first.input, outputs, &sizes)
    }
}
