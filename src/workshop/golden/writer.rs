//! Writes a pack: one model, one or more pictures.
//!
//! ```text
//! DIR/manifest.json          what is what
//! DIR/requantization.json    multipliers and shifts
//! DIR/model.onnx             the model, for `golden check`
//! DIR/constants/…            weights and biases
//! DIR/PICTURE/…              every tensor of a picture
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::array::GoldenArray;
use super::axes::AxisOrder;
use super::encoding::PackEncoding;
use super::error::GoldenError;
use super::file_names::FileNames;
use super::manifest::{
    CONSTANTS, FORMAT, MANIFEST, MODEL, Manifest, PackArithmetic, PackedDetector, PackedModel, PackedPicture,
    PackedScale, PackedTensor, REQUANTIZATION, VERSION, ValueFigures,
};
use super::model_graph::ModelGraph;
use super::requantization::RequantizationTable;
use crate::detect::{Form, Letterbox, Size};
use crate::files::OutputFolder;
use crate::integer::{Element, Executor, Network, Rounding, Sums};

/// A model to make packs of.
pub struct GoldenModel {
    pub path: PathBuf,
    pub name: String,
    pub sha256: String,
    pub bytes: Vec<u8>,
    pub form: Form,
    pub graph: ModelGraph,
    /// In exact arithmetic.
    pub network: Network,
}

impl GoldenModel {
    /// Of a model's bytes; `name`, `sha256` and `form` are what is known of it.
    pub fn new(path: &Path, name: &str, sha256: &str, form: &Form, bytes: Vec<u8>) -> Result<Self, GoldenError> {
        let network = Network::read(&bytes).map_err(|cause| GoldenError::Integer { path: path.to_owned(), cause })?;
        let graph = ModelGraph::read(&bytes).map_err(|why| GoldenError::Model { path: path.to_owned(), why })?;
        let (path, name, sha256, form) = (path.to_owned(), name.to_owned(), sha256.to_owned(), form.clone());
        Ok(Self { path, name, sha256, bytes, form, graph, network })
    }

    /// Multipliers for a chip with M0 of `bits`.
    pub fn requantization(&self, bits: u32, rounding: Rounding) -> Result<RequantizationTable, GoldenError> {
        RequantizationTable::new(&self.network, &self.graph, bits, rounding).map_err(|why| self.refused(why))
    }

    /// In the arithmetic of a pack.
    pub fn network_in(&self, arithmetic: &PackArithmetic) -> Result<Network, GoldenError> {
        match arithmetic {
            PackArithmetic::Exact => Ok(self.network.clone()),
            PackArithmetic::Profile(profile) => {
                self.network.on_chip(profile).map_err(|cause| GoldenError::Integer { path: self.path.clone(), cause })
            }
        }
    }

    /// Names of the raw heads' tensors, in the order of the form.
    fn heads(&self) -> Result<Vec<String>, GoldenError> {
        let head = |head| {
            let dims = self.form.shape(head);
            let output = self.network.outputs().find(|output| output.dims() == dims);
            output.map(|output| output.name.clone())
        };
        let found: Option<Vec<String>> = self.form.heads.iter().map(head).collect();
        found.ok_or_else(|| self.refused("its outputs are not the raw heads of its form".into()))
    }

    fn refused(&self, why: String) -> GoldenError {
        GoldenError::Model { path: self.path.clone(), why }
    }
}

/// One picture for a pack.
pub struct GoldenPicture {
    /// Names its folder.
    pub name: String,
    pub file: String,
    pub sha256: String,
    pub size: Size,
    pub letterbox: Letterbox,
    /// `[1, 3, H, W]`.
    pub input: Vec<f32>,
}

/// Writes a pack file by file, so that one tensor at a time is in memory.
pub struct PackWriter<'a> {
    model: &'a GoldenModel,
    folder: OutputFolder,
    manifest: Manifest,
    executor: Executor,
    /// Of pictures.
    folders: FileNames,
    bytes: u64,
    count: usize,
}

impl<'a> PackWriter<'a> {
    /// Writes weights, biases and multipliers.
    pub fn new(
        model: &'a GoldenModel,
        folder: OutputFolder,
        arithmetic: PackArithmetic,
        encoding: PackEncoding,
        table: &RequantizationTable,
    ) -> Result<Self, GoldenError> {
        let executor = Executor::new(Arc::new(model.network_in(&arithmetic)?));
        let manifest = Manifest {
            format: FORMAT.into(),
            version: VERSION,
            program: format!("twinsight {}", env!("CARGO_PKG_VERSION")),
            model: PackedModel { name: model.name.clone(), sha256: model.sha256.clone(), file: MODEL.into() },
            arithmetic,
            encoding,
            detector: PackedDetector::new(&model.form, model.heads()?),
            nodes: model.graph.nodes.clone(),
            constants: Vec::new(),
            pictures: Vec::new(),
        };
        let mut folders = FileNames::default();
        // Pictures may be called like what else is in the pack.
        for taken in [CONSTANTS, MODEL, MANIFEST, REQUANTIZATION] {
            folders.unique(taken);
        }
        let mut writer = Self { model, folder, manifest, executor, folders, bytes: 0, count: 0 };
        writer.write(MODEL, &model.bytes)?;
        let text = table.to_json().map_err(|cause| model.refused(cause.to_string()))?;
        writer.write(REQUANTIZATION, text.as_bytes())?;
        writer.constants()?;
        Ok(writer)
    }

