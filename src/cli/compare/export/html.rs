//! The comparison as one page that stands alone: style, pictures and boxes are all inside, and nothing runs.

use super::text::{agreement_text, counts, truth_summary};
use crate::annotate::{self, FLIP, GAINED, LOST, MATCHED, UnplacedLabel};
use crate::cli::compare::report::{ComparisonReport, PictureReport, VerdictEntry};
use crate::cli::compare::worst_frames::{SHOWN, WorstFrames};
use crate::cli::output::detections::NamedDetection;
use crate::cli::output::html::{document, escaped, file_uri};
use crate::compare::truth::TruthFigures;
use crate::compare::{Agreement, VerdictKind};
use crate::detect::{BBox, Size};

/// The page. The pictures are sorted by damage. Files that are shown are read again; `frames` has the others.
pub fn html(report: &ComparisonReport<'_>, frames: &WorstFrames) -> String {
    let (a, b) = (escaped(&report.models.a.name), escaped(&report.models.b.name));
    let title = format!("{a} compared with {b}");
    let mut page = format!("<h1>{a} → {b}</h1>\n");
    page += &summary(report);
    let worst: Vec<&PictureReport<'_>> = report.damaged().take(SHOWN).collect();
    let differing = report.damaged().count();
    if worst.is_empty() {
        page += "<p>No image differs.</p>\n";
    } else {
        let which = if differing > worst.len() {
            format!("The {} worst of {differing} images that differ", worst.len())
        } else {
            "Images that differ, worst first".into()
        };
        page += &format!("<h2>{which}</h2>\n{}", legend(&a, &b));
        if report.truth.is_some() {
            page += "<p>White dotted boxes are the ground truth.</p>\n";
        }
        for picture in worst {
            let uri = match picture.frame {
                Some(_) => frames.uri(&picture.name()).map(str::to_owned),
                None => file_uri(&picture.file, picture.size()),
            };
            let truth = picture.truth.as_ref().map_or_else(Vec::new, |truth| truth.boxes.clone());
            let names = Some([report.models.a.name.as_str(), report.models.b.name.as_str()]);
            page += &figure(picture, uri.as_deref(), &Aside { truth, names, note: None });
        }
    }
    page += &classes(report);
    page += &truth_classes(report);
    page += &listing(report);
    page += &footer(report);
    document(&title, &colours(), &page)
}

fn summary(report: &ComparisonReport<'_>) -> String {
    let (models, totals) = (&report.models, &report.totals);
    let all = &totals.all;
    let mean = |value: Option<f64>| value.map_or_else(|| "–".into(), |v| format!("{v:.3}"));
    let tiles = [
        ("agreement (F1)", agreement_text(all), ""),
        ("matched", all.matched.to_string(), "matched"),
        ("lost", all.lost.to_string(), "lost"),
        ("gained", all.gained.to_string(), "gained"),
        ("class changed", all.flips.to_string(), "flip"),
        ("mean IoU", mean(all.mean_iou()), ""),
        ("mean |Δscore|", mean(all.mean_delta_score()), ""),
    ];
    let tiles: String = tiles
        .into_iter()
        .map(|(name, value, class)| format!("<div class=\"tile {class}\"><b>{value}</b><span>{name}</span></div>\n"))
        .collect();
    let images = if totals.frames == 1 { "image" } else { "images" };
    let mut text = format!(
        "<p>{} {images}, {} boxes by {}, {} by {}, at a score threshold of {} and an NMS IoU of {}.</p>\n<div \
         class=\"tiles\">\n{tiles}</div>\n",
        totals.frames,
        all.a,
        escaped(&models.a.name),
        all.b,
        escaped(&models.b.name),
        models.thresholds.score,
        models.thresholds.nms_iou
    );
    if let Some([found, damage]) = truth_summary(report) {
        text += &format!("<p>{}.<br>{}.</p>\n", escaped(&found), escaped(&damage));
    }
    if let Some(best) = report.better_threshold() {
        text += &format!(
            "<p>Best score threshold for {}: {} (agreement F1 {:.3} instead of {:.3}).</p>\n",
            escaped(&models.b.name),
            best.score,
            best.after,
            best.before
        );
    }
    text
}

/// What lines and colours mean.
pub fn legend(a: &str, b: &str) -> String {
    let line = |class: &str, text: String| {
        format!("<span><svg viewBox=\"0 0 44 12\"><path class=\"{class}\" d=\"M2 6H42\"/></svg>{text}</span>\n")
    };
    let lines = [
        line("matched a", format!("matched, {a}")),
        line("matched b", format!("matched, {b}")),
        line("lost a", format!("lost: found by {a} only")),
        line("gained b", format!("gained: found by {b} only")),
        line("flip a", format!("class changed, {a}")),
        line("flip b", format!("class changed, {b}")),
    ];
    format!("<p class=\"legend\">\n{}</p>\n", lines.concat())
}

