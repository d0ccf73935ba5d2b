//! Still images open upright and in their colours, and files that cannot be images are rejected early.
//!
//! Images are created here with the encoders of the `image` crate; EXIF, PNG and BMP headers by hand.

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use image::{DynamicImage, ExtendedColorType, ImageEncoder, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use tempfile::TempDir;
use twinsight::detect::{Frame, Size};
use twinsight::source::pixels::Layout;
use twinsight::source::{Next, Opener, SourceError, SourceRequest, load, picture_size};

use crate::program::{installed, root};

/// 24×16, a colour of its own in each quarter: red, green / blue, white.
fn quarters() -> RgbImage {
    RgbImage::from_fn(24, 16, |x, y| match (x < 12, y < 8) {
        (true, true) => Rgb([255, 0, 0]),
        (false, true) => Rgb([0, 255, 0]),
        (true, false) => Rgb([0, 0, 255]),
        (false, false) => Rgb([255, 255, 255]),
    })
}

fn encode(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.into().write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn load(&self, name: &str, bytes: &[u8]) -> Result<Frame, SourceError> {
        load(&self.file(name, bytes))
    }
}

/// The colours of the quarters, as letters in reading order.
fn letters(frame: &Frame) -> String {
    let (w, h) = (frame.width(), frame.height());
    [(w / 4, h / 4), (w * 3 / 4, h / 4), (w / 4, h * 3 / 4), (w * 3 / 4, h * 3 / 4)]
        .map(|(x, y)| match frame.pixel(x, y).unwrap().map(|channel| channel > 127) {
            [true, false, false] => 'r',
            [false, true, false] => 'g',
            [false, false, true] => 'b',
            [true, true, true] => 'w',
            _ => '?',
        })
        .into_iter()
        .collect()
}

#[test]
fn each_kind_is_known_by_its_content() {
    let folder = Folder::new();
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Bmp] {
        let frame = folder.load("named.txt", &encode(quarters(), format)).unwrap();
        assert_eq!((frame.size(), letters(&frame).as_str()), (Size::new(24, 16), "rgbw"), "{format:?}");
        if format != ImageFormat::Jpeg {
            assert_eq!(frame.rgb(), quarters().as_raw(), "{format:?} is lossless");
        }
    }
}

/// An EXIF block with nothing but the orientation.
fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x01".to_vec();
    // Tag 0x0112, type SHORT, one value.
    tiff.extend_from_slice(&[0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]);
    tiff
}

#[test]
fn all_eight_orientations_are_turned_upright() {
    let folder = Folder::new();
    // Where the stored quarters (rgbw) belong, from the EXIF standard's table of the place of row 0 and column 0.
    let table = ["rgbw", "grwb", "wbgr", "bwrg", "rbgw", "brwg", "wgbr", "gwrb"];
    for (orientation, expected) in (1..).zip(table) {
        let mut jpeg = encode(quarters(), ImageFormat::Jpeg);
        let mut segment = vec![0xFF, 0xE1, 0, 0];
        segment.extend_from_slice(b"Exif\0\0");
        segment.extend_from_slice(&exif(orientation));
        segment[3] = segment.len() as u8 - 2;
        jpeg.splice(2..2, segment);

        let mut png = Vec::new();
        let mut encoder = image::codecs::png::PngEncoder::new(&mut png);
        encoder.set_exif_metadata(exif(orientation)).unwrap();
        encoder.write_image(quarters().as_raw(), 24, 16, ExtendedColorType::Rgb8).unwrap();

        let size = if orientation < 5 { Size::new(24, 16) } else { Size::new(16, 24) };
        for (name, bytes) in [("a.jpg", jpeg), ("a.png", png)] {
            let frame = folder.load(name, &bytes).unwrap();
            assert_eq!((frame.size(), letters(&frame).as_str()), (size, expected), "{name}, {orientation}");
            assert_eq!(picture_size(&folder.0.path().join(name)).ok(), Some(size), "{name}, {orientation}");
        }
    }
}

