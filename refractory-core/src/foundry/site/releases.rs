//! What the vendor has published.
use std::str::FromStr;

use super::client::{Jar, Site, odd};
use super::markup::{Piece, pieces, plain};
use crate::Result;
use crate::model::Version;

/// How finished a release is said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// First tries.
    Prototype,
    /// Unfinished.
    Development,
    /// To be tried out.
    Testing,
    /// For everybody.
    Stable,
}

/// A release as the vendor's list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedRelease {
    /// Its version.
    pub version: Version,
    /// How finished it is; none where the list does not say.
    pub channel: Option<Channel>,
    /// When it came out, in the list's own words.
    pub published: String,
}

impl Site {
    /// Every release on the vendor's list, newest first. Needs no account.
    ///
    /// # Errors
    ///
    /// `Unavailable` (with how long to wait, where the site says so).
    pub async fn releases(&self) -> Result<Vec<PublishedRelease>> {
        const DURING: &str = "reading the list of releases";
        let mut jar = Jar::default();
        let page = self.page(self.http.get(self.at("/releases/")?), &mut jar, DURING).await?;
        let mut found = releases(&page);
        if found.is_empty() {
            return Err(odd(DURING));
        }
        found.sort_by_key(|release| std::cmp::Reverse(release.version));
        found.dedup_by_key(|release| release.version);
        Ok(found)
    }
}

fn releases(page: &str) -> Vec<PublishedRelease> {
    let mut found: Vec<PublishedRelease> = Vec::new();
    let (mut inside, mut of) = (false, "");
    for piece in pieces(page) {
        match piece {
            Piece::Open(tag) if tag.is("li", "release") => inside = true,
            Piece::Open(tag) if inside && tag.name == "a" => {
                if let Some(version) = tag.attribute("href").as_deref().and_then(version) {
                    inside = false;
                    found.push(PublishedRelease {
                        version,
                        channel: None,
                        published: String::new(),
                    });
                }
            }
            Piece::Open(tag) if tag.is("span", "release-tag") => of = "tag",
            Piece::Open(tag) if tag.is("span", "release-time") => of = "time",
            Piece::Text(text) => {
                if let Some(release) = found.last_mut() {
                    note(release, std::mem::take(&mut of), text);
                }
            }
            Piece::Open(_) => {}
        }
    }
    found
}

fn note(release: &mut PublishedRelease, of: &str, text: &str) {
    match of {
        "tag" => release.channel = text.parse().ok().or(release.channel),
        "time" => release.published = plain(text),
        _ => {}
    }
}

fn version(link: &str) -> Option<Version> {
    link.split("/releases/").nth(1)?.trim_matches('/').parse().ok()
}

impl FromStr for Channel {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.trim().to_ascii_lowercase().as_str() {
            "prototype" => Ok(Self::Prototype),
            "development" => Ok(Self::Development),
            "testing" => Ok(Self::Testing),
            "stable" => Ok(Self::Stable),
            _ => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read() {
        let page = r#"<ul><li class="release flexrow"><a href="/releases/14.359">Release 14.359</a>
            <span class="release-tag full">Full</span> <span class="release-tag stable">Stable</span>
            <span class="release-time">April 01, 2026</span></li>
            <li class="release"><a href="/releases/14.352">Release 14.352</a>
            <span class="release-tag">Update</span><span class="release-tag">Testing</span></li>
            <li><a href="/releases/about">no release</a></li></ul>"#;
        let found = releases(page);
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].version, found[0].channel),
            (Version::new(14, 359), Some(Channel::Stable))
        );
        assert_eq!(found[0].published, "April 01, 2026");
        assert_eq!(found[1].channel, Some(Channel::Testing));
    }
}
