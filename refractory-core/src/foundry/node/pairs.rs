//! Which major of Node.js runs which generation of Foundry.

/// The least major the vendor names for `generation`; none for a generation not known here.
pub fn least_major(generation: u16) -> Option<u16> {
    match generation {
        9 | 10 => Some(14),
        11 => Some(16),
        12 => Some(18),
        13 => Some(20),
        14 => Some(24),
        _ => None,
    }
}

/// The majors `generation` is known to run well on, best first; none for a generation not known here.
///
/// The first is the one the widely used container image ships for the newest builds. Newer majors
/// than these are left out on purpose: the vendor calls 13 incompatible with 24.
pub fn proven_majors(generation: u16) -> &'static [u16] {
    match generation {
        9 => &[16, 18],
        10 | 11 => &[18, 16],
        12 => &[18, 20],
        13 => &[22, 20],
        14 => &[24],
        _ => &[],
    }
}
