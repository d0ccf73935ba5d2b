//! A camera's bytes become the right colours, and broken bytes become errors.
//!
//! The golden files come from OpenCV, or from NumPy where OpenCV lacks the colour space; `tests/data/pixels/make.py`
//! writes them.

use proptest::prelude::*;
use twinsight::detect::{Frame, FrameError, Size};
use twinsight::source::PixelFormat;
use twinsight::source::pixels::{Colour, Converter, Layout, Matrix, PixelError, Range};

use crate::program::{installed, root};

const SIZE: Size = Size::new(64, 48);

fn data(name: &str) -> Vec<u8> {
    let path = root().join("tests/data/pixels").join(name);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn convert(format: PixelFormat, bytes: &[u8]) -> Result<Frame, PixelError> {
    let mut frame = Frame::default();
    Converter::default().convert(format, SIZE, bytes, &mut frame).map(|()| frame)
}

fn jpeg(bytes: &[u8]) -> Result<Frame, PixelError> {
    convert(PixelFormat::Mjpeg, bytes)
}

/// The largest difference of any channel of any pixel.
fn difference(a: &[u8], b: &[u8]) -> u8 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or_default()
}

#[test]
fn raw_formats_match_opencv() {
    for (format, name) in [(PixelFormat::Yuyv, "yuyv"), (PixelFormat::Nv12, "nv12")] {
        let frame = convert(format, &data(&format!("{name}.raw"))).unwrap();
        assert_eq!(frame.size(), SIZE);
        let off = difference(frame.rgb(), &data(&format!("{name}.rgb")));
        assert!(off <= 2, "{name} is off by {off}");
    }
}

/// Y and chroma change places.
fn uyvy(yuyv: &[u8]) -> Vec<u8> {
    yuyv.as_chunks::<2>().0.iter().flat_map(|[luma, chroma]| [*chroma, *luma]).collect()
}

#[test]
fn uyvy_is_yuyv_in_another_order() {
    let frame = convert(PixelFormat::Uyvy, &uyvy(&data("yuyv.raw"))).unwrap();
    let off = difference(frame.rgb(), &data("yuyv.rgb"));
    assert!(off <= 2, "{off}");
}

#[test]
fn the_drivers_matrix_and_range_count() {
    for (matrix, range, golden) in [
        (Matrix::Bt601, Range::Limited, "yuyv.rgb"),
        (Matrix::Bt601, Range::Full, "yuyv-601-full.rgb"),
        (Matrix::Bt709, Range::Limited, "yuyv-709-limited.rgb"),
        (Matrix::Bt709, Range::Full, "yuyv-709-full.rgb"),
    ] {
        let (yuyv, golden) = (data("yuyv.raw"), data(golden));
        for (format, bytes) in [(PixelFormat::Yuyv, yuyv.clone()), (PixelFormat::Uyvy, uyvy(&yuyv))] {
            let mut frame = Frame::default();
            let mut converter = Converter::default();
            converter.colour = Colour { matrix, range };
            converter.convert(format, SIZE, &bytes, &mut frame).unwrap();
            let off = difference(frame.rgb(), &golden);
            assert!(off <= 3, "{format} {matrix:?} {range:?} is off by {off}");
        }
    }
}

#[test]
fn padding_after_each_row_is_left_out() {
    for (format, name, used) in [
        (PixelFormat::Yuyv, "yuyv.raw", 128),
        (PixelFormat::Nv12, "nv12.raw", 64),
        (PixelFormat::Gray, "gray.luma", 64),
        (PixelFormat::Bgr, "yuyv.rgb", 192),
    ] {
        let plain = data(name);
        let expected = convert(format, &plain).unwrap();
        let padded: Vec<u8> = plain.chunks(used).flat_map(|row| row.iter().copied().chain([0xA5; 24])).collect();
        let (mut frame, mut converter) = (Frame::default(), Converter::default());
        converter.stride = Some(used + 24);
        converter.convert(format, SIZE, &padded, &mut frame).unwrap();
        assert_eq!(frame, expected, "{format}");
        let short = converter.convert(format, SIZE, &padded[..padded.len() - 1], &mut frame);
        assert!(matches!(short, Err(PixelError::Short { .. })), "{format} {short:?}");
        // What cannot be a row's length is not believed.
        for stride in [0, 1, used - 1, usize::MAX] {
            converter.stride = Some(stride);
            converter.convert(format, SIZE, &plain, &mut frame).unwrap();
            assert_eq!(frame, expected, "{format} {stride}");
        }
    }
}

