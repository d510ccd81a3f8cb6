//! Words of the catalogue, with what helps as a command.
use refractory_core::model::Fault;
use refractory_core::words::{English, Words as _};
use refractory_core::{Error, Remedy};

/// What helps, at the prompt; none where the front end knows nothing of it.
fn remedy(remedy: Remedy) -> Option<&'static str> {
    Some(match remedy {
        Remedy::AddLicense => "Add one with `refractory license add NAME`.",
        Remedy::ChooseLicense => {
            "Choose another one with `refractory instance edit TABLE --license NAME`."
        }
        Remedy::ChooseWorld => {
            "Choose another one with `refractory instance edit TABLE --world WORLD`."
        }
        Remedy::AcceptAgreement => "Accept it with `refractory license accept NAME`.",
        Remedy::ListLicenses => "See `refractory license list`.",
        Remedy::AddRelease => "Add it with `refractory release add FILE`.",
        Remedy::ListReleases => "See `refractory release list`.",
        Remedy::ReadLog => "See `refractory instance logs TABLE`.",
        Remedy::Start => "Start it with `refractory instance start TABLE`.",
        Remedy::ListDamagedRecords => "Run `refractory record list` to see what to do.",
        Remedy::CreateSignInLink => "Make a sign-in link with `refractory user link NAME`.",
        Remedy::ReadServiceLog => "See the log of `refractory up`.",
        Remedy::Other | _ => return None,
    })
}

fn with_remedy(sentence: String, what: Option<Remedy>) -> String {
    match what.and_then(remedy) {
        Some(helps) => format!("{sentence} {helps}"),
        None => sentence,
    }
}

/// What went wrong, and what helps.
pub(crate) fn error(error: &Error) -> String {
    with_remedy(English.error(error), error.remedy())
}

/// Why a table fails, and what helps.
pub(crate) fn fault(fault: &Fault) -> String {
    with_remedy(English.fault(fault), fault.cause.as_ref().and_then(|cause| cause.remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_remedy_is_a_command() {
        for what in Remedy::ALL {
            let said = remedy(what).unwrap();
            assert!(said.contains("`refractory "), "{said}");
        }
        assert_eq!(remedy(Remedy::Other), None);
    }
}