/// What another report adds to a picture.
#[derive(Default)]
pub struct Aside<'a> {
    /// What is really there.
    pub truth: Vec<BBox>,
    /// Of A and B, to say of each pair what annotations say of it; `None` = nothing is said.
    pub names: Option<[&'a str; 2]>,
    /// In the heading, after the name, in place of the counts.
    pub note: Option<String>,
}

/// A picture with both sets of boxes, and what became of each. `uri` has its pixels; `None` = they are gone.
pub fn figure(picture: &PictureReport<'_>, uri: Option<&str>, aside: &Aside<'_>) -> String {
    let (matched, differing): (Vec<_>, Vec<_>) =
        picture.verdicts.iter().partition(|entry| entry.kind == VerdictKind::Matched);
    let Size { width, height } = picture.size();
    let truth: String = aside.truth.iter().map(truth_rectangle).collect();
    let mut boxes: String = matched.iter().chain(&differing).map(|entry| rectangles(entry)).collect();
    boxes += &tags(&differing, picture.size());
    let ground = match uri {
        // Of another size, it has these sides to a pixel only.
        Some(uri) => {
            format!("<image width=\"{width}\" height=\"{height}\" preserveAspectRatio=\"none\" href=\"{uri}\"/>")
        }
        None => format!("<rect class=\"missing\" width=\"{width}\" height=\"{height}\"/>"),
    };
    let rows: String = differing.iter().enumerate().map(|(i, e)| row(&(i + 1).to_string(), e, aside.names)).collect();
    let source = escaped(&picture.name());
    let same: String = matched.iter().map(|e| row("", e, aside.names)).collect();
    let same = if same.is_empty() {
        String::new()
    } else {
        format!("<details><summary>{} matched</summary><table>{same}</table></details>\n", matched.len())
    };
    format!(
        "<article>\n<h3>{source} <small>{}</small></h3>\n<div class=\"pair\">\n\
         <svg class=\"picture\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{source} with both sets of \
         boxes\">{ground}\n{truth}{boxes}</svg>\n<div class=\"rows\"><table>{rows}</table>\n{same}</div>\n</div>\n</article>\n",
        aside.note.as_deref().map_or_else(|| counts(&picture.agreement), escaped)
    )
}

fn truth_rectangle(b: &BBox) -> String {
    let (x, y, w, h) = (b.x1, b.y1, b.width(), b.height());
    format!("<rect class=\"truth\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\"/>\n")
}

/// Both boxes of an entry.
fn rectangles(entry: &VerdictEntry<'_>) -> String {
    let class = class_of(entry);
    let mut text = String::new();
    for (found, side) in [(&entry.a, "a"), (&entry.b, "b")] {
        let Some(NamedDetection { shown_class: name, score, bbox: [x1, y1, x2, y2], .. }) = found else { continue };
        let (w, h) = (x2 - x1, y2 - y1);
        let place = format!("x=\"{x1:.1}\" y=\"{y1:.1}\" width=\"{w:.1}\" height=\"{h:.1}\"");
        // A dark line below keeps the colour visible on any image.
        text += &format!("<rect class=\"under {class} {side}\" {place}/><rect class=\"{class} {side}\" {place}>");
        text += &format!("<title>{} {score:.3}</title></rect>\n", escaped(name));
    }
    text
}

