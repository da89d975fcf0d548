//! What the relying party gets, and asks for.

use super::*;

#[test]
fn nbs_10_a_citizen_who_passes_gives_the_relying_party_a_code_for_an_id_token() {
    let fixture = Fixture::new(IIN);
    let code = fixture.passed();
    let reply = fixture.redeem(&code, VERIFIER);
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    let tokens: Value = serde_json::from_slice(&reply.body).unwrap();
    let token = Handle::parse(tokens["access_token"].as_str().unwrap()).unwrap();
    let info = fixture.call(Call::UserInfo { token: token.hash() });
    assert_eq!(info.status, 200);
    // The second use of a code is a theft: nothing that it gave stays good.
    assert_eq!(fixture.redeem(&code, VERIFIER).status, 400);
    assert_eq!(fixture.call(Call::UserInfo { token: token.hash() }).status, 401);
}

#[test]
fn a_code_needs_its_verifier_client_and_address() {
    let fixture = Fixture::new(IIN);
    let code = fixture.passed();
    assert_eq!(fixture.redeem(&code, &VERIFIER.replace('v', "w")).status, 400);
    for (client, redirect_uri) in [
        ("other", "http://localhost:8789/callback"),
        ("bank", "http://localhost:8789/other"),
    ] {
        let reply = fixture.call(Call::Redeem {
            client: client.into(),
            code: code.hash(),
            redirect_uri: redirect_uri.into(),
            verifier: VERIFIER.into(),
        });
        assert_eq!(reply.status, 400, "{client} {redirect_uri}");
    }
    assert_eq!(fixture.redeem(&code, VERIFIER).status, 200);
}

#[test]
fn a_pushed_request_waits_for_ninety_seconds_and_for_one_browser() {
    let fixture = Fixture::new(IIN);
    let other = Sha256Digest::from_bytes([8; 32]);
    assert_eq!(problem(&fixture.accept(other)), ProblemCode::SessionUnknown);
    assert_eq!(fixture.accept(BROWSER).status, 303);
    *fixture.host.record.borrow_mut() = None;
    assert_eq!(fixture.push(authorization(IIN)).status, 201);
    fixture.pass(PUSHED_SECONDS);
    assert_eq!(problem(&fixture.accept(BROWSER)), ProblemCode::SessionUnknown);
    fixture.wake();
    assert!(fixture.host.record.borrow().is_none());
}

#[test]
fn the_name_of_a_pushed_request_says_nothing_of_the_session() {
    let fixture = Fixture::new(IIN);
    *fixture.host.record.borrow_mut() = None;
    let pushed: Value = serde_json::from_slice(&fixture.push(authorization(IIN)).body).unwrap();
    assert_eq!(pushed["request_uri"], format!("{REQUEST_URI}{REFERENCE}"));
}

#[test]
fn the_language_that_a_relying_party_proposes_reaches_the_page() {
    let fixture = Fixture::new(IIN);
    assert_eq!(fixture.view(Act::See).language, None);
    *fixture.host.record.borrow_mut() = None;
    let proposing = Authorization {
        language: Some(Language::Ru),
        ..authorization(IIN)
    };
    assert_eq!(fixture.push(proposing).status, 201);
    assert_eq!(fixture.accept(BROWSER).status, 303);
    assert_eq!(fixture.view(Act::See).language, Some(Language::Ru));
}

#[test]
fn nbs_10_the_result_is_for_the_client_whose_session_it_is_and_after_its_end() {
    let fixture = Fixture::new(IIN);
    let result = |client: &str| {
        fixture.call(Call::Result {
            client: client.to_owned(),
        })
    };
    assert_eq!(problem(&result("bank")), ProblemCode::SessionState);
    assert_eq!(fixture.view(Act::Cancel).state, ended(Ending::Cancelled));
    assert_eq!(problem(&result("other")), ProblemCode::SessionUnknown);
    let message: Value = serde_json::from_slice(&result("bank").body).unwrap();
    assert_eq!(message["passed"], false);
    assert_eq!(message["ending"], "cancelled");
    assert_eq!(message["session"], SESSION.to_string());
}

#[test]
fn nbs_10_the_result_names_the_request_that_it_answers() {
    let fixture = Fixture::new(IIN);
    fixture.call(Call::Browser {
        browser: BROWSER,
        act: Act::Cancel,
    });
    let result = fixture.call(Call::Result { client: "bank".into() });
    let message: Value = serde_json::from_slice(&result.body).unwrap();
    assert_eq!(message["code_challenge"], crate::oidc::authorization::tests::CHALLENGE);
}

#[test]
fn nobody_waits_while_documents_and_proofs_are_fetched() {
    let fixture = Fixture::new(IIN);
    fixture.passed();
    fixture.host.asked_in_turn.borrow_mut().clear();
    fixture.matcher_says(Ok(json!([{
        "kind": "liveness", "run": 0, "sha256": Sha256Digest::of(b"liveness"), "at": START, "jws": "a.b.c",
    }])));
    fixture.matcher_says(Err(MatcherFailure::Refused(ProblemCode::NotFound)));
    let asked = || fixture.host.asked.borrow().len();
    let before = asked();
    assert_eq!(fixture.call(Call::Result { client: "bank".into() }).status, 200);
    assert_eq!(fixture.act(Act::Documents).status, 200);
    assert_eq!(asked() - before, 3);
    assert_eq!(*fixture.host.asked_in_turn.borrow(), [""; 0]);
}

#[test]
fn a_request_that_was_posted_is_brought_again_by_a_get_that_says_no_more_than_its_name() {
    let reply = bring("bank & co", REFERENCE);
    let location = reply.header("location").unwrap();
    let url = url::Url::parse("http://localhost").unwrap().join(location).unwrap();
    assert_eq!((reply.status, url.path()), (303, "/oidc/authorize"));
    let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let pushed = format!("{REQUEST_URI}{REFERENCE}");
    assert_eq!(
        query,
        [("client_id".into(), "bank & co".into()), ("request_uri".into(), pushed)]
    );
}
