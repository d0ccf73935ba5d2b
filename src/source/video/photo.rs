//! Photos in video containers: HEIC and AVIF (ISO/IEC 23008-12).
//!
//! Phones cut a photo into tiles, each coded as a picture of its own. ffmpeg gives the first tile for the photo, unless it is
//! told how to put them together.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The boxes that describe a photo stand at the start, within this many bytes.
const HEAD: u64 = 1 << 20;

/// The most tiles that are put together.
const MOST: usize = 400;

/// What a photo is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Photo {
    /// One picture, coded as HEVC or otherwise (AV1).
    Whole { hevc: bool },
    /// Several; `None` = they do not simply lie side by side.
    Tiles(Option<Tiles>),
}

/// Tiles of one size, row by row, of which the top left part is the photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tiles {
    /// The tiles' identities, as ffmpeg has them for its streams.
    ids: Vec<u64>,
    columns: usize,
    tile: (u64, u64),
    photo: (u64, u64),
    /// How often the photo is turned by a quarter, against the clock.
    quarters: u8,
}

impl Tiles {
    /// The filters of ffmpeg that make the photo of the tiles.
    pub fn filters(&self) -> String {
        let inputs: String = self.ids.iter().map(|id| format!("[0:i:{id}]")).collect();
        let place = |n: usize| {
            let (column, row) = ((n % self.columns) as u64, (n / self.columns) as u64);
            format!("{}_{}", column * self.tile.0, row * self.tile.1)
        };
        let places = (0..self.ids.len()).map(place).collect::<Vec<_>>().join("|");
        let stack = match self.ids.len() {
            1 => String::new(),
            count => format!("xstack=inputs={count}:layout={places},"),
        };
        let turn = ["", ",transpose=cclock", ",hflip,vflip", ",transpose=clock"][usize::from(self.quarters & 3)];
        // Not exact, it would cut odd sides to even ones where colours are stored at half the size.
        format!("{inputs}{stack}crop={}:{}:0:0:exact=1{turn}", self.photo.0, self.photo.1)
    }
}

/// `None` = it is no photo, but a video or something else.
pub fn photo(path: &Path) -> Option<Photo> {
    let mut head = Vec::new();
    File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head)).ok()?;
    let mut boxes = MediaBoxes(&head);
    let (kind, brands) = boxes.next()?;
    let brand = brands.first_chunk::<4>()?;
    let known: [&[u8; 4]; 8] = [b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2", b"avif", b"miaf"];
    if kind != *b"ftyp" || !known.contains(&brand) {
        return None;
    }
    let (_, meta) = boxes.find(|(kind, _)| kind == b"meta")?;
    let inside =
        |wanted: &[u8; 4]| MediaBoxes(meta.get(4..)?).find(|(kind, _)| kind == wanted).map(|(_, content)| content);
    let pitm = inside(b"pitm")?;
    let primary = number(pitm, 4, if wide(pitm) { 4 } else { 2 })?;
    let iinf = inside(b"iinf")?;
    let entries = MediaBoxes(iinf.get(if wide(iinf) { 8 } else { 6 }..)?);
    let item = entries.filter(|(kind, _)| kind == b"infe").find_map(|(_, entry)| {
        // Version 2 has a number of two bytes, version 3 of four.
        let length = if entry.first() == Some(&3) { 4 } else { 2 };
        (number(entry, 4, length)? == primary).then(|| entry.get(4 + length + 2..4 + length + 6))?
    })?;
    Some(match item {
        b"grid" => Photo::Tiles(tiles(&head, meta, primary)),
        b"iovl" => Photo::Tiles(None),
        b"hvc1" | b"hev1" => Photo::Whole { hevc: true },
        _ => Photo::Whole { hevc: false },
    })
}

/// Versions of a box from 1 on have numbers of four bytes in place of two.
fn wide(content: &[u8]) -> bool {
    content.first().is_some_and(|version| *version > 0)
}

