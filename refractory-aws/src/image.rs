//! What changes from one of felddy's images to the next.
use refractory_core::model::Version;

/// The first image that runs as `node` from its first process on. Those before begin as the super-user, give every file below
/// `/data` to `foundry` unless configured otherwise, and continue as that user.
pub(crate) const AS_NODE: Version = Version::new(13, 333);

const FOUNDRY: (u32, u32) = (421, 421);
const NODE: (u32, u32) = (1000, 1000);

/// The user and the group that the image for `release` runs the program as; those of the newest where there is no release.
pub(crate) fn user_of(release: Option<Version>) -> (u32, u32) {
    if release.is_some_and(|release| release < AS_NODE) { FOUNDRY } else { NODE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_is_the_one_that_the_image_of_the_release_runs_as() {
        let rows = [
            (Some((9, 280)), (421, 421)),
            (Some((10, 303)), (421, 421)),
            (Some((11, 315)), (421, 421)),
            (Some((12, 343)), (421, 421)),
            (Some((13, 332)), (421, 421)),
            (Some((13, 333)), (1000, 1000)),
            (Some((13, 351)), (1000, 1000)),
            (Some((14, 352)), (1000, 1000)),
            (None, (1000, 1000)),
        ];
        for (release, user) in rows {
            let release = release.map(|(generation, build)| Version::new(generation, build));
            assert_eq!(user_of(release), user, "{release:?}");
        }
    }
}