#[test]
fn packed_formats_keep_their_values() {
    let size = Size::new(2, 1);
    let mut frame = Frame::default();
    let mut convert = |format, bytes: &[u8]| {
        Converter::default().convert(format, size, bytes, &mut frame).unwrap();
        frame.rgb().to_vec()
    };
    assert_eq!(convert(PixelFormat::Rgb, &[1, 2, 3, 4, 5, 6]), [1, 2, 3, 4, 5, 6]);
    assert_eq!(convert(PixelFormat::Bgr, &[1, 2, 3, 4, 5, 6]), [3, 2, 1, 6, 5, 4]);
    assert_eq!(convert(PixelFormat::Gray, &[7, 9]), [7, 7, 7, 9, 9, 9]);
}

#[test]
fn bytes_after_a_raw_frame_are_ignored_and_missing_ones_are_an_error() {
    let mut bytes = data("yuyv.raw");
    let whole = convert(PixelFormat::Yuyv, &bytes).unwrap();
    bytes.extend_from_slice(&[9; 4096]);
    assert_eq!(convert(PixelFormat::Yuyv, &bytes), Ok(whole));
    let short = convert(PixelFormat::Yuyv, &bytes[..SIZE.area() as usize * 2 - 1]);
    assert!(matches!(short, Err(PixelError::Short { bytes: 6143, needed: 6144, .. })), "{short:?}");
    assert!(matches!(convert(PixelFormat::Nv12, &[]), Err(PixelError::Short { needed: 4608, .. })));
}

#[test]
fn jpegs_match_opencv() {
    // 4:2:0 and 4:2:2 leave it to the decoder how chroma is spread.
    for (name, tolerance) in [("444", 3), ("422", 6), ("420", 8)] {
        let frame = jpeg(&data(&format!("{name}.jpg"))).unwrap();
        let off = difference(frame.rgb(), &data(&format!("{name}.rgb")));
        assert!(off <= tolerance, "{name} is off by {off}");
    }
    let gray = jpeg(&data("gray.jpg")).unwrap();
    let golden: Vec<u8> = data("gray.luma").iter().flat_map(|&luminance| [luminance; 3]).collect();
    let off = difference(gray.rgb(), &golden);
    assert!(off <= 3, "gray is off by {off}");
}

/// Takes a JPEG's segments apart: for each the marker's code and where it lies. Ends with the scan.
fn segments(bytes: &[u8]) -> Vec<(u8, std::ops::Range<usize>)> {
    let mut found = Vec::new();
    let mut at = 2;
    while bytes[at + 1] != 0xDA {
        let end = at + 2 + usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]));
        found.push((bytes[at + 1], at..end));
        at = end;
    }
    found
}

fn without_tables(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let tables: Vec<_> = segments(&bytes).into_iter().filter(|(marker, _)| *marker == 0xC4).collect();
    assert!(!tables.is_empty(), "the golden file has tables to take away");
    for (_, range) in tables.into_iter().rev() {
        bytes.drain(range);
    }
    bytes
}

#[test]
fn a_camera_that_omits_huffman_tables_means_the_standard_ones() {
    for name in ["444.jpg", "422.jpg", "420.jpg", "gray.jpg"] {
        let whole = data(name);
        assert_eq!(jpeg(&without_tables(&whole)), jpeg(&whole), "{name}");
    }
}

#[test]
fn the_end_is_the_pictures_own() {
    let whole = data("422.jpg");
    let expected = jpeg(&whole).unwrap();
    // A thumbnail with its own end, inside a segment.
    let mut thumbnail = vec![0xFF, 0xE1, 0x00, 0x0A, 0xFF, 0xD8, 1, 2, 3, 4, 0xFF, 0xD9];
    thumbnail.splice(0..0, whole[..2].iter().copied());
    thumbnail.extend_from_slice(&whole[2..]);
    assert_eq!(jpeg(&thumbnail), Ok(expected.clone()));
    // The buffer's rest: zeros, and the end of a frame before.
    let mut padded = whole.clone();
    padded.extend_from_slice(&[0; 100]);
    padded.extend_from_slice(&data("444.jpg")[500..]);
    assert_eq!(Layout::of(&padded).unwrap().end, Some(whole.len()));
    assert_eq!(jpeg(&padded), Ok(expected));
}

