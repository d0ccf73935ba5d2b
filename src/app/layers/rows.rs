//! The layers as they are listed: sorted, and which of them are chosen.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::workshop::layers::Study;

/// Number of layers that are highlighted as the worst.
pub const WORST: usize = 3;

/// Noise below this is none; the input's is nothing but rounding errors of the bytes that it came as.
const NO_NOISE: f64 = 90.0;

/// One tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerRow {
    /// In the order of the graph.
    pub place: usize,
    /// The tensor, as the float model names it.
    pub name: String,
    pub op: String,
    /// In dB.
    pub propagated: f64,
    /// In dB; `None`: its node rounds nothing.
    pub isolated: Option<f64>,
    /// 1 − IoU of the boxes with this node alone in INT8; `None`: it rounds nothing, or there are no boxes.
    pub iou_loss: Option<f64>,
    /// The part of all nodes' `iou_loss`.
    pub share: Option<f64>,
    /// The followed box's score with this node alone in INT8.
    pub alone: Option<f32>,
    /// How far that is above the float model's; below 0 where the score falls.
    pub change: Option<f32>,
    /// The followed box's score with everything up to here in INT8.
    pub up_to: Option<f32>,
    /// Of a million pairs of products, how many leave 16 bits; `None`: there are none, or it is not known.
    pub overflowing: Option<f64>,
    /// The share of its bytes that are not those of exact arithmetic; `None`: B's arithmetic is exact, or it is not known.
    pub differing: Option<f64>,
}

impl LayerRow {
    pub fn all(study: &Study) -> Vec<Self> {
        let float = study.target.map(|[float, _]| float);
        let row = |(place, studied): (usize, &crate::workshop::layers::Studied)| {
            let layer = &studied.layer;
            let alone = studied.loss.as_ref().and_then(|loss| loss.target);
            Self {
                place,
                name: layer.tensor.clone(),
                op: layer.op.clone(),
                propagated: layer.propagated,
                isolated: layer.isolated,
                // Without boxes nothing was moved, and nothing was measured.
                iou_loss: studied.loss.as_ref().filter(|loss| loss.seen).map(|loss| loss.iou_loss),
                share: studied.share,
                alone,
                change: float.and_then(|float| studied.change(float)),
                up_to: studied.up_to,
                overflowing: studied.overflowing,
                differing: layer.differing,
            }
        };
        study.layers.iter().enumerate().map(row).collect()
    }

    /// Whether a model can be built with its node in float: the input has none.
    pub fn can_be_float(&self) -> bool {
        self.isolated.is_some() && self.op != "QuantizeLinear"
    }

    /// Isolated noise, as far as it is any.
    pub fn noise(&self) -> Option<f64> {
        self.isolated.filter(|db| *db < NO_NOISE)
    }

    /// For screen readers: "head_stride_32, QLinearConv: SQNR cumulative 19.1 dB, this layer 35.8 dB, boxes 17.90 %".
    pub fn words(&self) -> String {
        let mut words = format!("{}, {}: SQNR cumulative {}", self.name, self.op, decibel(Some(self.propagated)));
        words += &format!(", this layer {}", decibel(self.isolated));
        if let Some(loss) = self.iou_loss {
            words += &format!(", boxes {:.2} %", loss * 100.0);
        }
        if let Some(overflowing) = self.overflowing {
            words += &format!(", overflow {} per million", per_million(overflowing));
        }
        if let Some(differing) = self.differing {
            words += &format!(", bytes that differ from exact {}", of_bytes(differing));
        }
        if let (Some(alone), Some(up_to)) = (self.alone, self.up_to) {
            words += &format!(", score this layer only {alone:.3}, cumulative {up_to:.3}");
        }
        words
    }
}

/// "19.1 dB"; "–" where nothing differs or is rounded.
pub fn decibel(db: Option<f64>) -> String {
    db.filter(|db| db.is_finite()).map_or_else(|| "–".into(), |db| format!("{db:.1} dB"))
}

/// "3816", "12.4", "<0.1", "0".
pub fn per_million(parts: f64) -> String {
    match parts {
        0.0 => "0".into(),
        0.0..0.1 => "<0.1".into(),
        0.1..100.0 => format!("{parts:.1}"),
        _ => format!("{parts:.0}"),
    }
}

/// "1.25 %", "<0.01 %", "0 %".
pub fn of_bytes(share: f64) -> String {
    match share * 100.0 {
        0.0 => "0 %".into(),
        0.0..0.01 => "<0.01 %".into(),
        percent => format!("{percent:.2} %"),
    }
}

/// What the table is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerSortKey {
    /// The graph's order.
    Layer,
    Op,
    Propagated,
    Isolated,
    Boxes,
    /// Pairs that leave 16 bits.
    Overflow,
    /// Bytes that differ from exact arithmetic's.
    Differing,
    /// How this layer alone changes the followed box's score.
    Alone,
    UpTo,
}