    fn constants(&mut self) -> Result<(), GoldenError> {
        let mut names = FileNames::default();
        for constant in &self.model.graph.constants {
            let layout = match constant.layout {
                AxisOrder::Oihw => self.manifest.encoding.weights,
                other => other,
            };
            let array = match layout {
                AxisOrder::Ohwi => constant.array.permuted(layout.axes_of_onnx()),
                _ => constant.array.clone(),
            };
            let place = [CONSTANTS, &names.unique(&constant.name)];
            let grid = (constant.scale.clone(), constant.zero_point);
            let packed = self.tensor(place, &constant.name, layout, &array, grid)?;
            self.manifest.constants.push(packed);
        }
        Ok(())
    }

    /// Computes a picture and writes all its tensors.
    pub fn add(&mut self, picture: GoldenPicture) -> Result<(), GoldenError> {
        let path = self.model.path.clone();
        self.executor.run(&picture.input, Sums::Exact).map_err(|cause| GoldenError::Integer { path, cause })?;
        let folder = self.folders.unique(&picture.name);
        let (mut names, mut tensors) = (FileNames::default(), Vec::new());
        let network = Arc::clone(self.executor.network());
        let encoding = self.manifest.encoding;
        for tensor in network.tensors() {
            // All have run.
            let Some(values) = self.executor.values(&tensor.name) else { continue };
            let array = encoding.stored(tensor, &values);
            let lift = if encoding.signed && tensor.element == Element::U8 { 128 } else { 0 };
            let grid = self.model.graph.grids.get(&tensor.name).filter(|_| array.value_type.ends().is_some());
            let grid = grid.map(|(scale, zero_point)| (PackedScale::One(*scale), zero_point - lift)).unzip();
            let place = [folder.as_str(), &names.unique(&tensor.name)];
            tensors.push(self.tensor(place, &tensor.name, encoding.layout(tensor), &array, grid)?);
        }
        self.manifest.pictures.push(PackedPicture {
            name: folder,
            file: picture.file,
            sha256: picture.sha256,
            width: picture.size.width,
            height: picture.size.height,
            letterbox: (&picture.letterbox).into(),
            tensors,
        });
        Ok(())
    }

    /// Writes one array, and says what it is.
    fn tensor(
        &mut self,
        [folder, file]: [&str; 2],
        name: &str,
        layout: AxisOrder,
        array: &GoldenArray,
        (scale, zero_point): (Option<PackedScale>, Option<i32>),
    ) -> Result<PackedTensor, GoldenError> {
        let format = self.manifest.encoding.format;
        let file = format!("{folder}/{file}.{}", format.extension());
        self.write(&file, &format.encode(name, layout, array))?;
        self.count += 1;
        let ValueFigures { min, max, at_low, at_high } = ValueFigures::of(array);
        Ok(PackedTensor {
            name: name.into(),
            file,
            value_type: array.value_type,
            shape: array.dims.clone(),
            layout,
            scale,
            zero_point,
            producer: self.model.graph.producer(name).map(|node| node.name.clone()),
            consumers: self.model.graph.consumers(name),
            crc32: format!("{:08x}", array.crc32()),
            min,
            max,
            at_low,
            at_high,
        })
    }

    fn write(&mut self, file: &str, bytes: &[u8]) -> Result<(), GoldenError> {
        self.bytes += bytes.len() as u64;
        Ok(self.folder.write(file, bytes)?)
    }

    /// Writes the manifest and puts the folder into its place.
    pub fn finish(mut self) -> Result<WrittenPack, GoldenError> {
        let text =
            serde_json::to_string_pretty(&self.manifest).map_err(|cause| self.model.refused(cause.to_string()))?;
        self.write(MANIFEST, (text + "\n").as_bytes())?;
        let Self { folder, manifest, bytes, count, .. } = self;
        folder.finish()?;
        Ok(WrittenPack { manifest, bytes, arrays: count })
    }
}

/// What was written.
pub struct WrittenPack {
    pub manifest: Manifest,
    /// Of all files.
    pub bytes: u64,
    /// Number of arrays.
    pub arrays: usize,
}
