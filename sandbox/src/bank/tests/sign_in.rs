//! Signing in, from the button to the documents, with a Tanu that is played.

use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};
use tanu_protocol::digest::{Sha256Digest, TransactionHash};
use tanu_protocol::evidence::{
    COMPARISON_TYPE, CONSENT_TYPE, ComparisonResult, DocumentKind, DocumentRef, LIVENESS_TYPE, LivenessResult,
    SignedDocument,
};
use url::Url;

use super::tanu::{Held, Tanu, issuer};
use super::*;
use crate::bank::evidence::testing::{SESSION, TRANSACTION, comparison, consent, liveness};
use crate::testing::NOW;

/// A browser that was sent to Tanu.
struct Sent {
    tanu: Tanu,
    bank: Fixture,
    /// The cookie from before the answer.
    cookie: String,
    /// The cookie of now.
    renewed: Mutex<String>,
    address: Url,
    state: String,
}

async fn sent(with_citizen: bool) -> Sent {
    let tanu = Tanu::new().await;
    let bank = Fixture::new(tanu.server.origin()).await;
    let id = bank.citizens.list().await.unwrap()[0].id.to_string();
    let form = if with_citizen { vec![("citizen", id)] } else { vec![] };
    let answer = bank
        .browser
        .post(bank.address("/sign-in"))
        .form(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status().as_u16(), 303);
    let cookie = cookie(&answer);
    let address: Url = location(&answer).parse().unwrap();
    if !with_citizen {
        tanu.script.lock().unwrap().request = address.query_pairs().into_owned().collect();
    }
    let state = tanu.script.lock().unwrap().request["state"].clone();
    Sent {
        tanu,
        bank,
        renewed: Mutex::new(cookie.clone()),
        cookie,
        address,
        state,
    }
}

impl Sent {
    async fn come_back(&self, query: &str) -> Response {
        let cookie = self.renewed();
        let (answer, renewed) = self.bank.bring(query, &cookie).await;
        *self.renewed.lock().unwrap() = renewed;
        answer
    }

    fn renewed(&self) -> String {
        self.renewed.lock().unwrap().clone()
    }

    async fn pass(&self) -> Response {
        self.tanu.script.lock().unwrap().result = result("matched", &passed_documents(&self.bank.provider));
        self.come_back(&self.passed()).await
    }

    /// The answer of a session that passed.
    fn passed(&self) -> String {
        format!("code=the-code&state={}&tanu_session={SESSION}", self.state)
    }

    /// The answer of a session whose result was fetched before, as Tanu gives it to whoever goes back once more.
    fn fetched_before(&self) -> String {
        format!("error=access_denied&state={}&tanu_session={SESSION}", self.state)
    }

    async fn page(&self, answer: &Response) -> String {
        assert_eq!(answer.status().as_u16(), 303);
        let page = self.bank.get(location(answer), &self.renewed()).await;
        page.text().await.unwrap()
    }
}

fn signed<T: Serialize>(signer: &JwsSigner, kind: DocumentKind, typ: &str, content: &T) -> SignedDocument {
    let jws = signer.sign(typ, content).unwrap();
    SignedDocument {
        reference: DocumentRef {
            kind,
            run: (kind == DocumentKind::Liveness).then_some(0),
            sha256: Sha256Digest::of(jws.as_bytes()),
            at: NOW,
        },
        jws,
    }
}

fn passed_documents(provider: &JwsSigner) -> Vec<SignedDocument> {
    let matched = comparison(ComparisonResult::Matched);
    vec![
        signed(&issuer(), DocumentKind::Consent, CONSENT_TYPE, &consent()),
        signed(
            provider,
            DocumentKind::Liveness,
            LIVENESS_TYPE,
            &liveness(LivenessResult::Passed),
        ),
        signed(provider, DocumentKind::Comparison, COMPARISON_TYPE, &matched),
    ]
}

fn result(ending: &str, documents: &[SignedDocument]) -> Value {
    json!({
        "session": SESSION, "transaction": TRANSACTION, "passed": ending == "matched", "ending": ending, "at": NOW,
        "documents": documents, "proofs": [],
    })
}