/// How the tiles of an item lie; `None`: not as is known here.
fn tiles(file: &[u8], meta: &[u8], item: u64) -> Option<Tiles> {
    let inside =
        |wanted: &[u8; 4]| MediaBoxes(meta.get(4..)?).find(|(kind, _)| kind == wanted).map(|(_, content)| content);
    // Which items it is made of.
    let iref = inside(b"iref")?;
    let size = if wide(iref) { 4 } else { 2 };
    let (_, made) =
        MediaBoxes(iref.get(4..)?).find(|(kind, from)| kind == b"dimg" && number(from, 0, size) == Some(item))?;
    let count = number(made, size, 2)? as usize;
    let ids = (0..count).map(|n| number(made, size + 2 + n * size, size)).collect::<Option<Vec<u64>>>()?;
    let grid = data(file, inside(b"iloc")?, inside(b"idat").unwrap_or_default(), item)?;
    let (rows, columns) = (number(grid, 2, 1)? as usize + 1, number(grid, 3, 1)? as usize + 1);
    let side = if number(grid, 1, 1)? & 1 == 1 { 4 } else { 2 };
    let photo = (number(grid, 4, side)?, number(grid, 4 + side, side)?);
    let iprp = inside(b"iprp")?;
    let properties = |item| properties(iprp, item);
    let (_, extent) = properties(*ids.first()?)?.into_iter().find(|(kind, _)| kind == b"ispe")?;
    let tile = (number(extent, 4, 4)?, number(extent, 8, 4)?);
    let mut quarters = 0u8;
    for (kind, content) in properties(item)? {
        match &kind {
            b"irot" => quarters = (quarters + (content.first()? & 3)) % 4,
            b"imir" | b"clap" => return None,
            _ => {}
        }
    }
    let covers = tile.0 * columns as u64 >= photo.0 && tile.1 * rows as u64 >= photo.1;
    (ids.len() == rows * columns && ids.len() <= MOST && covers && photo.0 > 0 && photo.1 > 0).then_some(Tiles {
        ids,
        columns,
        tile,
        photo,
        quarters,
    })
}

/// The bytes of an item, in the file or in the box `idat`.
fn data<'a>(file: &'a [u8], iloc: &[u8], idat: &'a [u8], item: u64) -> Option<&'a [u8]> {
    let version = *iloc.first()?;
    let sizes = |at: usize| Some((usize::from(iloc.get(at)? >> 4), usize::from(iloc.get(at)? & 15)));
    let ((offset, length), (base, index)) = (sizes(4)?, sizes(5)?);
    let index = if version == 0 { 0 } else { index };
    let id = if version < 2 { 2 } else { 4 };
    let count = number(iloc, 6, id)?;
    let mut at = 6 + id;
    for _ in 0..count {
        let found = number(iloc, at, id)?;
        at += id;
        let mut method = 0;
        if version > 0 {
            method = number(iloc, at, 2)? & 15;
            at += 2;
        }
        // A reference to another file comes first.
        let start = number(iloc, at + 2, base)?;
        let extents = number(iloc, at + 2 + base, 2)? as usize;
        at += 4 + base;
        if found == item {
            let from = usize::try_from(start.checked_add(number(iloc, at + index, offset)?)?).ok()?;
            let bytes = usize::try_from(number(iloc, at + index + offset, length)?).ok()?;
            let source = if method == 1 { idat } else { file };
            return source.get(from..from.checked_add(bytes)?);
        }
        at += extents * (index + offset + length);
    }
    None
}

/// What is said of an item.
fn properties(iprp: &[u8], item: u64) -> Option<Vec<([u8; 4], &[u8])>> {
    let inside = |wanted: &[u8; 4]| MediaBoxes(iprp).find(|(kind, _)| kind == wanted).map(|(_, content)| content);
    let all: Vec<_> = MediaBoxes(inside(b"ipco")?).collect();
    let ipma = inside(b"ipma")?;
    let (id, link) = (if wide(ipma) { 4 } else { 2 }, 1 + (number(ipma, 3, 1)? & 1) as usize);
    let mut at = 8;
    for _ in 0..number(ipma, 4, 4)? {
        let (found, count) = (number(ipma, at, id)?, number(ipma, at + id, 1)? as usize);
        at += id + 1;
        if found == item {
            // The highest bit says whether a reader must know it.
            let index = |n: usize| Some(number(ipma, at + n * link, link)? & (u64::MAX >> (65 - 8 * link)));
            let found = (0..count).map(|n| all.get(usize::try_from(index(n)?.checked_sub(1)?).ok()?).copied());
            return found.collect();
        }
        at += count * link;
    }
    None
}

fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    Some(bytes.get(at..at + length)?.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

/// MediaBoxes one after the other: kind and content.
struct MediaBoxes<'a>(&'a [u8]);

impl<'a> Iterator for MediaBoxes<'a> {
    type Item = ([u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let size = number(self.0, 0, 4)?;
        let kind = *self.0.get(4..)?.first_chunk()?;
        let (head, size) = if size == 1 { (16, number(self.0, 8, 8)?) } else { (8, size) };
        let end = if size == 0 { self.0.len() } else { usize::try_from(size).ok()?.min(self.0.len()) };
        let content = self.0.get(head..end)?;
        self.0 = &self.0[end..];
        Some((kind, content))
    }
}
