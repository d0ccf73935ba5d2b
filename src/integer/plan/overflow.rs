//! How often the products of a plan's last run overflow int16.

use super::Plan;
use crate::integer::ConvOverflow;
use crate::integer::conv::Scratch;
use crate::integer::network::Op;

impl Plan {
    /// How often pairs of products left int16 in each convolution and matrix product of the last run, in graph order; `None`
    /// if nothing has been run, or its tensors are not kept ([`PlanOptions::keeps`](super::PlanOptions::keeps)). It
    /// examines the activations of that run, however they were summed.
    pub fn overflows(&self) -> Option<Vec<ConvOverflow>> {
        let network = self.network();
        let (mut bytes, mut scratch) = (Vec::new(), Scratch::default());
        let mut found = Vec::new();
        for step in &network.steps {
            let Op::Conv(conv) = &step.op else { continue };
            let [input, output] = [step.input, step.output].map(|tensor| &network.tensors[tensor]);
            bytes.resize(input.shape.values(), 0);
            self.bytes(input, &mut bytes)?;
            conv.reserve(&mut scratch);
            found.push(ConvOverflow {
                node: step.node.clone(),
                tensor: output.name.clone(),
                pairs: conv.pairs(output.shape),
                overflowing: conv.overflowing((&bytes, input.shape), output.shape, &mut scratch),
            });
        }
        Some(found)
    }
}
