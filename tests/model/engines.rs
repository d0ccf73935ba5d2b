//! Two engines, one result: INT8 models in ONNX Runtime and in the integer engine.

use std::path::{Path, PathBuf};

use twinsight::detect::{Letterboxer, RawHeads};
use twinsight::integer::Profile;
use twinsight::model::{
    Arithmetic, Catalog, Detector, GoldenHeads, InferenceEngine, ModelError, ModelInfo, ModelLoader, ModelName,
    ModelRequest, Precision,
};
use twinsight::source::load;

use crate::program::{installed, models, twinsight};

fn loader() -> ModelLoader {
    ModelLoader::new(Catalog::at(models()))
}

fn by(name: &ModelName, engine: InferenceEngine) -> ModelRequest {
    ModelRequest::from(name.clone()).by(Some(engine)).unwrap()
}

/// The photos of set-up, and noise, in which every byte occurs.
fn inputs(info: &ModelInfo) -> Vec<Vec<f32>> {
    let mut letterboxer = Letterboxer::new(info.form.input);
    let photo = |photo: &str| {
        letterboxer.fill(&load(&models().join("downloads").join(photo)).unwrap());
        letterboxer.tensor().to_vec()
    };
    let noise = (0..info.form.input_len()).map(|i| ((i * 7919 % 256) as f64 / 255.0) as f32).collect();
    ["bus.jpg", "zidane.jpg"].map(photo).into_iter().chain([noise]).collect()
}

fn bits(detector: &mut dyn Detector, input: &[f32]) -> Vec<Vec<u32>> {
    let mut heads = RawHeads::default();
    detector.run(input, &mut heads).unwrap();
    heads.heads.iter().map(|head| head.iter().map(|value| value.to_bits()).collect()).collect()
}

#[test]
fn exact_is_the_same_to_the_last_bit_in_both_engines() {
    for name in [ModelName::Int8, ModelName::Tuned, ModelName::Safe] {
        let [mut session, mut integer] = InferenceEngine::ALL.map(|engine| loader().load(&by(&name, engine)).unwrap());
        for (engine, detector) in InferenceEngine::ALL.into_iter().zip([&session, &integer]) {
            let info = detector.info();
            assert_eq!((info.engine.engine, info.arithmetic.as_ref()), (engine, Some(&Arithmetic::Exact)));
            assert_eq!(info.engine.kernel.is_some(), engine == InferenceEngine::Integer);
            assert!(info.computed_as().unwrap().starts_with("exact, "), "{info:?}");
        }
        let [a, b] = [session.info(), integer.info()].map(|info| ModelInfo {
            name: String::new(),
            engine: twinsight::model::EngineInfo::ONNX_RUNTIME,
            ..ModelInfo::clone(info)
        });
        assert_eq!(a, b, "everything else that is known of a model is the same");
        for input in inputs(&a) {
            assert!(bits(&mut *session, &input) == bits(&mut *integer, &input), "{}", name.label());
        }
    }
}

#[test]
fn where_nobody_chose_the_reason_is_told() {
    for loader in [loader(), ModelLoader::measuring(Catalog::at(models()))] {
        let detector = loader.load(&ModelName::Int8.into()).unwrap();
        let info = detector.info();
        assert!(info.engine.why.as_ref().is_some_and(|why| !why.is_empty()), "{info:?}");
        assert_eq!(info.name, "INT8");
    }
    let preferred = loader().with_engine(Some(InferenceEngine::Integer));
    assert_eq!(preferred.load(&ModelName::Int8.into()).unwrap().info().engine.engine, InferenceEngine::Integer);
    let native = ModelRequest::new(ModelName::Int8, Arithmetic::Native);
    assert_eq!(preferred.load(&native).unwrap().info().engine.engine, InferenceEngine::OnnxRuntime);
    let float = preferred.load(&ModelName::Fp32.into()).unwrap();
    assert_eq!((float.info().engine.engine, &float.info().engine.why), (InferenceEngine::OnnxRuntime, &None));
}

/// The window changes a profile while pictures come: what was read once is not read again.
#[test]
fn another_profile_of_a_model_needs_no_other_reading() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("copy.onnx");
    std::fs::copy(installed("yolov4-tiny-416_int8_tuned.onnx"), &path).unwrap();
    let loader = loader();
    let request = |bits| {
        let profile = Profile { name: "mine".into(), multiplier_bits: bits, ..Profile::built_in("m16").unwrap() };
        ModelRequest::new(ModelName::File(path.clone()), profile.into())
    };
    let mut first = loader.load(&request(16)).unwrap();
    let stamp = loader.stamp(&ModelName::File(path.clone()));
    // The same length and the same time: no bytes are read to find out.
    let about = std::fs::metadata(&path).unwrap();
    std::fs::write(&path, vec![0; about.len() as usize]).unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(about.modified().unwrap()).unwrap();
    assert_eq!(loader.stamp(&ModelName::File(path.clone())), stamp);
    let mut second = loader.load(&request(4)).unwrap();
    assert_eq!(second.info().name, "copy (mine)");
    let inputs = inputs(second.info());
    assert!(bits(&mut *first, &inputs[0]) != bits(&mut *second, &inputs[0]));
}

fn quantized(node: &str, dir: &Path) -> PathBuf {
    let path = dir.join("part.onnx");
    let mut command = twinsight();
    command.args(["models", "quantize", "--recipe", "card", "--exclude", node, "-o"]).arg(&path);
    assert!(command.output().unwrap().status.success());
    path
}

#[test]
fn a_model_that_is_partly_in_float_is_exact_in_onnx_runtime_alone() {
    let dir = tempfile::tempdir().unwrap();
    let name = ModelName::File(quantized("layer_18_conv", dir.path()));
    // The reason is the node that stands in the way, or that the integer engine has no vector kernel here.
    let detector = loader().load(&name.clone().into()).unwrap();
    let info = detector.info();
    assert_eq!((info.engine.engine, info.precision), (InferenceEngine::OnnxRuntime, Precision::Int8));
    assert!(info.engine.why.is_some());
    for request in [by(&name, InferenceEngine::Integer), ModelRequest::new(name, Arithmetic::Saturating)] {
        let error = loader().load(&request).err().unwrap();
        assert!(matches!(error, ModelError::Integer { .. }));
        let text = error.to_string();
        assert!(text.contains("part.onnx") && text.contains("layer_18"), "{text}");
    }
}

/// A model whose file says all of itself is not opened to know it.
#[test]
fn a_model_is_known_as_it_is_when_it_is_opened() {
    let loader = loader().with_engine(Some(InferenceEngine::Integer));
    for name in [ModelName::Fp32, ModelName::Int8, ModelName::Tuned] {
        let request = ModelRequest::from(name);
        let (known, bytes) = loader.identify(&request).unwrap();
        assert_eq!(known, *loader.load(&request).unwrap().info());
        assert_eq!(bytes, std::fs::read(&known.path).unwrap());
    }
}

/// The folder of a golden pack is no model's file.
#[test]
fn raw_heads_of_some_pictures_are_not_known_as_a_model() {
    let heads = GoldenHeads { pack: models(), model: "INT8".into(), dump: None };
    let refused = loader().identify(&ModelRequest::from(ModelName::Golden(heads))).unwrap_err();
    assert!(matches!(refused, ModelError::Heads(_)), "{refused}");
    assert!(refused.to_string().contains("twinsight view"), "{refused}");
}
