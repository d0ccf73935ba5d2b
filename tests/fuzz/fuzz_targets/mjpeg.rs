//! Any bytes as an MJPEG buffer: the parts found lie within it, the picture is the one that ends there, and what
//! follows changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use twinsight_fuzz::detect::{Frame, Size};
use twinsight_fuzz::source::PixelFormat;
use twinsight_fuzz::source::pixels::{Converter, Layout};

/// Larger ones are only slower.
const MOST: u64 = 1 << 20;

fuzz_target!(|data: &[u8]| {
    let Ok(layout) = Layout::of(data) else { return };
    assert!(layout.first_scan < data.len());
    if let Some(end) = layout.end {
        assert!(layout.first_scan < end && end <= data.len());
        assert_eq!(&data[end - 2..end], [0xFF, 0xD9]);
        assert_eq!(Layout::of(&data[..end]), Ok(layout));
    }
    if layout.size.area() > MOST {
        return;
    }
    let convert = |bytes: &[u8], lenient| {
        let (mut converter, mut frame) = (Converter::default(), Frame::default());
        converter.lenient = lenient;
        converter.convert(PixelFormat::Mjpeg, Size::new(640, 480), bytes, &mut frame).map(|()| frame)
    };
    let strict = convert(data, false);
    if let (Ok(frame), Some(end)) = (&strict, layout.end) {
        assert_eq!(frame.size(), layout.size);
        let rest = [&data[..end], &[0xFF, 0xD8, 0xFF, 0xD9, 0, 0xFF]].concat();
        assert_eq!(convert(&rest, false).as_ref(), Ok(frame));
    }
    let _ = convert(data, true);
});