/// An EXIF block whose orientation is of this type (3, 4, 8, 9) and count, in this byte order, at this place.
fn exif_of(big: bool, kind: u16, count: u32, directory: u32) -> Vec<u8> {
    let short = |n: u16| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let long = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let value = if kind == 3 || kind == 8 { short(6).to_vec() } else { long(6).to_vec() };
    let values = value.repeat(count as usize);
    let mut tiff = if big { b"MM\0\x2a".to_vec() } else { b"II\x2a\0".to_vec() };
    tiff.extend(long(directory));
    tiff.resize(directory as usize, 0);
    // Another entry before it.
    tiff.extend([short(2).as_slice(), &short(0x0100), &short(4), &long(1), &long(24)].concat());
    tiff.extend([short(0x0112).as_slice(), &short(kind), &long(count)].concat());
    if values.len() > 4 {
        tiff.extend([long(directory + 2 + 24 + 4), long(0)].concat());
        tiff.extend(values);
    } else {
        tiff.extend(values.iter().copied().chain([0; 4]).take(4));
        tiff.extend(long(0));
    }
    tiff
}

/// Turned by a quarter in all these forms by Pillow's `ImageOps.exif_transpose` too.
#[test]
fn the_orientation_is_read_however_it_is_written() {
    let folder = Folder::new();
    for (big, kind, count, directory) in
        [false, true].into_iter().flat_map(|big| [3, 4, 8, 9].map(|kind| (big, kind))).flat_map(|(big, kind)| {
            [(1, 8), (1, 20), (2, 8), (3, 26)].map(|(count, directory)| (big, kind, count, directory))
        })
    {
        let tiff = exif_of(big, kind, count, directory);
        let named = [b"Exif\0\0".as_slice(), &tiff].concat();
        let mut jpeg = encode(quarters(), ImageFormat::Jpeg);
        let length = (named.len() as u16 + 2).to_be_bytes();
        jpeg.splice(2..2, [&[0xFF, 0xE1], length.as_slice(), &named].concat());
        let mut files = vec![("a.jpg", jpeg)];
        for exif in [&tiff, &named] {
            let mut png = Vec::new();
            let mut encoder = image::codecs::png::PngEncoder::new(&mut png);
            encoder.set_exif_metadata(exif.clone()).unwrap();
            encoder.write_image(quarters().as_raw(), 24, 16, ExtendedColorType::Rgb8).unwrap();
            let mut webp = Vec::new();
            let mut encoder = image::codecs::webp::WebPEncoder::new_lossless(&mut webp);
            encoder.set_exif_metadata(exif.clone()).unwrap();
            encoder.write_image(quarters().as_raw(), 24, 16, ExtendedColorType::Rgb8).unwrap();
            files.extend([("a.png", png), ("a.webp", webp)]);
        }
        for (name, bytes) in files {
            let frame = folder.load(name, &bytes).unwrap();
            let found = (frame.size(), letters(&frame));
            let form = format!("{name}: big {big}, type {kind}, count {count}, directory at {directory}");
            assert_eq!(found, (Size::new(16, 24), "brwg".into()), "{form}");
        }
    }
    // What is no orientation turns nothing.
    for (kind, count, directory) in [(2, 1, 8), (5, 1, 8), (4, u32::MAX, 8), (3, 1, u32::MAX)] {
        let mut tiff = exif_of(true, 3, 1, 8);
        tiff[24..26].copy_from_slice(&u16::to_be_bytes(kind));
        tiff[26..30].copy_from_slice(&count.to_be_bytes());
        tiff[4..8].copy_from_slice(&directory.to_be_bytes());
        let mut png = Vec::new();
        let mut encoder = image::codecs::png::PngEncoder::new(&mut png);
        encoder.set_exif_metadata(tiff).unwrap();
        encoder.write_image(quarters().as_raw(), 24, 16, ExtendedColorType::Rgb8).unwrap();
        assert_eq!(letters(&folder.load("a.png", &png).unwrap()), "rgbw", "{kind} {count} {directory}");
    }
}

#[test]
fn transparency_lies_over_white() {
    let pixels = [[10, 20, 30, 255], [10, 20, 30, 0], [0, 0, 0, 128]];
    let picture = RgbaImage::from_fn(3, 1, |x, _| Rgba(pixels[x as usize]));
    let frame = Folder::new().load("a.png", &encode(picture, ImageFormat::Png)).unwrap();
    assert_eq!(frame.rgb(), [10, 20, 30, 255, 255, 255, 127, 127, 127]);
}

#[test]
fn other_depths_become_eight_bits_a_channel() {
    let folder = Folder::new();
    let gray = image::GrayImage::from_raw(2, 1, vec![7, 200]).unwrap();
    assert_eq!(folder.load("a.png", &encode(gray, ImageFormat::Png)).unwrap().rgb(), [7, 7, 7, 200, 200, 200]);
    let deep = image::ImageBuffer::<Rgb<u16>, _>::from_raw(1, 1, vec![0, 0x8080, 0xFFFF]).unwrap();
    assert_eq!(folder.load("a.png", &encode(deep, ImageFormat::Png)).unwrap().rgb(), [0, 128, 255]);
}

