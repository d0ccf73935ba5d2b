//! Questions to a V4L2 device which the crate `v4l` does not ask: it leaves out the matrix of YCbCr colours, and
//! panics over controls of kinds that it does not know, which every newer driver has.

use std::{io, mem};

use v4l::Device;
use v4l::v4l_sys::{v4l2_control, v4l2_format, v4l2_queryctrl, v4l2_querymenu};
use v4l::v4l2::vidioc;

/// V4L2_BUF_TYPE_VIDEO_CAPTURE.
const CAPTURE: u32 = 1;

/// Marks structures of C that the kernel's interface defines, and that are valid with all bytes zero.
trait Plain: Copy {}
impl Plain for v4l2_format {}
impl Plain for v4l2_queryctrl {}
impl Plain for v4l2_querymenu {}
impl Plain for v4l2_control {}

fn zeroed<T: Plain>() -> T {
    // SAFETY: `Plain` says that zeros are a value: integers and arrays and unions of them.
    unsafe { mem::zeroed() }
}

/// `request` must be one that reads and writes a `T`, as its name says.
fn ask<T: Plain>(device: &Device, request: vidioc::_IOC_TYPE, value: &mut T) -> io::Result<()> {
    // SAFETY: the pointer is to a live `T` for the length of the call, and `request`, private to this file, has the
    // size of that very `T` in it, beyond which the kernel neither reads nor writes.
    unsafe { v4l::v4l2::ioctl(device.handle().fd(), request, std::ptr::from_mut(value).cast()) }
}

/// The present format's numbers for colours, as in `linux/videodev2.h`.
#[derive(Clone, Copy, Debug)]
pub struct ColourCodes {
    pub colorspace: u32,
    pub ycbcr_enc: u32,
    pub quantization: u32,
}

/// The colours of the present format, in codes of V4L2.
pub fn colour_codes(device: &Device) -> io::Result<ColourCodes> {
    let mut format: v4l2_format = zeroed();
    format.type_ = CAPTURE;
    ask(device, vidioc::VIDIOC_G_FMT, &mut format)?;
    // SAFETY: for this type of buffer the kernel fills in `pix`; both unions hold nothing but integers.
    let (pix, ycbcr_enc) = unsafe { (format.fmt.pix, format.fmt.pix.__bindgen_anon_1.ycbcr_enc) };
    Ok(ColourCodes { colorspace: pix.colorspace, ycbcr_enc, quantization: pix.quantization })
}

/// The control `id`, or the next after it where the flag for that is in it.
pub fn query_control(device: &Device, id: u32) -> io::Result<v4l2_queryctrl> {
    let mut control: v4l2_queryctrl = zeroed();
    control.id = id;
    ask(device, vidioc::VIDIOC_QUERYCTRL, &mut control)?;
    Ok(control)
}

/// An entry of a menu as its name, or as its number where `numbers`.
pub fn menu_entry(device: &Device, id: u32, index: u32, numbers: bool) -> io::Result<String> {
    let mut entry: v4l2_querymenu = zeroed();
    (entry.id, entry.index) = (id, index);
    ask(device, vidioc::VIDIOC_QUERYMENU, &mut entry)?;
    // SAFETY: both members are plain integers, of which any bytes are values.
    let (name, value) = unsafe { (entry.__bindgen_anon_1.name, entry.__bindgen_anon_1.value) };
    Ok(if numbers { value.to_string() } else { text(&name) })
}

/// A control's present value.
pub fn control(device: &Device, id: u32) -> io::Result<i32> {
    let mut control: v4l2_control = zeroed();
    control.id = id;
    ask(device, vidioc::VIDIOC_G_CTRL, &mut control)?;
    Ok(control.value)
}

/// Sets a control; the driver may round the value.
pub fn set_control(device: &Device, id: u32, value: i32) -> io::Result<()> {
    let mut control: v4l2_control = zeroed();
    (control.id, control.value) = (id, value);
    ask(device, vidioc::VIDIOC_S_CTRL, &mut control)
}

/// A text that ends at its first zero.
pub fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).trim().to_owned()
}
