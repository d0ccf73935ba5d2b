//! How names of classes are compared and listed.

/// Names of darknet's lists, which follow Pascal VOC, and COCO's for the same things.
const SYNONYMS: [(&str, &str); 4] =
    [("aeroplane", "airplane"), ("motorbike", "motorcycle"), ("sofa", "couch"), ("tvmonitor", "tv")];

/// A name as names are compared.
pub(super) fn plain(name: &str) -> String {
    let plain: String =
        name.chars().filter(|c| !(c.is_whitespace() || matches!(c, '_' | '-'))).flat_map(char::to_lowercase).collect();
    match SYNONYMS.iter().find(|(darknet, _)| *darknet == plain) {
        Some((_, coco)) => (*coco).to_owned(),
        None => plain,
    }
}

/// A few names, and how many more.
pub(super) fn list(names: &[String]) -> String {
    const FEW: usize = 6;
    let shown: Vec<String> = names.iter().take(FEW).map(|name| format!("\"{name}\"")).collect();
    match names.len().saturating_sub(FEW) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
