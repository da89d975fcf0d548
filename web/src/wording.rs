//! The words for what the wire contract names: commands, reasons, endings, kinds of data. Exhaustive: a new variant needs
//! its words before anything compiles.

use tanu_protocol::challenge::{Command, Mismatch};
use tanu_protocol::evidence::{ComparisonResult, DocumentKind, DocumentRef, LivenessResult};
use tanu_protocol::identity::OutOfForce;
use tanu_protocol::iin::MalformedNumber;
use tanu_protocol::language::Language;
use tanu_protocol::session::{DataItem, Ending};

use crate::text::{Text, phrase};

/// What to do.
#[must_use]
pub const fn command(command: Command) -> Text {
    match command {
        Command::TurnLeft => Text::CommandTurnLeft,
        Command::TurnRight => Text::CommandTurnRight,
        Command::LookUp => Text::CommandLookUp,
        Command::LookDown => Text::CommandLookDown,
        Command::Blink => Text::CommandBlink,
        Command::OpenMouth => Text::CommandOpenMouth,
        Command::ComeCloser => Text::CommandComeCloser,
    }
}

/// The command as the wire names it.
#[must_use]
pub const fn command_name(command: Command) -> &'static str {
    match command {
        Command::TurnLeft => "turn_left",
        Command::TurnRight => "turn_right",
        Command::LookUp => "look_up",
        Command::LookDown => "look_down",
        Command::Blink => "blink",
        Command::OpenMouth => "open_mouth",
        Command::ComeCloser => "come_closer",
    }
}

/// Why a run failed, and what to do better.
#[must_use]
pub const fn mismatch(mismatch: Mismatch) -> (Text, Text) {
    match mismatch {
        Mismatch::TooFewFrames => (Text::MismatchTooFewFrames, Text::MismatchTooFewFramesRemedy),
        Mismatch::NoFace => (Text::MismatchNoFace, Text::MismatchNoFaceRemedy),
        Mismatch::SeveralFaces => (Text::MismatchSeveralFaces, Text::MismatchSeveralFacesRemedy),
        Mismatch::OutOfPlace => (Text::MismatchOutOfPlace, Text::MismatchOutOfPlaceRemedy),
        Mismatch::TooDark => (Text::MismatchTooDark, Text::MismatchTooDarkRemedy),
        Mismatch::TooBright => (Text::MismatchTooBright, Text::MismatchTooBrightRemedy),
        Mismatch::Blurred => (Text::MismatchBlurred, Text::MismatchBlurredRemedy),
        Mismatch::NotPerformed => (Text::MismatchNotPerformed, Text::MismatchNotPerformedRemedy),
        Mismatch::TooLittle => (Text::MismatchTooLittle, Text::MismatchTooLittleRemedy),
        Mismatch::OtherMovement => (Text::MismatchOtherMovement, Text::MismatchOtherMovementRemedy),
        Mismatch::TooEarly => (Text::MismatchTooEarly, Text::MismatchTooEarlyRemedy),
        Mismatch::NotReturned => (Text::MismatchNotReturned, Text::MismatchNotReturnedRemedy),
        Mismatch::Static => (Text::MismatchStatic, Text::MismatchStaticRemedy),
        Mismatch::Discontinuous => (Text::MismatchDiscontinuous, Text::MismatchDiscontinuousRemedy),
        Mismatch::AnotherPerson => (Text::MismatchAnotherPerson, Text::MismatchAnotherPersonRemedy),
        Mismatch::PresentationAttack => (Text::MismatchPresentationAttack, Text::MismatchPresentationAttackRemedy),
        Mismatch::Late => (Text::MismatchLate, Text::MismatchLateRemedy),
    }
}

/// A kind of data that is asked for.
#[must_use]
pub const fn data_item(item: DataItem) -> Text {
    match item {
        DataItem::Face => Text::DataFace,
        DataItem::Iin => Text::DataIin,
        DataItem::IdentityDocument => Text::DataIdentityDocument,
        DataItem::Evidence => Text::DataEvidence,
    }
}

