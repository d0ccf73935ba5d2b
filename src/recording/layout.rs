//! Names that the writer and the reader share.

/// The version of what is written around the frames: records of metadata, topics, the order of messages.
pub const VERSION: &str = "1";

/// The first bytes of the container.
pub const MAGIC: &[u8] = mcap::MAGIC;

/// The metadata record at the start.
pub const ABOUT: &str = "twinsight.recording";
/// The metadata record at the end of a recording that was not cut off.
pub const END: &str = "twinsight.end";

/// Keys of the first record.
pub const VERSION_KEY: &str = "version";
pub const PROGRAM_KEY: &str = "program";
pub const SYSTEM_KEY: &str = "system";
pub const PICTURES_KEY: &str = "pictures";

/// Topics. Of one frame, its picture comes first and its heads last: where the heads are whole, all is.
pub const IMAGE_TOPIC: &str = "/image";
pub const BOXES_TOPICS: [&str; 2] = ["/a/boxes", "/b/boxes"];
pub const HEADS_TOPIC: &str = "/heads";
