//! The calls as a whole, on scripts in place of models, clock and state database.

mod comparison;
mod ending;
mod failing;
mod keeping;
mod opening;
mod persons;
mod races;
mod register;
mod runs;
mod steps;

use tanu_protocol::challenge::StepIndex;
use tanu_protocol::digest::Sha256Digest;
use tanu_protocol::evidence::{COMPARISON_TYPE, ComparisonDocument, DocumentKind, LIVENESS_TYPE, LivenessDocument};
use tanu_protocol::jws::UnverifiedJws;
use tanu_protocol::matcher::StepVerdict;
use tanu_protocol::problem::ProblemCode;

use super::testing::{Acting, Edge, Fixture, key};
use crate::failure::Failure;

const ASKED: Acting = Acting::AsAsked(1);

fn code<T: std::fmt::Debug>(result: Result<T, Failure>) -> ProblemCode {
    result.unwrap_err().code()
}

fn opened(fixture: &Fixture, seed: u8) -> Edge {
    let edge = Edge::new(fixture, seed);
    fixture.matcher.open_session(&edge.open()).unwrap();
    edge
}

/// A session that has passed its first run and been compared.
fn compared(fixture: &Fixture, seed: u8) -> Edge {
    let edge = opened(fixture, seed);
    edge.run(fixture, 0, ASKED);
    fixture.matcher.compare(&edge.session).unwrap();
    edge
}

fn index(run: u8, step: u8) -> StepIndex {
    StepIndex { run, step }
}

/// Sends a step in which what was asked for is done.
fn judged(fixture: &Fixture, edge: &Edge, index: StepIndex) -> Result<StepVerdict, Failure> {
    let step = edge.step(index.run, index.step, ASKED);
    fixture.matcher.judge_step(&edge.session, index, &step)
}

fn document<T: serde::de::DeserializeOwned>(fixture: &Fixture, edge: &Edge, kind: DocumentKind, typ: &str) -> Vec<T> {
    fixture
        .matcher
        .documents(&edge.session)
        .unwrap()
        .iter()
        .filter(|document| document.reference.kind == kind)
        .map(|document| {
            assert_eq!(document.reference.sha256, Sha256Digest::of(document.jws.as_bytes()));
            UnverifiedJws::parse(&document.jws, 1 << 24)
                .unwrap()
                .verify(key(3).verifying_key(), typ)
                .unwrap()
        })
        .collect()
}

fn document_1(fixture: &Fixture, edge: &Edge) -> Vec<LivenessDocument> {
    document(fixture, edge, DocumentKind::Liveness, LIVENESS_TYPE)
}

fn document_2(fixture: &Fixture, edge: &Edge) -> Vec<ComparisonDocument> {
    document(fixture, edge, DocumentKind::Comparison, COMPARISON_TYPE)
}
