//! What an address gives where ffmpeg finds no video.

/// What an address gives that ffmpeg does not take for a video.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// A web page.
    Page,
    /// JPEGs in parts.
    Jpegs,
}

/// `bytes`: the first ones, with whatever heads its parts have.
pub fn document(bytes: &[u8]) -> Option<Document> {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).to_ascii_lowercase();
    let start = text.trim_start_matches(|c: char| c == '\u{feff}' || c.is_whitespace());
    if ["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| start.starts_with(tag))
        || start.starts_with('<') && start.contains("<html")
    {
        return Some(Document::Page);
    }
    let has_jpeg = bytes.windows(3).any(|three| three == [0xFF, 0xD8, 0xFF]);
    (has_jpeg && text.contains("image/jp")).then_some(Document::Jpegs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_parts_are_told_from_the_rest() {
        let part = b"Content-Type: image/jpeg\r\n\r\n\xff\xd8\xff\xe0";
        for (bytes, expected) in [
            (&b"\xef\xbb\xbf <!DOCTYPE HTML>"[..], Some(Document::Page)),
            (b"<?xml version=\"1.0\"?><html>", Some(Document::Page)),
            (part, Some(Document::Jpegs)),
            (b"\0\0\0\x20ftypisom <html \xff\xd8\xff", None),
            (b"", None),
        ] {
            assert_eq!(document(bytes), expected, "{bytes:?}");
        }
    }
}