async fn failure(answer: Response) -> String {
    let html = answer.text().await.unwrap();
    let (_, rest) = html.split_once("data-failure=\"").expect("a failure's page");
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn an_iin_is_pushed_and_never_stands_in_an_address() {
    let sent = sent(true).await;
    let pushed = sent.tanu.script.lock().unwrap().pushed.clone().unwrap();
    assert_eq!(pushed["login_hint"], IIN);
    assert_eq!(pushed["code_challenge_method"], "S256");
    assert_eq!(pushed["redirect_uri"], sent.bank.address("/callback"));
    let query: Vec<_> = sent.address.query_pairs().into_owned().collect();
    let expected = [("client_id", "demo-bank"), ("request_uri", "urn:x:1")];
    assert_eq!(query, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn without_a_citizen_the_plain_request_goes_through_the_browser() {
    let sent = sent(false).await;
    assert!(sent.tanu.script.lock().unwrap().pushed.is_none());
    let names: Vec<_> = sent.address.query_pairs().map(|(name, _)| name.into_owned()).collect();
    for name in ["response_type", "state", "nonce", "code_challenge", "ui_locales"] {
        assert!(names.iter().any(|known| known == name), "{name}");
    }
    assert!(!names.iter().any(|name| name == "login_hint"));
}

#[tokio::test]
async fn nbs_10_bnk_16_a_passed_sign_in_is_accepted_and_its_documents_can_be_had() {
    let sent = sent(true).await;
    let answer = sent.pass().await;
    let html = sent.page(&answer).await;
    assert!(
        html.contains("data-passed=\"true\"") && html.contains("data-accepted=\"true\""),
        "{html}"
    );
    assert!(html.contains("urn:tanu:acr:face") && html.contains("pseudonym"));
    assert_eq!(html.matches("data-trusted=\"true\"").count(), 3);

    let cookie = sent.renewed();
    for place in 0..3 {
        let path = format!("{}/documents/{place}", location(&answer));
        let page = sent.bank.get(&path, &cookie).await;
        assert_eq!(page.status().as_u16(), 200);
        let file = async |name: &str| {
            sent.bank
                .get(&format!("{path}/{name}"), &cookie)
                .await
                .text()
                .await
                .unwrap()
        };
        assert_eq!(file("document.jws").await.split('.').count(), 3);
        assert!(
            serde_json::from_str::<Value>(&file("document.json").await)
                .unwrap()
                .is_object()
        );
    }
    assert!(html.contains("download=\"tanu-liveness-1.jws\"") && html.contains("download=\"tanu-comparison.json\""));
    let image = format!("{}/documents/2/image-0.jpg", location(&answer));
    let image = sent.bank.get(&image, &cookie).await;
    assert_eq!(header_text(&image, "content-type"), "image/jpeg");
    assert_eq!(image.bytes().await.unwrap().as_ref(), [0xff, 0xd8, 0xff]);
}

#[tokio::test]
async fn an_outcome_is_its_own_browsers_alone() {
    let sent = sent(true).await;
    let answer = sent.pass().await;
    let another = "bank-session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    // The cookie from before the sign-in may be one that somebody else has planted (session fixation).
    let planted = sent.cookie.as_str();
    for cookie in ["", another, planted] {
        for path in ["", "/documents/0", "/documents/0/document.jws"] {
            let page = sent.bank.get(&format!("{}{path}", location(&answer)), cookie).await;
            assert_eq!(page.status().as_u16(), 404, "{path}");
        }
        for query in [sent.passed(), sent.fetched_before()] {
            let (answer, _) = sent.bank.bring(&query, cookie).await;
            assert_eq!(failure(answer).await, "stale");
        }
    }
}

#[tokio::test]
async fn whoever_planted_a_cookie_and_has_renewed_it_themselves_has_nothing_of_what_it_comes_to() {
    let sent = sent(true).await;
    let guess = format!("/callback?code=guess&state={}", sent.state);
    let theirs = cookie(&sent.bank.get(&guess, &sent.cookie).await);
    // Planted as well, it is renewed once more for the citizen.
    *sent.renewed.lock().unwrap() = theirs.clone();
    let answer = sent.pass().await;
    assert!(sent.page(&answer).await.contains("data-accepted=\"true\""));
    let page = sent.bank.get(location(&answer), &theirs).await;
    assert_eq!(page.status().as_u16(), 404);
    let (answer, _) = sent.bank.bring(&sent.fetched_before(), &theirs).await;
    assert_eq!(failure(answer).await, "stale");
}

#[tokio::test]
async fn a_browser_keeps_its_earlier_outcomes_and_sign_ins_when_its_cookie_is_renewed() {
    let sent = sent(true).await;
    let first = sent.pass().await;
    let mut states = Vec::new();
    for _ in 0..2 {
        let request = sent.bank.browser.post(sent.bank.address("/sign-in"));
        let id = sent.bank.citizens.list().await.unwrap()[0].id.to_string();
        let request = request.header(header::COOKIE, sent.renewed()).form(&[("citizen", id)]);
        assert_eq!(cookie(&request.send().await.unwrap()), sent.renewed());
        states.push(sent.tanu.script.lock().unwrap().request["state"].clone());
    }
    for state in states {
        let answer = sent.come_back(&format!("error=access_denied&state={state}")).await;
        assert!(sent.page(&answer).await.contains("data-passed=\"false\""));
    }
    let page = sent.bank.get(location(&first), &sent.renewed()).await;
    assert!(page.text().await.unwrap().contains("data-accepted=\"true\""));
}

#[tokio::test]
async fn addresses_of_documents_that_do_not_exist_have_the_banks_own_page() {
    let sent = sent(true).await;
    let answer = sent.pass().await;
    for path in [
        "/documents/9",
        "/documents/x",
        "/documents/-1",
        "/documents/0/document.exe",
        "/documents/0/image-0.jpg",
    ] {
        let page = sent
            .bank
            .get(&format!("{}{path}", location(&answer)), &sent.renewed())
            .await;
        assert_eq!(page.status().as_u16(), 404, "{path}");
        assert_eq!(failure(page).await, "not-found");
    }
}

#[tokio::test]
async fn nbs_10_a_negative_result_is_shown_with_its_reason_and_not_accepted() {
    let sent = sent(true).await;
    sent.tanu.script.lock().unwrap().result = negative(&sent);
    let query = format!("error=access_denied&state={}&tanu_session={SESSION}", sent.state);
    let html = sent.page(&sent.come_back(&query).await).await;
    assert!(html.contains("data-passed=\"false\"") && html.contains("data-accepted=\"false\""));
    assert!(html.contains("data-document=\"liveness\" data-trusted=\"true\""));
}

/// A result that speaks against a citizen, with a document.
fn negative(sent: &Sent) -> Value {
    let document = liveness(LivenessResult::Failed);
    result(
        "not_live",
        &[signed(
            &sent.bank.provider,
            DocumentKind::Liveness,
            LIVENESS_TYPE,
            &document,
        )],
    )
}

#[tokio::test]
async fn whoever_knows_the_id_of_somebody_elses_session_is_shown_nothing_of_it() {
    let sent = sent(true).await;
    let theirs = "A".repeat(43);
    for mut result in [
        negative(&sent),
        result("matched", &passed_documents(&sent.bank.provider)),
    ] {
        for answer in ["error=access_denied", "code=the-code"] {
            // The citizen's own request made the session, the attacker's has another challenge.
            result["code_challenge"] = json!(theirs);
            sent.tanu.script.lock().unwrap().result = result.clone();
            let (cookie, state) = begin_another(&sent).await;
            let query = format!("{answer}&state={state}&tanu_session={SESSION}");
            let (refused, renewed) = sent.bank.bring(&query, &cookie).await;
            assert_eq!(refused.status().as_u16(), 400, "{answer}");
            assert!(refused.headers().get(header::SET_COOKIE).is_none());
            assert_eq!(failure(refused).await, "result");
            for cookie in [cookie, renewed] {
                let (again, _) = sent.bank.bring(&query, &cookie).await;
                assert_eq!(failure(again).await, "stale", "nothing of the sign-in is left");
            }
        }
    }
}

/// Begins a sign-in in a browser of its own; gives its cookie and state.
async fn begin_another(sent: &Sent) -> (String, String) {
    let request = sent.bank.browser.post(sent.bank.address("/sign-in"));
    let id = sent.bank.citizens.list().await.unwrap()[0].id.to_string();
    let answer = request.form(&[("citizen", id)]).send().await.unwrap();
    let state = sent.tanu.script.lock().unwrap().request["state"].clone();
    (cookie(&answer), state)
}

#[tokio::test]
async fn a_result_that_names_no_request_is_none() {
    let sent = sent(true).await;
    let mut result = negative(&sent);
    result["code_challenge"] = Value::Null;
    sent.tanu.script.lock().unwrap().result = result;
    let query = format!("error=access_denied&state={}&tanu_session={SESSION}", sent.state);
    let html = sent.page(&sent.come_back(&query).await).await;
    assert!(!html.contains("data-document"), "{html}");
}

#[tokio::test]
async fn a_passed_result_is_for_the_browser_that_brings_its_code() {
    let passed = sent(true).await;
    passed.tanu.script.lock().unwrap().result = result("matched", &passed_documents(&passed.bank.provider));
    let query = format!("error=access_denied&state={}&tanu_session={SESSION}", passed.state);
    assert_eq!(failure(passed.come_back(&query).await).await, "result");
}

#[tokio::test]
async fn an_id_token_of_another_transaction_than_the_result_s_is_refused() {
    let sent = sent(true).await;
    sent.tanu.script.lock().unwrap().wrong_transaction = Some(TransactionHash::from_bytes([8; 32]));
    assert_eq!(failure(sent.pass().await).await, "result");
}

#[tokio::test]
async fn bnk_16_without_documents_nobody_is_accepted() {
    let sent = sent(true).await;
    let html = sent
        .page(&sent.come_back(&format!("code=the-code&state={}", sent.state)).await)
        .await;
    assert!(html.contains("data-passed=\"false\"") && html.contains("data-accepted=\"false\""));
}

#[tokio::test]
async fn bnk_16_a_document_that_was_altered_is_told_and_not_accepted() {
    let sent = sent(true).await;
    let mut documents = passed_documents(&sent.bank.provider);
    documents[1] = signed(
        &issuer(),
        DocumentKind::Liveness,
        LIVENESS_TYPE,
        &liveness(LivenessResult::Passed),
    );
    sent.tanu.script.lock().unwrap().result = result("matched", &documents);
    let query = format!("code=the-code&state={}&tanu_session={SESSION}", sent.state);
    let html = sent.page(&sent.come_back(&query).await).await;
    assert!(html.contains("data-passed=\"true\"") && html.contains("data-accepted=\"false\""));
    assert!(html.contains("data-document=\"liveness\" data-trusted=\"false\""));
}

#[tokio::test]
async fn wrong_state_and_another_browser_are_refused() {
    let sent = sent(true).await;
    assert_eq!(
        failure(sent.come_back("code=the-code&state=wrong").await).await,
        "stale"
    );
    assert_eq!(failure(sent.come_back("code=the-code").await).await, "stale");
    for path in ["/callback", "/callback/conclude"] {
        let address = format!("{path}?{}", sent.passed());
        assert_eq!(failure(sent.bank.get(&address, "").await).await, "stale");
    }
}

#[tokio::test]
async fn whoever_comes_back_once_more_is_led_to_the_result() {
    let sent = sent(true).await;
    let first = sent.pass().await;
    assert!(sent.page(&first).await.contains("data-accepted=\"true\""));
    // Nothing is asked of Tanu any more.
    sent.tanu.script.lock().unwrap().no_result = Some(StatusCode::SERVICE_UNAVAILABLE);
    for query in [sent.passed(), sent.fetched_before()] {
        let again = sent.come_back(&query).await;
        assert_eq!(location(&again), location(&first));
        let concluded = sent
            .bank
            .get(&format!("/callback/conclude?{query}"), &sent.renewed())
            .await;
        assert_eq!(location(&concluded), location(&first));
    }
    assert!(sent.page(&first).await.contains("data-accepted=\"true\""));
}

#[tokio::test]
async fn a_browser_that_went_away_before_its_new_cookie_came_has_lost_nothing() {
    let sent = sent(true).await;
    let lost = sent
        .bank
        .get(&format!("/callback?{}", sent.passed()), &sent.cookie)
        .await;
    assert_ne!(cookie(&lost), sent.cookie);
    let answer = sent.pass().await;
    assert!(sent.page(&answer).await.contains("data-accepted=\"true\""));
}

#[tokio::test]
async fn a_second_click_while_the_first_answer_is_worked_on_leads_to_its_result() {
    let sent = sent(true).await;
    let held = Arc::new(Held::default());
    {
        let mut script = sent.tanu.script.lock().unwrap();
        script.result = result("matched", &passed_documents(&sent.bank.provider));
        script.held = Some(Arc::clone(&held));
    }
    let first = sent
        .bank
        .get(&format!("/callback?{}", sent.passed()), &sent.cookie)
        .await;
    let renewed = cookie(&first);
    tokio::select! {
        // The browser goes away as soon as the bank has asked Tanu.
        () = held.asked.notified() => {}
        _ = sent.bank.get(location(&first), &renewed) => unreachable!("the bank asks Tanu"),
    }
    let query = sent.fetched_before();
    let ((answer, cookie), ()) = tokio::join!(sent.bank.bring(&query, &renewed), async {
        held.go_on.add_permits(2);
    });
    let page = sent.bank.get(location(&answer), &cookie).await;
    assert!(page.text().await.unwrap().contains("data-accepted=\"true\""));
}

#[tokio::test]
async fn in_place_of_a_code_that_was_refused_another_one_is_taken() {
    let sent = sent(true).await;
    let query = format!("code=too-old&state={}&tanu_session={SESSION}", sent.state);
    assert_eq!(failure(sent.come_back(&query).await).await, "code");
    let answer = sent.pass().await;
    assert!(sent.page(&answer).await.contains("data-accepted=\"true\""));
}

#[tokio::test]
async fn wrong_code_wrong_verifier_wrong_nonce_and_wrong_issuer_are_refused() {
    let answer = |sent: &Sent, more: &str| format!("state={}{more}", sent.state);
    let wrong = sent(true).await;
    let query = answer(&wrong, "&code=another");
    assert_eq!(failure(wrong.come_back(&query).await).await, "code");

    let wrong = sent(true).await;
    wrong
        .tanu
        .script
        .lock()
        .unwrap()
        .request
        .insert("code_challenge".to_owned(), "other".to_owned());
    let query = answer(&wrong, "&code=the-code");
    assert_eq!(failure(wrong.come_back(&query).await).await, "code");

    let wrong = sent(true).await;
    wrong.tanu.script.lock().unwrap().wrong_nonce = Some("other");
    assert_eq!(failure(wrong.come_back(&query_of(&wrong)).await).await, "token");

    let wrong = sent(true).await;
    let query = answer(&wrong, "&code=the-code&iss=https%3A%2F%2Fevil.example");
    assert_eq!(failure(wrong.come_back(&query).await).await, "token");
}

fn query_of(sent: &Sent) -> String {
    format!("state={}&code=the-code", sent.state)
}

#[tokio::test]
async fn a_service_that_is_down_costs_no_sign_in() {
    let sent = sent(true).await;
    let statuses = [500, 503, 429].map(|status| StatusCode::from_u16(status).unwrap());
    let down = |no_result, no_token| {
        let mut script = sent.tanu.script.lock().unwrap();
        (script.no_result, script.no_token) = (no_result, no_token);
    };
    for status in statuses {
        for (no_result, no_token) in [(Some(status), None), (None, Some(status))] {
            down(no_result, no_token);
            let html = sent.pass().await.text().await.unwrap();
            assert!(html.contains("data-failure=\"unreachable\""), "{status}");
            assert!(
                html.contains("<a class=\"button\" href=\"\">"),
                "the way on is the same address again"
            );
        }
    }
    down(None, None);
    let answer = sent.pass().await;
    assert!(sent.page(&answer).await.contains("data-accepted=\"true\""));
}

#[tokio::test]
async fn where_a_session_waits_the_way_on_leads_back_to_tanu_and_costs_no_sign_in() {
    let sent = sent(true).await;
    let waits = format!("error=temporarily_unavailable&state={}", sent.state);
    let with_session = format!("{waits}&tanu_session={SESSION}");
    let back = format!("{}/return/{SESSION}", sent.tanu.server.origin());
    for (query, way_on) in [(&with_session, back.as_str()), (&waits, "/")] {
        let html = sent.come_back(query).await.text().await.unwrap();
        assert!(html.contains("data-failure=\"unreachable\""));
        assert!(
            html.contains(&format!("<a class=\"button\" href=\"{way_on}\">")),
            "{html}"
        );
    }
    let answer = sent.pass().await;
    assert!(sent.page(&answer).await.contains("data-accepted=\"true\""));
}

#[tokio::test]
async fn a_request_that_was_pushed_too_often_is_for_later() {
    let sent = sent(true).await;
    sent.tanu.script.lock().unwrap().no_push = Some(StatusCode::TOO_MANY_REQUESTS);
    let id = sent.bank.citizens.list().await.unwrap()[0].id.to_string();
    let request = sent.bank.browser.post(sent.bank.address("/sign-in"));
    let answer = request.form(&[("citizen", id)]).send().await.unwrap();
    assert_eq!(failure(answer).await, "unreachable");
}
