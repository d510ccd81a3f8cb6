//! Presigned URLs: what a job may write and read.
use std::time::Duration;

use aws_sdk_s3::presigning::PresignedRequest;
use refractory_core::{Error, ErrorKind, Result, Timestamp};

use super::bucket::Bucket;
use super::manifest::Manifest;
use crate::Clients;
use crate::error::aws_error;
use crate::signing::{Signer, Validity};

const DURING: &str = "signing the orders of an errand";
/// How long a job may take. Credentials that expire earlier end its input; it is then tried again with fresh ones. With less than
/// half an hour it would be tried in vain.
const GOOD_FOR: Validity =
    Validity { preferred: Duration::from_hours(6), minimum: Duration::from_mins(30) };

/// Signs the input of one job, all at one moment.
#[derive(Debug)]
pub(super) struct JobInputSigner<'a> {
    bucket: &'a Bucket,
    signer: Signer,
}

/// A URL, cut where those of one job differ: in the name at the end of the path, and in the signature.
#[derive(Debug, PartialEq, Eq)]
struct SignedUrlParts {
    base: String,
    query: String,
    signature: String,
}

impl<'a> JobInputSigner<'a> {
    pub(super) async fn new(bucket: &'a Bucket, clients: &Clients, now: Timestamp) -> Result<Self> {
        Ok(Self { bucket, signer: Signer::new(clients, DURING, now, GOOD_FOR).await? })
    }

    /// Input to write at most `pieces` pieces of `size` bytes under `base`, to read them back, and to report.
    pub(super) async fn to_copy(
        &self,
        attempt: &str,
        base: &str,
        pieces: usize,
        size: u64,
    ) -> Result<String> {
        let report = self.put(base, "report").await?;
        let mut text = InputText::begin(attempt);
        text.line(&["size", &size.to_string()]);
        text.line(&["base", &report.base]);
        text.line(&["put", &report.query]);
        text.line(&["report", &report.signature]);
        for number in 0..pieces {
            let name = format!("{number:05}");
            let (put, get) = (self.put(base, &name).await?, self.get(base, &name).await?);
            if number == 0 {
                text.line(&["get", &get.query]);
            }
            text.line(&["piece", &name, &put.signature, &get.signature]);
        }
        Ok(text.0)
    }

    /// Input to read the pieces of `manifest` under `base`.
    pub(super) async fn to_restore(
        &self,
        attempt: &str,
        base: &str,
        manifest: &Manifest,
    ) -> Result<String> {
        let mut text = InputText::begin(attempt);
        for (number, piece) in manifest.pieces.iter().enumerate() {
            let get = self.get(base, &piece.name).await?;
            if number == 0 {
                text.line(&["base", &get.base]);
                text.line(&["get", &get.query]);
            }
            text.line(&["piece", &piece.name, "-", &get.signature]);
            text.line(&["sum", &piece.name, &piece.size.to_string(), &piece.sha256]);
        }
        Ok(text.0)
    }

    async fn put(&self, base: &str, name: &str) -> Result<SignedUrlParts> {
        let asked =
            self.signer.s3.put_object().bucket(&self.bucket.name).key(format!("{base}{name}"));
        cut(
            &asked
                .presigned(self.signer.at.clone())
                .await
                .map_err(|error| aws_error(DURING, error))?,
            name,
        )
    }

    async fn get(&self, base: &str, name: &str) -> Result<SignedUrlParts> {
        let asked =
            self.signer.s3.get_object().bucket(&self.bucket.name).key(format!("{base}{name}"));
        cut(
            &asked
                .presigned(self.signer.at.clone())
                .await
                .map_err(|error| aws_error(DURING, error))?,
            name,
        )
    }
}

struct InputText(String);

impl InputText {
    fn begin(attempt: &str) -> Self {
        let mut text = Self(String::new());
        text.line(&["attempt", attempt]);
        text
    }

    fn line(&mut self, words: &[&str]) {
        self.0 += &words.join(" ");
        self.0 += "\n";
    }
}

fn cut(signed: &PresignedRequest, name: &str) -> Result<SignedUrlParts> {
    cut_address(signed.uri(), name).ok_or_else(|| Error::new(ErrorKind::Unexpected, DURING))
}

fn cut_address(address: &str, name: &str) -> Option<SignedUrlParts> {
    let (path, query) = address.split_once('?')?;
    let base = path.strip_suffix(name)?.to_owned();
    let is_signature = |part: &&str| part.starts_with("X-Amz-Signature=");
    let signature = query.split('&').find(is_signature)?.split_once('=')?.1.to_owned();
    let rest: Vec<_> = query.split('&').filter(|part| !is_signature(part)).collect();
    Some(SignedUrlParts { base, query: rest.join("&"), signature })
}

#[cfg(test)]
mod tests {
    use super::cut_address;

    #[test]
    fn an_address_is_put_together_again_from_its_parts() {
        let address = "https://b.s3.eu-central-1.amazonaws.com/snapshots/a/1/x/00002?x-id=GetObject&X-Amz-Expires=9&X-Amz-Signature=ab12&X-Amz-Security-Token=t";
        let cut = cut_address(address, "00002").unwrap();
        assert_eq!(cut.base, "https://b.s3.eu-central-1.amazonaws.com/snapshots/a/1/x/");
        assert_eq!(cut.query, "x-id=GetObject&X-Amz-Expires=9&X-Amz-Security-Token=t");
        assert_eq!(cut.signature, "ab12");
        assert_eq!(cut_address("https://b/00002?x-id=GetObject", "00002"), None);
        assert_eq!(cut_address("https://b/00003?X-Amz-Signature=a", "00002"), None);
    }
}
