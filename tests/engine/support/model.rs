//! Models that write the number of their input frame into their heads.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crossbeam_channel::{Receiver, Sender, select};
use twinsight::detect::RawHeads;
use twinsight::engine::Load;
use twinsight::model::{Detector, ModelError, ModelInfo, ModelName, ModelRequest};

use super::Curtain;

/// How a fake model behaves from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Good,
    Fails,
    Panics,
}

pub struct FakeModel {
    pub info: Arc<ModelInfo>,
    pub mood: Mood,
    /// `Some`: each run waits for a token.
    pub gate: Option<Receiver<()>>,
}

pub type Models = Arc<Mutex<HashMap<ModelName, FakeModel>>>;

pub struct FakeDetector {
    pub name: ModelName,
    pub info: Arc<ModelInfo>,
    pub models: Models,
    pub runs: Sender<(String, u32)>,
    pub curtain: Curtain,
}

impl Detector for FakeDetector {
    fn info(&self) -> &Arc<ModelInfo> {
        &self.info
    }

    /// Writes the number that the frame's pixels carry into every place of the heads.
    fn run(&mut self, input: &[f32], heads: &mut RawHeads) -> Result<(), ModelError> {
        let plane = self.info.form.input.area() as usize;
        // In the middle, where a frame of any form covers the input.
        let middle = plane / 2 + self.info.form.input.width as usize / 2;
        let byte = |at: usize| (input[at] * 255.0).round() as u32;
        let number = byte(middle) + (byte(plane + middle) << 8);
        self.runs.send((self.info.name.clone(), number)).unwrap();
        let (mood, gate) = {
            let models = self.models.lock().unwrap();
            let model = &models[&self.name];
            (model.mood, model.gate.clone())
        };
        if let Some(gate) = gate {
            select! {
                recv(gate) -> _ => {}
                recv(self.curtain) -> _ => {}
            }
        }
        match mood {
            Mood::Good => {
                heads.fit(&self.info.form);
                heads.heads.iter_mut().for_each(|head| head.fill(number as f32));
                Ok(())
            }
            Mood::Fails => {
                Err(ModelError::Run { name: self.info.name.clone(), cause: format!("no memory for {number}") })
            }
            Mood::Panics => panic!("a model's fault"),
        }
    }
}

pub struct FakeLoader {
    pub models: Models,
    pub runs: Sender<(String, u32)>,
    pub loads: Sender<ModelName>,
    pub curtain: Curtain,
}

impl Load for FakeLoader {
    fn load(&self, request: &ModelRequest) -> Result<Box<dyn Detector>, ModelError> {
        let name = &request.name;
        self.loads.send(name.clone()).unwrap();
        assert_ne!(*name, ModelName::File("panics.onnx".into()), "a loader's fault");
        match self.models.lock().unwrap().get(name) {
            Some(model) => Ok(Box::new(FakeDetector {
                name: name.clone(),
                info: Arc::clone(&model.info),
                models: Arc::clone(&self.models),
                runs: self.runs.clone(),
                curtain: self.curtain.clone(),
            })),
            None => Err(ModelError::NotInstalled { name: name.label(), path: "nowhere.onnx".into() }),
        }
    }

    /// Another input size is another file.
    fn stamp(&self, name: &ModelName) -> u64 {
        self.models.lock().unwrap().get(name).map_or(0, |model| model.info.form.input.area())
    }
}
