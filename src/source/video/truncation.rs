//! Whether a file ends before its container says that it does. ffmpeg plays some of those as if they were whole.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// Packets of transport streams, and where the first one begins: plain, and with a time stamp before each.
const PACKETS: [(u64, usize); 2] = [(188, 0), (192, 4)];

/// Whether the file was cut off. `false` also where its kind does not tell, as of raw streams.
pub fn is_truncated(path: &Path) -> bool {
    let look = || {
        let mut file = BufReader::new(File::open(path)?);
        let length = file.get_ref().metadata()?.len();
        let mut start = Vec::new();
        file.by_ref().take(512).read_to_end(&mut start)?;
        let at = |from: usize, magic: &[u8]| start.get(from..).is_some_and(|rest| rest.starts_with(magic));
        if at(0, b"RIFF") {
            return riff(&start, length);
        }
        if at(4, b"ftyp") || at(4, b"moov") || at(4, b"mdat") {
            return boxes(&mut file, length);
        }
        if at(0, b"GIF8") {
            return gif(&mut file, &start, length);
        }
        if at(0, b"FLV\x01") {
            return flv(&mut file, length);
        }
        if at(0, b"OggS") {
            return ogg(&mut file, length);
        }
        Ok(PACKETS.iter().any(|&(size, first)| {
            let sync = |packet: usize| start.get(first + packet * size as usize) == Some(&0x47);
            sync(0) && sync(1) && !length.is_multiple_of(size)
        }))
    };
    // What cannot be read is somebody else's message.
    look().unwrap_or(false)
}

/// AVI: the first chunk holds all, or all but its continuations. A size that is unknown is 0, or the largest.
fn riff(start: &[u8], length: u64) -> io::Result<bool> {
    let size = start.get(4..8).and_then(|size| size.first_chunk()).map(|size| u32::from_le_bytes(*size));
    Ok(size.is_some_and(|size| size != 0 && size < u32::MAX - 7 && 8 + u64::from(size) > length))
}

/// MP4: boxes follow each other to the end.
fn boxes(file: &mut (impl Read + Seek), length: u64) -> io::Result<bool> {
    let mut at = 0u64;
    while at.saturating_add(8) <= length {
        file.seek(SeekFrom::Start(at))?;
        let mut head = [0; 16];
        let read = file.take(16).read(&mut head)?;
        let [small, large] = [u64::from_be_bytes([0, 0, 0, 0, head[0], head[1], head[2], head[3]]), be64(&head[8..])];
        let size = match small {
            // To the end of the file.
            0 => return Ok(false),
            1 if read == 16 => large,
            1 => return Ok(true),
            size => size,
        };
        if size < 8 {
            return Ok(false);
        }
        at = at.saturating_add(size);
    }
    Ok(at > length)
}

fn be64(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// GIF: blocks of parts that tell their length, up to one of length 0.
fn gif(file: &mut (impl Read + Seek), start: &[u8], length: u64) -> io::Result<bool> {
    let colours = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut at = 13 + colours(start.get(10).copied().unwrap_or(0));
    let mut byte = |at: u64| -> io::Result<Option<u8>> {
        if at >= length {
            return Ok(None);
        }
        let here = file.stream_position()?;
        // Within the buffer, this reads nothing again.
        file.seek(SeekFrom::Current(at as i64 - here as i64))?;
        let mut byte = [0];
        file.read_exact(&mut byte)?;
        Ok(Some(byte[0]))
    };
    loop {
        at = match byte(at)? {
            Some(0x21) => at + 2,
            Some(0x2C) => match byte(at + 9)? {
                Some(flags) => at + 10 + colours(flags) + 1,
                None => return Ok(true),
            },
            // The end; or what no decoder reads.
            _ => return Ok(at > length),
        };
        loop {
            match byte(at)? {
                None => return Ok(true),
                Some(0) => break at += 1,
                Some(part) => at += 1 + u64::from(part),
            }
        }
    }
}

/// FLV: behind each tag stands its length.
fn flv(file: &mut (impl Read + Seek), length: u64) -> io::Result<bool> {
    let mut number = |at: u64, bytes: usize| -> io::Result<u64> {
        file.seek(SeekFrom::Start(at))?;
        let mut found = [0; 8];
        file.read_exact(&mut found[8 - bytes..])?;
        Ok(u64::from_be_bytes(found))
    };
    if length < 13 + 15 {
        return Ok(length != 13);
    }
    let last = number(length - 4, 4)?;
    if last < 11 || last + 4 + 13 > length {
        return Ok(true);
    }
    Ok(number(length - 4 - last + 1, 3)? + 11 != last)
}

/// Ogg: the last page tells how long it is.
fn ogg(file: &mut (impl Read + Seek), length: u64) -> io::Result<bool> {
    let from = length.saturating_sub(1 << 17);
    file.seek(SeekFrom::Start(from))?;
    let mut end = Vec::new();
    file.take(1 << 17).read_to_end(&mut end)?;
    let Some(page) = end.windows(5).rposition(|five| five == b"OggS\0") else { return Ok(false) };
    let page = &end[page..];
    let Some(&parts) = page.get(26) else { return Ok(true) };
    let lengths = page.get(27..27 + usize::from(parts));
    let size = lengths.map(|lengths| 27 + lengths.len() + lengths.iter().map(|&n| usize::from(n)).sum::<usize>());
    Ok(size.is_none_or(|size| size > page.len()))
}
