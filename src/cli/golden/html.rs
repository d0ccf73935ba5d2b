//! A check as one page that stands alone.

use super::headline::headline;
use super::text::{percent, short, told, why};
use crate::cli::compare::export::html::{Aside, colours, figure, legend};
use crate::cli::compare::report::PictureReport;
use crate::cli::output::html::{data_uri, document, escaped};
use crate::detect::{Frame, Size};
use crate::workshop::golden::{CheckReport, CheckedTensor, GoldenPack, Outcome, OutcomeCounts, PackedPicture};

/// The page. The picture is what the model was given, from the pack.
pub fn html(pack: &GoldenPack, picture: &PackedPicture, found: &CheckReport, boxes: &PictureReport<'_>) -> String {
    let title = format!("Board against golden pack: {}", escaped(&picture.name));
    let mut page = format!("<h1>{title}</h1>\n<p>{}.</p>\n{}", escaped(&headline(found)), tiles(found));
    if let Some(first) = found.first_wrong() {
        let node = first.node.as_ref().map_or_else(String::new, |node| format!("<small>{}</small>", escaped(node)));
        page += &format!(
            "<article>\n<h3>First wrong: {} {node}</h3>\n<p>{}.</p>\n</article>\n",
            escaped(&first.tensor),
            escaped(&why(first).unwrap_or_default())
        );
    }
    page += &format!("<h2>Boxes</h2>\n{}", legend("golden", "board"));
    let note = told(found, boxes).lines().next().unwrap_or_default().to_owned();
    let aside = Aside { note: Some(note), ..Aside::default() };
    page += &figure(boxes, uri(pack, picture).as_deref(), &aside);
    page += &layers(found);
    page += &footer(pack, picture, found);
    document(&title, &colours(), &page)
}

fn tiles(found: &CheckReport) -> String {
    let OutcomeCounts { exact, follows, wrong, not_dumped } = found.counts();
    let tiles = [
        ("exact", exact, "matched"),
        ("right for their inputs", follows, "flip"),
        ("wrong", wrong, "lost"),
        ("not dumped", not_dumped, ""),
    ];
    let tile = |(name, count, class): (&str, usize, &str)| {
        format!("<div class=\"tile {class}\"><b>{count}</b><span>{name}</span></div>\n")
    };
    format!("<div class=\"tiles\">\n{}</div>\n", tiles.map(tile).concat())
}

fn layers(found: &CheckReport) -> String {
    let row = |tensor: &CheckedTensor| {
        let cells = tensor.difference.as_ref().map_or_else(
            || "<td>–</td>".repeat(4),
            |of| {
                let (differ, more) = [of.differ, of.differ_by_more].map(|share| escaped(&percent(share))).into();
                format!("<td>{differ}</td><td>{more}</td><td>{}</td><td>{}</td>", short(of.largest), of.crc32)
            },
        );
        let outcome = match &tensor.outcome {
            Outcome::Exact => "exact".to_owned(),
            Outcome::Follows => "right for its inputs".to_owned(),
            Outcome::NotDumped => "not dumped".to_owned(),
            Outcome::Wrong { .. } => format!("<b>{}</b>", escaped(&why(tensor).unwrap_or_default())),
        };
        format!("<tr><td>{}</td>{cells}<td>{outcome}</td></tr>\n", escaped(&tensor.tensor))
    };
    format!(
        "<h2>Tensors</h2>\n<div class=\"wide\"><table class=\"figures\"><tr><th>tensor</th><th>differ</th><th>by more \
         than 1</th><th>largest</th><th>CRC-32</th><th></th></tr>\n{}</table></div>\n",
        found.tensors.iter().map(row).collect::<String>()
    )
}

/// What the model was given, cut to the picture and stretched to its size.
fn uri(pack: &GoldenPack, picture: &PackedPicture) -> Option<String> {
    let input = picture.tensors.first()?;
    let array = pack.array(input).ok()?;
    let array = array.permuted(input.layout.axes_in_onnx());
    let [_, 3, height, width] = array.dims[..] else { return None };
    let floats: Vec<f32> = array.words().into_iter().map(|bits| f32::from_bits(bits.cast_unsigned())).collect();
    let place = picture.letterbox;
    let size = Size::new(picture.width, picture.height);
    // A picture of the size that its boxes are in, within reason.
    let (columns, rows) = (size.width as usize, size.height as usize);
    let mut frame = Frame::new(size).ok()?;
    let plane = height * width;
    for (at, pixel) in frame.rgb_mut().chunks_exact_mut(3).enumerate() {
        let (x, y) = (at % columns, at / columns);
        let from = |at: usize, of: usize, length: u32, start: u32| at * length as usize / of.max(1) + start as usize;
        let (x, y) = (from(x, columns, place.width, place.left), from(y, rows, place.height, place.top));
        for (channel, value) in pixel.iter_mut().enumerate() {
            let found = floats.get(channel * plane + y.min(height - 1) * width + x.min(width - 1));
            *value = found.map_or(0, |value| (value * 255.0).round() as u8);
        }
    }
    data_uri(&frame)
}

fn footer(pack: &GoldenPack, picture: &PackedPicture, found: &CheckReport) -> String {
    let manifest = &pack.manifest;
    let unknown: String =
        found.unknown.iter().map(|file| format!("{} belongs to no tensor.<br>", escaped(file))).collect();
    format!(
        "<footer><p>{unknown}{} in the arithmetic {}, sha256 <code>{}</code>; {}, sha256 <code>{}</code>.</p>\n<p>Made by \
         Twinsight {}.</p></footer>\n",
        escaped(&manifest.model.name),
        escaped(manifest.arithmetic.name()),
        escaped(&manifest.model.sha256),
        escaped(&picture.file),
        escaped(&picture.sha256),
        env!("CARGO_PKG_VERSION")
    )
}
