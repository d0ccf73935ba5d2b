//! One V4L2 camera that delivers.

use std::io;
use std::time::{Duration, Instant};

use v4l::buffer::{Flags, Type};
use v4l::io::traits::CaptureStream;
use v4l::prelude::MmapStream;
use v4l::video::Capture;
use v4l::video::capture::Parameters;
use v4l::{Device, Format, Fraction};

use super::fourcc::code;
use super::{controls, ioctl, offer};
use crate::detect::Size;
use crate::source::camera::driver::{Driver, DriverError, Given, Read};
use crate::source::pixels::{Colour, Matrix, Range};
use crate::source::{Control, ControlId, Mode, PixelFormat};

/// How long a camera may be silent. A little longer than the engine allows, which is the one to tell it.
const SILENCE: Duration = Duration::from_millis(2500);

/// Buffers of the driver's queue.
const BUFFERS: u32 = 4;

/// POLLIN of poll(2).
const READABLE: i16 = 1;

/// A camera that delivers through V4L2.
pub struct V4l2Driver {
    // Before the device: the stream ends first.
    stream: MmapStream<'static>,
    device: Device,
    given: Given,
    silence: Duration,
    started: bool,
}

impl V4l2Driver {
    /// Sets the device to the mode. A driver that gives another size or format than the one it listed is refused.
    pub fn open(index: u32, mode: Mode) -> io::Result<Self> {
        let device = Device::new(index as usize)?;
        let Size { width, height } = mode.size;
        let format = device.set_format(&Format::new(width, height, code(mode.format)))?;
        if (format.fourcc, format.width, format.height) != (code(mode.format), width, height) {
            let Format { fourcc, width, height, .. } = format;
            return Err(io::Error::other(format!("the driver delivers {fourcc} {width}×{height} instead")));
        }
        let interval = Parameters::new(Fraction::new(mode.rate.seconds(), mode.rate.frames()));
        // Some drivers have one rate and no call to set it.
        let rate = device.set_params(&interval).ok().and_then(|set| offer::rate(set.interval)).unwrap_or(mode.rate);
        let stride = (mode.format != PixelFormat::Mjpeg && format.stride > 0).then_some(format.stride as usize);
        let colour = ioctl::colour_codes(&device).map(colour).unwrap_or_default();
        let given = Given { mode: Mode { rate, ..mode }, stride, colour };
        let mut stream = MmapStream::with_buffers(&device, Type::VideoCapture, BUFFERS)?;
        let silence = SILENCE.max(Duration::from_secs_f64((3.0 / rate.per_second()).min(60.0)));
        stream.set_timeout(silence);
        Ok(Self { stream, device, given, silence, started: false })
    }

    /// Waits until a frame is there. Done before the crate takes it, because a wait that a signal cuts short leaves
    /// the crate's stream in disorder.
    fn wait(&self) -> Result<(), DriverError> {
        let deadline = Instant::now() + self.silence;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.stream.handle().poll(READABLE, left.as_millis() as i32) {
                Ok(0) => return Err(DriverError::Silent(self.silence.as_secs())),
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(DriverError::Failed(error.to_string())),
            }
        }
    }
}

impl Driver for V4l2Driver {
    fn given(&self) -> Given {
        self.given
    }

    fn read(&mut self) -> Result<Read<'_>, DriverError> {
        // The first call starts the stream, before which there is nothing to wait for.
        if std::mem::replace(&mut self.started, true) {
            self.wait()?;
        }
        let silence = self.silence.as_secs();
        match self.stream.next() {
            Ok((_, about)) if about.flags.contains(Flags::ERROR) => Ok(Read::Damaged),
            // Drivers that do not say how much of the buffer they filled mean all of it.
            Ok((data, about)) => Ok(Read::Data(match about.bytesused as usize {
                0 => data,
                used => data.get(..used).unwrap_or(data),
            })),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(DriverError::Silent(silence)),
            Err(error) => Err(DriverError::Failed(error.to_string())),
        }
    }

    fn controls(&mut self) -> Result<Vec<Control>, String> {
        Ok(controls::controls(&self.device))
    }

    fn set_control(&mut self, id: ControlId, value: i64) -> Result<(), String> {
        controls::set(&self.device, id, value).map_err(|e| e.to_string())
    }
}

/// What the driver's numbers mean, by the rules of `linux/videodev2.h` where it leaves some to be concluded.
fn colour(codes: ioctl::ColourCodes) -> Colour {
    /// Rec. 709 and DCI-P3, which goes with its matrix.
    const HD_SPACES: [u32; 2] = [3, 12];
    const JPEG: u32 = 7;
    let hd = match codes.ycbcr_enc {
        0 => HD_SPACES.contains(&codes.colorspace),
        // 709 and xvYCC 709.
        encoding => matches!(encoding, 2 | 4),
    };
    let full = match codes.quantization {
        0 => codes.colorspace == JPEG,
        quantization => quantization == 1,
    };
    Colour {
        matrix: if hd { Matrix::Bt709 } else { Matrix::Bt601 },
        range: if full { Range::Full } else { Range::Limited },
    }
}
