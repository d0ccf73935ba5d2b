//! Any bytes in any raw format, size, row length and colour space: a picture of that size, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use twinsight_fuzz::detect::{Frame, Size};
use twinsight_fuzz::source::PixelFormat;
use twinsight_fuzz::source::pixels::{Colour, Converter, Matrix, Range};

fuzz_target!(|data: &[u8]| {
    let [format, width, height, stride, colour, bytes @ ..] = data else { return };
    let format = PixelFormat::ALL[usize::from(*format) % PixelFormat::ALL.len()];
    let size = Size::new(u32::from(*width), u32::from(*height));
    let mut converter = Converter::default();
    converter.stride = (*stride > 0).then(|| usize::from(*stride) * 4);
    converter.colour = Colour {
        matrix: if colour & 1 == 0 { Matrix::Bt601 } else { Matrix::Bt709 },
        range: if colour & 2 == 0 { Range::Limited } else { Range::Full },
    };
    converter.lenient = colour & 4 != 0;
    let mut frame = Frame::default();
    if converter.convert(format, size, bytes, &mut frame).is_ok() && format != PixelFormat::Mjpeg {
        assert_eq!(frame.size(), size);
    }
    assert_eq!(frame.rgb().len() as u64, frame.size().area() * 3);
});
