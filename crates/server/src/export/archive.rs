//! A ZIP file with one member, stored or deflated (APPNOTE 6.3.3 §4.3): what report clients unpack.

use std::io::Write as _;

use flate2::{Compression, Crc, write::DeflateEncoder};

/// The archive. A content beyond four gigabytes does not fit.
pub(super) fn zip(name: &str, content: &[u8]) -> std::io::Result<Vec<u8>> {
    let too_long = |_| std::io::Error::other("the content does not fit a ZIP file");
    let mut crc = Crc::new();
    crc.update(content);
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content)?;
    let packed = encoder.finish()?;
    let size = u32::try_from(content.len()).map_err(too_long)?;
    let packed_size = u32::try_from(packed.len()).map_err(too_long)?;
    let name_size = u16::try_from(name.len()).map_err(too_long)?;
    // Version 2.0, UTF-8 name, deflate, 1980-01-01 00:00.
    let mut common = Vec::new();
    for part in [20_u16, 0x0800, 8, 0, 0x0021] {
        common.extend_from_slice(&part.to_le_bytes());
    }
    for part in [crc.sum(), packed_size, size] {
        common.extend_from_slice(&part.to_le_bytes());
    }
    common.extend_from_slice(&name_size.to_le_bytes());
    common.extend_from_slice(&0_u16.to_le_bytes());
    let mut out = b"PK\x03\x04".to_vec();
    out.extend_from_slice(&common);
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(&packed);
    let directory_at = u32::try_from(out.len()).map_err(too_long)?;
    out.extend_from_slice(b"PK\x01\x02\x14\x00");
    out.extend_from_slice(&common);
    // No comment, first disk, no attributes, the member at the beginning.
    out.extend_from_slice(&[0; 14]);
    out.extend_from_slice(name.as_bytes());
    let directory_size = u32::try_from(out.len()).map_err(too_long)? - directory_at;
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0\x01\x00\x01\x00");
    out.extend_from_slice(&directory_size.to_le_bytes());
    out.extend_from_slice(&directory_at.to_le_bytes());
    out.extend_from_slice(&[0; 2]);
    Ok(out)
}
