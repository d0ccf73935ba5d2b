//! How much of a JPEG's picture its data covers.
//!
//! A decoder fills up what is missing with gray, and a detector takes that for the picture. That a JPEG ends in an
//! end-of-image marker says little: programs that repair or pass on a cut file write one. So its scans are read here,
//! code by code, without making pixels of them (ITU-T T.81, F.2.2 and G.2).

use super::codes::{Bits, Codes};
use super::huffman::default_codes;
use super::layout::{DHT, EOI, SOI, SOS, next_marker, segment};

use crate::detect::{MAX_PIXELS, Size};

const DRI: u8 = 0xDD;

/// A part of the picture in one colour.
#[derive(Clone, Copy, Debug, Default)]
struct Component {
    id: u8,
    /// Blocks of 8×8 in a unit, across and down.
    across: usize,
    down: usize,
    /// Whether any scan has it.
    seen: bool,
    /// In progressive pictures, where its blocks' coefficients begin in [`Walk::nonzero`].
    blocks: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct JpegHeader {
    width: usize,
    height: usize,
    progressive: bool,
    components: [Component; 4],
    count: usize,
}

/// Which coefficients a scan has, and of which of their bits.
struct JpegScan {
    first: u32,
    last: u32,
    /// Whether it refines what earlier scans gave.
    refines: bool,
}

/// A component in a scan.
#[derive(Clone, Copy, Default)]
struct ScanComponent<'a> {
    dc: Option<&'a Codes>,
    ac: Option<&'a Codes>,
    /// Its blocks in a unit of this scan.
    across: usize,
    down: usize,
    /// Where they lie in [`Walk::nonzero`].
    stride: usize,
    blocks: usize,
}

struct Walk {
    frame: Option<JpegHeader>,
    dc: [Option<Codes>; 4],
    ac: [Option<Codes>; 4],
    restart: usize,
    /// Of each block, which of its 64 coefficients are not zero: a bit each. Only progressive pictures need it.
    nonzero: Vec<u64>,
}

/// Rows of units (8 to 32 pixels each) that are missing at least; `None`: it is coded in a way that is not read here.
///
/// `data` starts with the JPEG.
pub fn missing_rows(data: &[u8]) -> Option<usize> {
    let mut walk = Walk {
        frame: None,
        dc: std::array::from_fn(|id| default_codes(id as u8)),
        ac: std::array::from_fn(|id| default_codes(0x10 | id as u8)),
        restart: 0,
        nonzero: Vec::new(),
    };
    let (mut at, mut missing) = (2, 0);
    let mut in_scan = false;
    while let Some(marker_at) = next_marker(data, at, in_scan) {
        let marker = data[marker_at + 1];
        at = marker_at + 2;
        match marker {
            EOI | SOI => break,
            0x01 | 0xD0..=0xD7 => continue,
            _ => {}
        }
        let Some(segment) = segment(data, at).ok()? else { break };
        at += segment.len();
        let content = &segment[2..];
        match marker {
            0xC0..=0xC2 => walk.frame = Some(walk.frame(content, marker == 0xC2)?),
            DHT => walk.tables(content)?,
            // Lossless, hierarchical, arithmetic.
            0xC3 | 0xC5..=0xCF => return None,
            DRI => walk.restart = u16::from_be_bytes(*content.first_chunk()?).into(),
            SOS => {
                let mut bits = Bits::new(data, at);
                missing = missing.max(walk.scan(content, &mut bits)?);
                (at, in_scan) = (bits.position(), true);
            }
            _ => {}
        }
    }
    let frame = walk.frame?;
    let all = frame.components[..frame.count].iter().all(|component| component.seen);
    Some(if all { missing } else { frame.height.div_ceil(8) })
}

impl Walk {
    fn frame(&mut self, content: &[u8], progressive: bool) -> Option<JpegHeader> {
        let &[8, h1, h0, w1, w0, count, ..] = content else { return None };
        let [width, height] = [[w1, w0], [h1, h0]].map(|side| usize::from(u16::from_be_bytes(side)));
        let mut frame = JpegHeader { width, height, progressive, count: count.into(), ..JpegHeader::default() };
        let parts = content.get(6..)?.as_chunks::<3>().0;
        let found = parts.get(..frame.count).filter(|parts| !parts.is_empty() && parts.len() <= 4)?;
        for (component, &[id, sampling, _]) in frame.components.iter_mut().zip(found) {
            let (across, down) = (usize::from(sampling >> 4), usize::from(sampling & 15));
            if !(1..=4).contains(&across) || !(1..=4).contains(&down) {
                return None;
            }
            *component = Component { id, across, down, ..Component::default() };
        }
        // A height that comes later is not read here.
        if width == 0 || height == 0 || Size::new(width as u32, height as u32).area() > MAX_PIXELS {
            return None;
        }
        if progressive {
            let (columns, rows) = frame.units();
            let mut blocks = 0;
            for component in &mut frame.components[..frame.count] {
                component.blocks = blocks;
                blocks += columns * rows * component.across * component.down;
            }
            // A sixteenth of the memory that the decoder takes for them.
            self.nonzero = vec![0; blocks];
        }
        Some(frame)
    }

    fn tables(&mut self, mut content: &[u8]) -> Option<()> {
        while let Some((&[id, ref counts @ ..], rest)) = content.split_first_chunk::<17>() {
            let (values, rest) = rest.split_at_checked(counts.iter().map(|&n| usize::from(n)).sum())?;
            let tables = if id >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            *tables.get_mut(usize::from(id & 15))? = Some(Codes::new(counts, values)?);
            content = rest;
        }
        Some(())
    }