/// What is listed, and what a person chose of it.
#[derive(Clone, Debug)]
pub struct Rows {
    /// In the order of the graph.
    pub all: Vec<LayerRow>,
    /// Places in `all`, sorted.
    pub order: Vec<usize>,
    key: LayerSortKey,
    /// The other way round.
    turned: bool,
    /// The followed box's score is higher in INT8 than in float.
    rises: bool,
    /// The row that is looked at, by its place in `all`.
    pub chosen: Option<usize>,
    /// Under the pointer, in the table or in a plot.
    pub hovered: Option<usize>,
    /// Names of those that shall be in float.
    pub ticked: BTreeSet<String>,
}

impl Default for Rows {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            order: Vec::new(),
            key: LayerSortKey::Boxes,
            turned: false,
            rises: false,
            chosen: None,
            hovered: None,
            ticked: BTreeSet::new(),
        }
    }
}

impl Rows {
    /// Takes what was found; the worst come first, of the followed box where there is one.
    pub fn fill(&mut self, study: &Study) {
        self.all = LayerRow::all(study);
        self.key = match study.target {
            Some(_) => LayerSortKey::Alone,
            None if self.all.iter().any(|row| row.iou_loss.is_some()) => LayerSortKey::Boxes,
            None => LayerSortKey::Isolated,
        };
        self.turned = false;
        self.rises = study.target.is_some_and(|[float, int8]| int8 > float);
        self.ticked.retain(|name| self.all.iter().any(|row| row.name == *name && row.can_be_float()));
        self.chosen = None;
        self.hovered = None;
        self.sort();
    }

    /// How far this layer alone moves the followed box's score the way that all layers together move it.
    pub fn towards(&self, row: &LayerRow) -> Option<f64> {
        let change = f64::from(row.change?);
        Some(if self.rises { change } else { -change })
    }

    /// Whether B's arithmetic is one whose bytes are compared with exact arithmetic's.
    pub fn has_differing(&self) -> bool {
        self.all.iter().any(|row| row.differing.is_some())
    }

    /// What it is sorted by, and whether the other way round.
    pub fn sorted_by(&self) -> (LayerSortKey, bool) {
        (self.key, self.turned)
    }

    /// Sorts by a column; once more turns it round.
    pub fn sort_by(&mut self, key: LayerSortKey) {
        self.turned = self.key == key && !self.turned;
        self.key = key;
        self.sort();
    }

    fn sort(&mut self) {
        let all = &self.all;
        // The worst first.
        let harm = |row: &LayerRow| match self.key {
            LayerSortKey::Layer | LayerSortKey::Op => Some(0.0),
            LayerSortKey::Propagated => Some(-row.propagated).filter(|db| db.is_finite()),
            LayerSortKey::Isolated => row.isolated.map(|db| -db).filter(|db| db.is_finite()),
            LayerSortKey::Boxes => row.iou_loss,
            LayerSortKey::Overflow => row.overflowing,
            LayerSortKey::Differing => row.differing,
            LayerSortKey::Alone => self.towards(row),
            LayerSortKey::UpTo => row.up_to.map(|score| f64::from(if self.rises { score } else { -score })),
        };
        let by_op = self.key == LayerSortKey::Op;
        let mut order: Vec<usize> = (0..all.len()).collect();
        order.sort_by(|i, j| {
            let (x, y) = (harm(&all[*i]), harm(&all[*j]));
            let op = if by_op { all[*i].op.cmp(&all[*j].op) } else { Ordering::Equal };
            let figures = x.zip(y).map_or(Ordering::Equal, |(x, y)| y.total_cmp(&x));
            let forwards = op.then(figures).then(i.cmp(j));
            // What has no figure comes last in both directions.
            x.is_none().cmp(&y.is_none()).then(if self.turned { forwards.reverse() } else { forwards })
        });
        self.order = order;
    }

    /// The places of the worst by a figure, of which more is worse.
    pub fn worst(&self, harm: impl Fn(&LayerRow) -> Option<f64>) -> Vec<usize> {
        let mut found: Vec<(usize, f64)> =
            self.all.iter().filter_map(|row| Some((row.place, harm(row)?))).filter(|(_, harm)| *harm != 0.0).collect();
        found.sort_by(|x, y| y.1.total_cmp(&x.1));
        found.into_iter().take(WORST).map(|(place, _)| place).collect()
    }

    /// What would be left in float: the ticked, or else the chosen one. In the order of the graph.
    pub fn wanted(&self) -> Vec<String> {
        let chosen = self.chosen.and_then(|place| self.all.get(place)).filter(|row| row.can_be_float());
        if self.ticked.is_empty() {
            return chosen.map(|row| row.name.clone()).into_iter().collect();
        }
        self.all.iter().map(|row| &row.name).filter(|name| self.ticked.contains(*name)).cloned().collect()
    }