/// Numbers on the boxes, which the list beside the picture has too.
fn tags(entries: &[&VerdictEntry<'_>], image: Size) -> String {
    let (width, height) = (image.width as f32, image.height as f32);
    let size = width.max(height) / 40.0;
    let wanted: Vec<UnplacedLabel> = entries
        .iter()
        .enumerate()
        .map(|(i, entry)| {
            let found = entry.a.as_ref().or(entry.b.as_ref());
            let [x1, y1, x2, y2] = found.map_or([0.0; 4], |found| found.bbox);
            let digits = if i < 9 { 1.0 } else { 2.0 };
            UnplacedLabel {
                target: BBox::new(x1, y1, x2, y2),
                size: [size * (0.5 + 0.6 * digits), size * 1.2],
                always: false,
            }
        })
        .collect();
    let places = annotate::place(&wanted, BBox::new(0.0, 0.0, width, height), Vec::new());
    let mut text = String::new();
    for (i, (place, entry)) in places.iter().zip(entries).enumerate() {
        let Some(p) = place else { continue };
        let (x, y, w, h, class) = (p.x1, p.y1, p.width(), p.height(), class_of(entry));
        text += &format!(
            "<rect class=\"tag {class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" font-size=\"{size:.1}\">{}</text>\n",
            x + w / 2.0,
            y + size * 0.95,
            i + 1
        );
    }
    text
}

/// As the style sheet names a verdict.
fn class_of(entry: &VerdictEntry<'_>) -> &'static str {
    if entry.kind == VerdictKind::Flip { "flip" } else { entry.kind.word() }
}

fn row(number: &str, entry: &VerdictEntry<'_>, names: Option<[&str; 2]>) -> String {
    let told = |found: &NamedDetection<'_>| format!("<span>{} {:.3}</span>", escaped(found.shown_class), found.score);
    let what = match (&entry.a, &entry.b) {
        (Some(a), Some(b)) if a.class_id == b.class_id => format!("{} → {:.3}", told(a), b.score),
        (Some(a), Some(b)) => format!("{} → {}", told(a), told(b)),
        (Some(one), None) | (None, Some(one)) => told(one),
        (None, None) => String::new(),
    };
    let why = match (&entry.why, entry.iou) {
        (Some(why), _) => escaped(why),
        (None, Some(iou)) => format!("IoU {iou:.2}"),
        (None, None) => String::new(),
    };
    let truth = names.and_then(|names| entry.truth_sentence(names));
    let why = truth.map_or_else(|| why.clone(), |truth| format!("{}. {why}", escaped(&truth)));
    let (class, verdict) = (class_of(entry), entry.kind.word());
    format!(
        "<tr><td class=\"number\"><b class=\"{class}\">{number}</b></td><td>{verdict}</td><td>{what}</td><td>{why}</td></tr>\n"
    )
}

fn classes(report: &ComparisonReport<'_>) -> String {
    let row = |(name, of): (&str, &Agreement)| format!("<tr><td>{}</td>{}</tr>\n", escaped(name), cells(of));
    table("By class", "class", &report.classes_by_damage().into_iter().map(row).collect::<String>())
}

/// Nothing where no truth is known.
fn truth_classes(report: &ComparisonReport<'_>) -> String {
    let row = |(class_id, of): (usize, &TruthFigures)| {
        let TruthFigures { objects, found: [a, b], lost, gained, .. } = of;
        let counts = [*objects, *a, *b, lost.right, lost.wrong, gained.right, gained.wrong];
        let cells: String = counts.map(|count| format!("<td>{count}</td>")).concat();
        format!("<tr><td>{}</td>{cells}</tr>\n", escaped(report.models.classes().name(class_id)))
    };
    let rows: String = report.truth_by_class().map(row).collect();
    if rows.is_empty() {
        return String::new();
    }
    let heads =
        ["class", "objects", "found by A", "found by B", "lost, true", "lost, false", "gained, true", "gained, false"];
    let heads = heads.map(|head| format!("<th>{head}</th>")).concat();
    format!(
        "<h2>Truth by class</h2>\n<div class=\"wide\"><table class=\"figures\"><tr>{heads}</tr>\n{rows}</table></div>\n"
    )
}

fn listing(report: &ComparisonReport<'_>) -> String {
    let row = |p: &PictureReport<'_>| format!("<tr><td>{}</td>{}</tr>\n", escaped(&p.name()), cells(&p.agreement));
    table("All images", "picture", &report.pictures.iter().map(row).collect::<String>())
}

fn table(title: &str, first: &str, rows: &str) -> String {
    format!(
        "<h2>{title}</h2>\n<div class=\"wide\"><table \
         class=\"figures\"><tr><th>{first}</th><th>A</th><th>B</th><th>matched</th><th>lost</th><th>gained</th><th>class \
         changed</th><th>F1</th></tr>\n{rows}</table></div>\n"
    )
}

fn cells(of: &Agreement) -> String {
    let Agreement { a, b, matched, lost, gained, flips, .. } = of;
    let counts: String = [a, b, matched, lost, gained, flips].map(|n| format!("<td>{n}</td>")).concat();
    format!("{counts}<td>{}</td>", agreement_text(of))
}

fn footer(report: &ComparisonReport<'_>) -> String {
    let model = |letter: &str, m: &crate::model::ModelInfo| {
        let arithmetic = m.computed_as().map_or_else(String::new, |how| format!(", computed as {}", escaped(&how)));
        format!("{letter} is {}{arithmetic}, sha256 <code>{}</code>.", escaped(&m.name), escaped(&m.sha256))
    };
    format!(
        "<footer><p>{}<br>{}</p>\n<p>Boxes match from an IoU of {}. Made by Twinsight {}.</p></footer>\n",
        model("A", report.models.a),
        model("B", report.models.b),
        crate::compare::MIN_IOU,
        env!("CARGO_PKG_VERSION")
    )
}

/// The colours of verdicts, as the style sheet names them.
pub fn colours() -> String {
    let named = [("matched", MATCHED), ("flip", FLIP), ("lost", LOST), ("gained", GAINED)];
    let each: String = named.iter().map(|(name, [r, g, b])| format!("--{name}: rgb({r} {g} {b}); ")).collect();
    format!(":root {{ {each}}}\n")
}