#[test]
fn a_still_gives_one_frame_and_then_the_end() {
    let folder = Folder::new();
    let path = folder.file("a.png", &encode(quarters(), ImageFormat::Png));
    let mut source = Opener::default().open(&SourceRequest::Still(path)).unwrap();
    let description = source.description();
    assert_eq!((description.name.as_str(), description.size), ("a.png", Some(Size::new(24, 16))));
    assert!(!source.is_live());
    let mut frame = Frame::default();
    assert_eq!(source.next(&mut frame).unwrap(), Next::Frame);
    assert_eq!(frame.rgb(), quarters().as_raw());
    let kept = frame.clone();
    assert_eq!(source.next(&mut frame).unwrap(), Next::End);
    assert!(frame == kept);
}

#[test]
fn what_cannot_be_read_says_why() {
    let folder = Folder::new();
    let missing = load(Path::new("no/such/file.jpg")).unwrap_err();
    assert!(matches!(missing, SourceError::Read { .. }), "{missing:?}");
    assert!(missing.to_string().contains("no/such/file.jpg"), "{missing}");
    let empty = load(folder.0.path()).unwrap_err().to_string();
    assert_eq!(empty, format!("no images (JPEG, PNG, WebP, BMP) in the folder {}", folder.0.path().display()));
    std::fs::write(folder.0.path().join("a.png"), "").unwrap();
    let full = load(folder.0.path()).unwrap_err();
    assert!(matches!(full, SourceError::Read { .. }), "{full:?}");
    assert!(full.to_string().ends_with(": it is a folder, not a file"), "{full}");
    #[cfg(unix)]
    assert!(matches!(load(Path::new("/dev/zero")), Err(SourceError::Read { .. })));
}