    pub fn tick(&mut self, place: usize) {
        let Some(row) = self.all.get(place).filter(|row| row.can_be_float()) else { return };
        if !self.ticked.remove(&row.name) {
            self.ticked.insert(row.name.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workshop::layers::{BoxLoss, LayerNoise, Studied};

    fn study() -> Study {
        let one = |tensor: &str, propagated: f64, isolated: Option<f64>, loss: f64| Studied {
            layer: LayerNoise {
                node: format!("{tensor}_quant"),
                op: if isolated.is_some() { "QLinearConv" } else { "Split" }.into(),
                tensor: tensor.into(),
                shape: vec![1, 3, 4, 4],
                propagated,
                isolated,
                differing: None,
                clipped: None,
            },
            loss: isolated.map(|_| BoxLoss {
                iou_loss: loss,
                score_change: 0.1,
                seen: true,
                target: Some(0.5 - loss as f32),
            }),
            share: Some(loss),
            up_to: Some(0.4),
            overflowing: isolated.map(|_| 12.345),
        };
        let layers = vec![one("a", 30.0, Some(31.0), 0.01), one("b", 20.0, None, 0.0), one("c", 10.0, Some(29.0), 0.2)];
        Study { layers, pictures: 1, overflow: None, target: None }
    }

    #[test]
    fn the_worst_come_first_and_a_second_click_turns_it_round() {
        let mut rows = Rows::default();
        rows.fill(&study());
        assert_eq!(rows.order, [2, 0, 1], "by boxes; what moves none is last");
        rows.sort_by(LayerSortKey::Layer);
        assert_eq!(rows.order, [0, 1, 2]);
        rows.sort_by(LayerSortKey::Layer);
        assert_eq!(rows.order, [2, 1, 0]);
        rows.sort_by(LayerSortKey::Propagated);
        assert_eq!(rows.order, [2, 1, 0]);
        rows.fill(&Study { target: Some([0.5, 0.4]), ..study() });
        assert_eq!((rows.sorted_by().0, rows.order.as_slice()), (LayerSortKey::Alone, &[2, 0, 1][..]));
    }

    #[test]
    fn what_has_no_figure_is_last_in_both_directions() {
        let mut rows = Rows::default();
        rows.fill(&Study { target: Some([0.5, 0.4]), ..study() });
        for key in [LayerSortKey::Isolated, LayerSortKey::Overflow, LayerSortKey::Alone] {
            rows.sort_by(key);
            assert_eq!(rows.order[2], 1, "{key:?}");
            rows.sort_by(key);
            assert_eq!((rows.order[2], rows.sorted_by().1), (1, true), "{key:?} turned round");
        }
    }

    #[test]
    fn the_worst_of_a_score_that_rises_are_those_that_raise_it() {
        let mut rows = Rows::default();
        let found = study();
        // Alone, a gives it 0.49 and c 0.3.
        for (float, int8, order) in [(0.2, 0.4, [0, 2, 1]), (0.5, 0.4, [2, 0, 1])] {
            rows.fill(&Study { target: Some([float, int8]), ..found.clone() });
            assert_eq!(rows.order, order, "{float} → {int8}");
            assert_eq!(rows.worst(|row| rows.towards(row).filter(|by| *by > 0.0)), order[..2]);
        }
    }

    #[test]
    fn what_rounds_nothing_cannot_be_left_in_float() {
        let mut rows = Rows::default();
        rows.fill(&study());
        assert!(rows.wanted().is_empty());
        rows.chosen = Some(1);
        assert!(rows.wanted().is_empty(), "a split");
        rows.chosen = Some(2);
        assert_eq!(rows.wanted(), ["c"]);
        rows.tick(1);
        rows.tick(0);
        assert_eq!(rows.wanted(), ["a"], "what is ticked counts");
        rows.tick(0);
        assert_eq!(rows.wanted(), ["c"]);
    }

    #[test]
    fn bytes_that_differ_from_exact_have_a_column_where_they_are_known() {
        let mut rows = Rows::default();
        rows.fill(&study());
        assert!(!rows.has_differing());
        for (row, share) in rows.all.iter_mut().zip([0.0, 0.0125, 0.5]) {
            row.differing = Some(share);
        }
        assert!(rows.has_differing());
        rows.sort_by(LayerSortKey::Differing);
        assert_eq!(rows.order, [2, 1, 0]);
        assert!(rows.all[1].words().contains(", bytes that differ from exact 1.25 %"), "{}", rows.all[1].words());
        assert_eq!([0.0, 1e-5, 1.0].map(of_bytes), ["0 %", "<0.01 %", "100.00 %"]);
    }

    #[test]
    fn the_words_have_every_figure() {
        let mut rows = Rows::default();
        rows.fill(&study());
        assert_eq!(
            rows.all[2].words(),
            "c, QLinearConv: SQNR cumulative 10.0 dB, this layer 29.0 dB, boxes 20.00 %, overflow 12.3 per million, \
             score this layer only 0.300, cumulative 0.400"
        );
    }
}
