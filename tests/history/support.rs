//! Observations built without an engine.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use twinsight::detect::{Classes, Form, Frame, Head, Letterbox, RawHeads, Size};
use twinsight::engine::{Observation, Output, Times};
use twinsight::history::{Compactor, Moment};
use twinsight::model::{EngineInfo, ModelInfo, Precision};
use twinsight::source::Description;

/// Cells of the small model's only head.
pub const CELLS: usize = 16;

pub const CLASSES: usize = 20;

/// What a model sees: a class, a score and a cell.
pub type Sight = (usize, f32, usize);

/// All times are after this.
pub static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A 64×64 input, a 4×4 grid of cells of 16 pixels, one anchor of a cell's size, so many classes that there are
/// more than 256 values.
pub fn form() -> Form {
    Form {
        input: Size::new(64, 64),
        classes: Classes::new((0..CLASSES).map(|id| format!("class {id}"))),
        heads: vec![Head { stride: 16, anchors: vec![[16.0, 16.0]], scale_x_y: 1.0 }],
    }
}

pub fn model(name: &str) -> Arc<ModelInfo> {
    Arc::new(ModelInfo {
        name: name.into(),
        path: format!("{name}.onnx").into(),
        sha256: name.into(),
        precision: Precision::Unknown,
        recipe: None,
        arithmetic: None,
        engine: EngineInfo::ONNX_RUNTIME,
        form: form(),
    })
}

/// `many`: with more than 256 different values, as FP32 has; else with few, as INT8 has.
pub fn heads(sights: &[Sight], many: bool) -> RawHeads {
    let mut heads = RawHeads::zeros(&form());
    let values = &mut heads.heads[0];
    // Objectness and classes that no threshold lets through, all different where wanted.
    for (i, value) in values.iter_mut().enumerate().skip(4 * CELLS) {
        *value = if many { -20.0 - i as f32 * 0.001 } else { -20.0 };
    }
    for &(class, score, cell) in sights {
        values[4 * CELLS + cell] = 20.0;
        values[(5 + class) * CELLS + cell] = (score / (1.0 - score)).ln();
    }
    heads
}

/// Not flat, and another for each number.
pub fn picture(size: Size, number: u64) -> Frame {
    let mut frame = Frame::new(size).unwrap();
    let stride = frame.stride();
    for (i, value) in frame.rgb_mut().iter_mut().enumerate() {
        let (x, y) = ((i % stride / 3) as f32, (i / stride) as f32);
        let wave = ((x + number as f32 * 5.0) * 0.11).sin() * 60.0 + (y * 0.07 + i as f32 % 3.0).cos() * 60.0;
        *value = (128.0 + wave) as u8;
    }
    frame
}

/// An observation 40 ms after the one before; one model for each list of sights.
pub fn observation(sequence: u64, sights: &[&[Sight]]) -> Observation {
    let outputs = sights.iter().enumerate().map(|(slot, sights)| Output {
        slot,
        model: model(["FP32", "INT8"][slot]),
        heads: Arc::new(heads(sights, slot == 0)),
        letterbox: Letterbox::new(Size::new(64, 64), Size::new(64, 64)),
        inference: Duration::from_millis(20 - 10 * slot as u64 + sequence % 3),
    });
    let captured = *START + Duration::from_millis(40) * sequence as u32;
    Observation {
        frame_id: 1000 + sequence,
        sequence,
        frame: Arc::new(picture(Size::new(64, 48), sequence)),
        outputs: outputs.collect(),
        times: Times {
            captured,
            capture: Duration::from_millis(33),
            letterbox: Duration::from_micros(400),
            finished: captured + Duration::from_millis(35),
        },
        source_generation: 2,
        description: Description { name: "fake".into(), nominal_rate: Some(25.0), ..Description::default() },
    }
}

pub fn moment(observation: &Observation) -> Moment {
    Compactor::default().run(observation)
}

pub fn bits(heads: &RawHeads) -> Vec<Vec<u32>> {
    heads.heads.iter().map(|t| t.iter().map(|v| v.to_bits()).collect()).collect()
}
