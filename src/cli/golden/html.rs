//! A check as one page that stands alone.

use super::headline::headline;
use super::text::{percent, told, why};
use crate::cli::compare::export::html::{Aside, colours, figure, legend};
use crate::cli::compare::report::PictureReport;
use crate::cli::output::html::{data_uri, document, escaped};
use crate::workshop::golden::{
    CheckReport, CheckedTensor, GoldenPack, Outcome, OutcomeCounts, PackedPicture, three_digits,
};

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
                format!("<td>{differ}</td><td>{more}</td><td>{}</td><td>{}</td>", three_digits(of.largest), of.crc32)
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

/// What the model was given, without the bars around it.
fn uri(pack: &GoldenPack, picture: &PackedPicture) -> Option<String> {
    data_uri(&pack.input_picture(picture).ok()?)
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