    /// Reads one scan; gives its rows that are missing.
    fn scan(&mut self, content: &[u8], bits: &mut Bits<'_>) -> Option<usize> {
        let frame = self.frame.as_mut()?;
        let (&count, rest) = content.split_first()?;
        let parts = rest.as_chunks::<2>().0.get(..count.into()).filter(|parts| !parts.is_empty())?;
        let &[first, last, precision, ..] = rest.get(usize::from(count) * 2..)? else { return None };
        let scan = match frame.progressive {
            true => JpegScan { first: first.into(), last: last.into(), refines: precision >> 4 > 0 },
            false => JpegScan { first: 0, last: 63, refines: false },
        };
        if scan.last > 63 || scan.first > scan.last || frame.progressive && scan.first == 0 && scan.last > 0 {
            return None;
        }
        for &[id, _] in parts {
            frame.components[..frame.count].iter_mut().find(|component| component.id == id)?.seen = true;
        }
        let frame = *frame;
        let mut used = [ScanComponent::default(); 4];
        let used = used.get_mut(..parts.len())?;
        let columns = frame.units().0;
        for (slot, &[id, tables]) in used.iter_mut().zip(parts) {
            let component = frame.components[..frame.count].iter().find(|component| component.id == id)?;
            let (across, down) = if parts.len() == 1 { (1, 1) } else { (component.across, component.down) };
            *slot = ScanComponent {
                dc: self.dc.get(usize::from(tables >> 4))?.as_ref(),
                ac: self.ac.get(usize::from(tables & 15))?.as_ref(),
                across,
                down,
                stride: columns * component.across,
                blocks: component.blocks,
            };
        }
        let (columns, rows) = match parts {
            [[id, _]] => frame.blocks(frame.components.iter().find(|component| component.id == *id)?),
            _ => frame.units(),
        };
        let units = columns * rows;
        let (mut missing, mut unit, mut skipped) = (0, 0, 0);
        while unit < units {
            let (x, y) = (unit % columns, unit / columns);
            let whole = used.iter().try_for_each(|part| {
                for down in 0..part.down {
                    for across in 0..part.across {
                        let at = (y * part.down + down) * part.stride + x * part.across + across;
                        let mut unused = 0;
                        let nonzero = self.nonzero.get_mut(part.blocks + at).unwrap_or(&mut unused);
                        block(bits, &scan, part.dc, part.ac, &mut skipped, nonzero)?;
                    }
                }
                Some(())
            });
            // Where the next run of data begins: behind the next restart marker.
            let run = unit.checked_div(self.restart);
            let next = run.map_or(units, |run| (run + 1) * self.restart).min(units);
            if whole.is_none() {
                missing += next - unit;
                unit = next;
            } else {
                unit += 1;
            }
            if self.restart > 0 && unit == next && unit < units {
                skipped = 0;
                if !bits.restart() {
                    missing += units - unit;
                    break;
                }
            }
        }
        Some(missing.div_ceil(columns))
    }
}

impl JpegHeader {
    /// Units across and down, each of all components.
    fn units(&self) -> (usize, usize) {
        let (across, down) = self.most();
        (self.width.div_ceil(8 * across), self.height.div_ceil(8 * down))
    }

    /// Blocks of a component across and down, where a scan has it alone.
    fn blocks(&self, component: &Component) -> (usize, usize) {
        let (across, down) = self.most();
        let side = |side: usize, part: usize, most: usize| (side * part).div_ceil(most).div_ceil(8);
        (side(self.width, component.across, across), side(self.height, component.down, down))
    }

    fn most(&self) -> (usize, usize) {
        let all = &self.components[..self.count];
        (all.iter().map(|c| c.across).max().unwrap_or(1), all.iter().map(|c| c.down).max().unwrap_or(1))
    }
}

/// Reads one block. `skipped`: blocks to come of which this scan has nothing.
fn block(
    bits: &mut Bits<'_>,
    scan: &JpegScan,
    dc: Option<&Codes>,
    ac: Option<&Codes>,
    skipped: &mut u32,
    nonzero: &mut u64,
) -> Option<()> {
    let mut at = scan.first;
    if at == 0 {
        if scan.refines {
            bits.take(1)?;
        } else {
            let size = bits.code(dc?)?;
            bits.take(u32::from(size & 15))?;
        }
        at = 1;
    }
    if at > scan.last {
        return Some(());
    }
    let ac = ac?;
    if *skipped > 0 {
        *skipped -= 1;
        return if scan.refines { refine(bits, nonzero, at, scan.last, u32::MAX).map(drop) } else { Some(()) };
    }
    while at <= scan.last {
        let code = bits.code(ac)?;
        let (zeros, size) = (u32::from(code >> 4), u32::from(code & 15));
        if size == 0 && zeros < 15 {
            if scan.first == 0 {
                return Some(());
            }
            *skipped = (1 << zeros) - 1 + bits.take(zeros)?;
            return if scan.refines { refine(bits, nonzero, at, scan.last, u32::MAX).map(drop) } else { Some(()) };
        }
        bits.take(size)?;
        at = if scan.refines { refine(bits, nonzero, at, scan.last, zeros)? } else { at + zeros };
        if size > 0 && at <= scan.last {
            *nonzero |= 1 << at;
        }
        at += 1;
    }
    Some(())
}

/// Reads a bit for each coefficient that is not zero, up to and past `zeros` that are; gives the place of the next zero.
fn refine(bits: &mut Bits<'_>, nonzero: &u64, mut at: u32, last: u32, mut zeros: u32) -> Option<u32> {
    while at <= last {
        if nonzero & (1 << at) != 0 {
            bits.take(1)?;
        } else if zeros == 0 {
            break;
        } else {
            zeros -= 1;
        }
        at += 1;
    }
    Some(at)
}