#[test]
fn what_is_no_picture_is_refused() {
    let folder = Folder::new();
    let refused: [(&str, &[u8]); 5] = [
        ("empty.jpg", b""),
        ("text.png", b"Dear reader, this is a letter.\n"),
        ("short.jpg", &[0xFF, 0xD8, 0xFF]),
        ("short.png", b"\x89PNG\r\n\x1a\n"),
        ("vector.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    ];
    for (name, bytes) in refused {
        let error = folder.load(name, bytes).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
        // What begins as an image is not said to be none.
        let is_another = ["text.png", "vector.svg"].contains(&name);
        assert_eq!(error.ends_with("is not a supported image (JPEG, PNG, WebP, BMP)"), is_another, "{error}");
    }
}

#[test]
fn a_file_that_is_cut_off_is_refused_wherever_it_is_cut() {
    let folder = Folder::new();
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Bmp] {
        let whole = encode(quarters(), format);
        for sixteenth in 1..16 {
            let cut = folder.load("cut", &whole[..whole.len() * sixteenth / 16]);
            // A few bytes do not tell what they are.
            let refused = matches!(cut, Err(SourceError::Decode { .. } | SourceError::NoImage { .. }));
            assert!(refused, "{format:?} {sixteenth}/16: {cut:?}");
        }
    }
    // Half of a real photo, too.
    let photo = std::fs::read(installed("downloads/bus.jpg")).unwrap();
    assert!(matches!(folder.load("cut", &photo[..photo.len() / 2]), Err(SourceError::Decode { .. })));
    assert_eq!(folder.load("whole", &photo).unwrap().size(), Size::new(810, 1080));
}

/// A picture of 96×160 from OpenCV, in one scan, in several, with restart markers.
fn tall(kind: &str) -> Vec<u8> {
    std::fs::read(root().join(format!("tests/data/pixels/tall{kind}.jpg"))).unwrap()
}

#[test]
fn a_jpeg_that_was_cut_is_refused_whatever_stands_behind_the_cut() {
    let folder = Folder::new();
    for kind in ["", "-restart", "-progressive"] {
        let whole = tall(kind);
        assert_eq!(folder.load("whole", &whole).unwrap().size(), Size::new(96, 160), "{kind}");
        let scan = Layout::of(&whole).unwrap().first_scan + 14;
        for tenth in 1..9 {
            // Of a picture in several scans, its first one: behind that, the picture is whole, if less sharp.
            let data = if kind == "-progressive" { whole.len() / 5 } else { whole.len() - scan };
            let cut = &whole[..scan + data * tenth / 10];
            let ends: [&[u8]; 4] = [b"", b"\xff\xd9", &whole, &[0; 64]];
            for (n, end) in ends.into_iter().enumerate() {
                // Zeros are whole codes of the first scan of several, and give an even surface.
                if n == 3 && kind == "-progressive" {
                    continue;
                }
                let bytes = [cut, end, b"\xff\xd9"].concat();
                let error = folder.load("cut.jpg", &bytes).expect_err(&format!("{kind} {tenth}/10 {n}")).to_string();
                // What stands there may be codes, of which there are too many then.
                let may_be_codes = n == 3 || n == 2 && kind == "-progressive";
                let expected = if may_be_codes { "" } else { "the JPEG is truncated" };
                assert!(error.ends_with(expected), "{kind} {tenth}/10 {n}: {error}");
            }
        }
        // Another picture behind a whole one, and dust, are nobody's fault.
        for behind in [&whole[..], &whole[..whole.len() / 2], &[0; 64]] {
            assert!(folder.load("more.jpg", &[&whole, behind].concat()).is_ok(), "{kind}");
        }
    }
    // A run of data between two restart markers that is lost leaves a hole.
    let mut lost = tall("-restart");
    let restarts: Vec<usize> =
        (0..lost.len() - 1).filter(|i| lost[*i] == 0xFF && (0xD0..0xD8).contains(&lost[i + 1])).collect();
    let (from, to) = (restarts[1] + 2, restarts[4]);
    lost.drain(from..to);
    let error = folder.load("lost.jpg", &lost).unwrap_err().to_string();
    assert!(error.ends_with("the JPEG is truncated"), "{error}");
}

/// As a camera's path reads it: see `pixels.rs`.
#[test]
fn a_jpeg_without_huffman_tables_has_the_standard_ones() {
    let folder = Folder::new();
    for name in ["444.jpg", "422.jpg", "420.jpg", "gray.jpg"] {
        let whole = std::fs::read(root().join("tests/data/pixels").join(name)).unwrap();
        let mut without = whole.clone();
        while let Some(at) = without.windows(2).position(|two| two == [0xFF, 0xC4]) {
            let length = usize::from(u16::from_be_bytes([without[at + 2], without[at + 3]]));
            without.drain(at..at + 2 + length);
        }
        assert!(without.len() < whole.len());
        let frame = folder.load(name, &without).unwrap();
        assert_eq!(frame, folder.load(name, &whole).unwrap(), "{name}");
    }
}

/// One chunk of a PNG.
fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut bytes = (content.len() as u32).to_be_bytes().to_vec();
    bytes.extend_from_slice(kind);
    bytes.extend_from_slice(content);
    let mut crc = !0u32;
    for byte in &bytes[4..] {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    bytes.write_all(&(!crc).to_be_bytes()).unwrap();
    bytes
}

/// The most memory that this process has had, in MB, as the system knows it.
#[cfg(target_os = "linux")]
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

#[test]
fn a_picture_of_30000_by_30000_is_refused_before_it_takes_memory() {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let side = 30_000u32.to_be_bytes();
    // 8 bits, RGB, no interlace.
    png.extend(chunk(b"IHDR", &[&side[..], &side[..], &[8, 2, 0, 0, 0]].concat()));
    // Stored blocks would do as well: the pixels must not be reached.
    png.extend(chunk(b"IDAT", &[0x78, 0x9C, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01]));
    png.extend(chunk(b"IEND", &[]));
    let start = Instant::now();
    let error = Folder::new().load("huge.png", &png).unwrap_err();
    assert!(matches!(error, SourceError::TooLarge { .. }), "{error:?}");
    assert!(error.to_string().contains("30000×30000"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(1));
    #[cfg(target_os = "linux")]
    assert!(peak_memory() < 300, "{} MB", peak_memory());
}

#[test]
fn a_file_of_many_gigabytes_is_refused_unread() {
    let folder = Folder::new();
    let path = folder.file("sparse.jpg", &[0xFF, 0xD8, 0xFF]);
    std::fs::File::options().write(true).open(&path).unwrap().set_len(8 << 30).unwrap();
    let start = Instant::now();
    assert!(matches!(load(&path), Err(SourceError::TooLarge { .. })));
    assert!(start.elapsed() < Duration::from_secs(1));
}