#[test]
fn a_cut_jpeg_says_that_it_is_cut() {
    let whole = data("420.jpg");
    for sixteenth in 1..16 {
        let cut = jpeg(&whole[..whole.len() * sixteenth / 16]);
        assert_eq!(cut, Err(PixelError::Truncated), "{sixteenth}/16");
    }
    assert_eq!(jpeg(&whole[..whole.len() - 2]), Err(PixelError::Truncated));
    assert_eq!(jpeg(&[]), Err(PixelError::NotJpeg));
    assert_eq!(jpeg(&[0; 6144]), Err(PixelError::NotJpeg));
}

#[test]
fn a_damaged_scan_is_an_error_unless_asked_to_be_lenient() {
    let mut bytes = data("420.jpg");
    let scan = Layout::of(&bytes).unwrap().first_scan;
    let end = bytes.len();
    // All ones is no code in any table.
    bytes[scan + 60..end - 2].as_chunks_mut::<2>().0.fill([0xFF, 0x00]);
    assert!(matches!(jpeg(&bytes), Err(PixelError::Damaged(_))), "{:?}", jpeg(&bytes));
    let mut frame = Frame::default();
    let mut lenient = Converter::default();
    lenient.lenient = true;
    lenient.convert(PixelFormat::Mjpeg, SIZE, &bytes, &mut frame).unwrap();
    lenient.convert(PixelFormat::Mjpeg, SIZE, &bytes[..end - 2], &mut frame).unwrap();
    assert_eq!(frame.size(), SIZE);
}

#[test]
fn a_jpegs_own_size_counts() {
    let mut frame = Frame::default();
    let mode = Size::new(1280, 720);
    Converter::default().convert(PixelFormat::Mjpeg, mode, &data("444.jpg"), &mut frame).unwrap();
    assert_eq!(frame.size(), SIZE);
}

#[test]
fn a_size_over_the_limit_takes_no_memory() {
    let mut bytes = data("444.jpg");
    let (_, header) = segments(&bytes).into_iter().find(|(marker, _)| *marker == 0xC0).unwrap();
    bytes[header.start + 5..header.start + 9].copy_from_slice(&[0xFF, 0xDC, 0xFF, 0xDC]);
    let size = Size::new(65_500, 65_500);
    let mut frame = Frame::default();
    let refused = Converter::default().convert(PixelFormat::Mjpeg, SIZE, &bytes, &mut frame);
    assert_eq!(refused, Err(PixelError::Frame(FrameError::TooLarge(size))));
    assert_eq!(frame.size(), Size::new(1, 1));
    bytes[header.start + 5..header.start + 9].fill(0);
    assert_eq!(jpeg(&bytes), Err(PixelError::Frame(FrameError::Empty(Size::new(0, 0)))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_give_a_picture_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..8000)) {
        for format in PixelFormat::ALL {
            let _ = convert(format, &bytes);
        }
    }

    #[test]
    fn a_jpeg_with_wrong_bytes_gives_a_picture_or_an_error(
        name in prop::sample::select(vec!["444.jpg", "420.jpg", "gray.jpg"]),
        wrong in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        tables: bool,
        lenient: bool,
    ) {
        let mut bytes = data(name);
        if !tables {
            bytes = without_tables(&bytes);
        }
        for (at, byte) in wrong {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let mut frame = Frame::default();
        let mut converter = Converter::default();
        converter.lenient = lenient;
        let _ = converter.convert(PixelFormat::Mjpeg, SIZE, &bytes, &mut frame);
    }
}

/// Run with `cargo test --release --test source -- --ignored --nocapture pixels::timing`.
#[test]
#[ignore = "a measurement"]
fn timing() {
    let photo = std::fs::read(installed("downloads/zidane.jpg")).unwrap();
    let size = Size::new(1280, 720);
    let raw: Vec<u8> = (0..1280 * 720 * 2).map(|i| (i * 7 % 251) as u8).collect();
    for (format, bytes) in [(PixelFormat::Mjpeg, &photo), (PixelFormat::Yuyv, &raw), (PixelFormat::Nv12, &raw)] {
        let (mut frame, mut converter) = (Frame::default(), Converter::default());
        let mut times: Vec<_> = (0..200)
            .map(|_| {
                let start = std::time::Instant::now();
                converter.convert(format, size, bytes, &mut frame).unwrap();
                start.elapsed()
            })
            .collect();
        times.sort();
        println!("{format} 1280×720: median {:?}, p95 {:?}", times[100], times[190]);
    }
}