/// How a session ended: heading, what happened, and what to do now where it was not passed.
#[must_use]
pub const fn ending(ending: Ending) -> (Text, Text, Option<Text>) {
    match ending {
        Ending::Matched => (Text::EndingMatched, Text::EndingMatchedText, None),
        Ending::NotMatched => (
            Text::EndingNotMatched,
            Text::EndingNotMatchedText,
            Some(Text::EndingNotMatchedNext),
        ),
        Ending::NotLive => (
            Text::EndingNotLive,
            Text::EndingNotLiveText,
            Some(Text::EndingNotLiveNext),
        ),
        Ending::NoReference => (
            Text::EndingNoReference,
            Text::EndingNoReferenceText,
            Some(Text::EndingNoReferenceNext),
        ),
        Ending::DocumentOutOfForce { why } => (
            out_of_force(why),
            Text::EndingDocumentText,
            Some(Text::EndingDocumentNext),
        ),
        Ending::Refused => (
            Text::EndingRefused,
            Text::EndingRefusedText,
            Some(Text::EndingRefusedNext),
        ),
        Ending::Cancelled => (
            Text::EndingCancelled,
            Text::EndingCancelledText,
            Some(Text::EndingCancelledNext),
        ),
        Ending::Expired => (
            Text::EndingExpired,
            Text::EndingExpiredText,
            Some(Text::EndingExpiredNext),
        ),
    }
}

/// Why an identity document does not count.
#[must_use]
pub const fn out_of_force(why: OutOfForce) -> Text {
    match why {
        OutOfForce::NotYetValid => Text::EndingDocumentNotYetValid,
        OutOfForce::Expired => Text::EndingDocumentExpired,
        OutOfForce::Lost => Text::EndingDocumentLost,
        OutOfForce::Revoked => Text::EndingDocumentRevoked,
    }
}

/// What is wrong with a typed IIN.
#[must_use]
pub const fn malformed_iin(why: MalformedNumber) -> Text {
    match why {
        MalformedNumber::Length => Text::ConsentIinLength,
        MalformedNumber::CheckDigit => Text::ConsentIinCheckDigit,
        MalformedNumber::Kind => Text::ConsentIinKind,
    }
}

/// A document's name. Attempts count from 1 for people.
#[must_use]
pub fn document(document: &DocumentRef, language: Language) -> String {
    match (document.kind, document.run) {
        (DocumentKind::Consent, _) => Text::DocumentsConsent.get(language).to_owned(),
        (DocumentKind::Liveness, None) => Text::DocumentsLiveness.get(language).to_owned(),
        (DocumentKind::Liveness, Some(run)) => phrase::documents_liveness_run(language, u16::from(run) + 1),
        (DocumentKind::Comparison, _) => Text::DocumentsComparison.get(language).to_owned(),
    }
}

/// Result of a liveness check.
#[must_use]
pub const fn liveness_result(result: LivenessResult) -> Text {
    match result {
        LivenessResult::Passed => Text::FieldLive,
        LivenessResult::Failed => Text::FieldNotLive,
        LivenessResult::NotCompleted => Text::FieldNotCompleted,
    }
}

/// Result of a comparison.
#[must_use]
pub const fn comparison_result(result: &ComparisonResult) -> Text {
    match result {
        ComparisonResult::Matched => Text::FieldSame,
        ComparisonResult::NotMatched => Text::FieldNotSame,
        ComparisonResult::NoReference => Text::FieldNoReference,
        ComparisonResult::UnusableReference => Text::FieldUnusableReference,
        ComparisonResult::DocumentOutOfForce { why } => out_of_force(*why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bnk_8a_commands_are_named_as_on_the_wire() {
        for one in Command::ALL {
            assert_eq!(serde_json::to_value(one).unwrap(), command_name(one));
        }
    }

    #[test]
    fn nbs_10_every_ending_that_is_not_passed_says_what_to_do_now() {
        let endings = [
            Ending::Matched,
            Ending::NotMatched,
            Ending::NotLive,
            Ending::NoReference,
            Ending::DocumentOutOfForce { why: OutOfForce::Lost },
            Ending::Refused,
            Ending::Cancelled,
            Ending::Expired,
        ];
        for one in endings {
            assert_eq!(ending(one).2.is_none(), one.passed(), "{one:?}");
        }
    }
}
