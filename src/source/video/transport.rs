//! Packets that a transport stream has lost. ffmpeg takes a place where two recordings were joined for a loss too.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// The tables that every recording begins with stand within this many packets before its first frame.
const TABLES: u64 = 8;

/// The identity of the packets that list the programs; up to [`RESERVED`], packets are tables too.
const PROGRAMS: u16 = 0;
const RESERVED: u16 = 0x20;

/// How often packets are missing, other than where another recording begins; `None`: it cannot be read, or has no packets
/// of 188 bytes.
pub fn losses(path: &Path) -> Option<u64> {
    let mut file = BufReader::with_capacity(1 << 16, File::open(path).ok()?);
    let mut next = HashMap::<u16, u8>::new();
    let (mut packet, mut number, mut tables, mut losses) = ([0; 188], 0u64, None, 0);
    while file.read_exact(&mut packet).is_ok() {
        let [sync, high, low, flags, length, adaptation, ..] = packet;
        if sync != 0x47 {
            // At the start it is another kind of file; later a part was overwritten.
            if number == 0 {
                return None;
            }
            losses += 1;
            next.clear();
        } else {
            let id = u16::from_be_bytes([high & 0x1F, low]);
            let (counter, has_payload, begins) = (flags & 15, flags & 0x10 != 0, high & 0x40 != 0);
            let announced = flags & 0x20 != 0 && length > 0 && adaptation & 0x80 != 0;
            // Without payload it does not count; a packet may be sent twice.
            if id != 0x1FFF && has_payload {
                let expected = next.insert(id, (counter + 1) % 16);
                let continues = expected.is_none_or(|expected| counter == expected || (counter + 1) % 16 == expected);
                let joined = begins && tables.is_some_and(|tables| number - tables <= TABLES);
                losses += u64::from(!continues && !announced && !joined && id >= RESERVED);
            }
            if id == PROGRAMS {
                tables = Some(number);
            }
        }
        number += 1;
    }
    Some(losses)
}
