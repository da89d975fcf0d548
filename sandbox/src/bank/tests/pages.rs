//! Pages, forms and headers.

use super::*;
use crate::bank::MOST_FORM_BYTES;
use crate::testing::picture;

/// Nothing listens there.
const NOWHERE: &str = "http://127.0.0.1:9";
const BOUNDARY: &str = "----boundary";

fn form(fields: &[(&str, &str)], photo: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes(),
        );
    }
    body.extend(
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\n\r\n").bytes(),
    );
    body.extend(photo);
    body.extend(format!("\r\n--{BOUNDARY}--\r\n").bytes());
    body
}

fn fields<'a>(iin: &'a str, name: &'a str) -> [(&'static str, &'a str); 7] {
    [
        ("iin", iin),
        ("name", name),
        ("kind", "identity_card"),
        ("number", "012345678"),
        ("issued_on", "01.01.2024"),
        ("valid_until", "01.01.2034"),
        ("status", "valid"),
    ]
}

impl Fixture {
    async fn submit(&self, body: Vec<u8>) -> Response {
        self.send("/citizens", body).await
    }

    async fn send(&self, path: &str, body: Vec<u8>) -> Response {
        self.browser
            .post(self.address(path))
            .header(
                header::CONTENT_TYPE,
                format!("multipart/form-data; boundary={BOUNDARY}"),
            )
            .body(body)
            .send()
            .await
            .unwrap()
    }
}

/// The form was taken.
fn assert_added(answer: &Response) {
    assert_eq!(answer.status().as_u16(), 303);
    assert!(location(answer).starts_with("/?added="), "{}", location(answer));
}

#[tokio::test]
async fn every_page_forbids_inline_code_and_framing() {
    let fixture = Fixture::new(NOWHERE).await;
    for path in [
        "/",
        "/citizens/new",
        "/agreement",
        "/privacy",
        "/nowhere",
        "/callback",
        "/results/a",
    ] {
        let page = fixture.get(path, "").await;
        let policy = header_text(&page, "content-security-policy");
        assert!(policy.starts_with("default-src 'none'; "), "{path}");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains(&format!("form-action 'self' {NOWHERE}")));
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(header_text(&page, "x-content-type-options"), "nosniff");
        assert_eq!(header_text(&page, "cache-control"), "no-store");
        let html = page.text().await.unwrap();
        assert!(
            !html.contains("<style") && !html.contains(" style=") && !html.contains(" onclick="),
            "{path}"
        );
        assert_eq!(
            html.matches("<script").count(),
            html.matches("<script src=").count(),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_name_is_shown_as_text() {
    let fixture = Fixture::new(NOWHERE).await;
    let name = "<script>alert(\"ә\")</script>";
    let photo = picture(200, 200, image::ImageFormat::Jpeg);
    assert_added(&fixture.submit(form(&fields("991231200423", name), &photo)).await);
    let html = fixture.get("/", "").await.text().await.unwrap();
    assert!(
        html.contains("&lt;script&gt;alert(&quot;ә&quot;)&lt;/script&gt;"),
        "{html}"
    );
    assert!(!html.contains("<script"));
}

#[tokio::test]
async fn a_newcomer_reads_the_number_to_type_at_tanu_and_it_stands_in_no_address() {
    let fixture = Fixture::new(NOWHERE).await;
    let photo = picture(200, 200, image::ImageFormat::Jpeg);
    let added = fixture.submit(form(&fields("991231200423", "Ә"), &photo)).await;
    assert_added(&added);
    assert!(!location(&added).contains("991231200423"));
    let html = fixture.get(location(&added), "").await.text().await.unwrap();
    let (_, message) = html.split_once("role=\"status\">").unwrap();
    let (message, list) = message.split_once("</p>").unwrap();
    assert!(message.contains("<strong>991231200423</strong>"), "{message}");
    assert!(list.contains("<dd>991231200423</dd>"), "{list}");

    for path in ["/", "/?added=1", "/?added=AAAAAAAAAAAAAAAAAAAAAA"] {
        let html = fixture.get(path, "").await.text().await.unwrap();
        assert!(!html.contains("role=\"status\""), "{path}");
    }
}

#[tokio::test]
async fn a_wrong_form_comes_back_with_what_was_typed_and_what_is_wrong() {
    let fixture = Fixture::new(NOWHERE).await;
    let photo = picture(200, 200, image::ImageFormat::Jpeg);
    let answer = fixture
        .submit(form(&fields("880229100015", "Әлия \"Қ\""), &photo))
        .await;
    assert_eq!(answer.status().as_u16(), 422);
    let html = answer.text().await.unwrap();
    assert!(
        html.contains("value=\"880229100015\"") && html.contains("value=\"Әлия &quot;Қ&quot;\""),
        "{html}"
    );
    assert!(html.contains("id=\"iin-fault\"") && html.contains("aria-describedby=\"iin-hint iin-fault\""));
    assert!(!html.contains("id=\"photo-fault\"") && !html.contains("id=\"name-fault\""));

    let taken = fixture.submit(form(&fields(IIN, "Әлия"), &photo)).await;
    assert_eq!(taken.status().as_u16(), 422);
    assert_eq!(fixture.citizens.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_wrong_form_survives_a_change_of_language_and_its_photo_counts_once_when_it_is_mended() {
    let fixture = Fixture::new(NOWHERE).await;
    let photo = picture(200, 200, image::ImageFormat::Jpeg);
    let answer = fixture.submit(form(&fields("880229100015", "Әлия"), &photo)).await;
    let html = answer.text().await.unwrap();
    let handle = html
        .split("name=\"draft\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert!(
        html.contains(&format!("/language/ru?next=%2Fcitizens%2Fnew%3Fdraft%3D{handle}")),
        "{html}"
    );

    let page = format!("/citizens/new?draft={handle}");
    let html = fixture.get(&page, "bank-language=ru").await.text().await.unwrap();
    assert!(
        html.contains("value=\"Әлия\"") && html.contains("Контрольная цифра ИИН не сходится."),
        "{html}"
    );
    assert!(html.contains("Выбранная фотография сохранена."));

    let mended = [&fields("991231200423", "Әлия")[..], &[("draft", handle)]].concat();
    assert_added(&fixture.submit(form(&mended, &[])).await);
    assert_eq!(fixture.citizens.list().await.unwrap().len(), 2);

    let again = [&fields("610409204562", "Әлия")[..], &[("draft", handle)]].concat();
    let html = fixture.submit(form(&again, &[])).await.text().await.unwrap();
    assert!(html.contains("id=\"photo-fault\""), "a handle is used once");
}

#[tokio::test]
async fn an_unsent_form_is_taken_along_into_another_language_with_its_photo_and_without_faults() {
    let fixture = Fixture::new(NOWHERE).await;
    let photo = picture(200, 200, image::ImageFormat::Jpeg);
    let unfinished = [("name", ""), ("iin", "9912"), ("issued_on", "1.2"), ("status", "lost")];
    let answer = fixture.send("/citizens/language/ru", form(&unfinished, &photo)).await;
    assert_eq!(answer.status().as_u16(), 303);
    assert!(header_text(&answer, "set-cookie").starts_with("bank-language=ru; "));
    let page = location(&answer).to_owned();
    let html = fixture.get(&page, "bank-language=ru").await.text().await.unwrap();
    assert!(
        html.contains("value=\"9912\"") && html.contains("value=\"1.2\""),
        "{html}"
    );
    assert!(html.contains("<option value=\"lost\" selected>"));
    assert!(html.contains("Выбранная фотография сохранена.") && !html.contains("-fault\""));

    let (_, handle) = page.split_once("draft=").unwrap();
    let whole = [&fields("991231200423", "Әлия")[..], &[("draft", handle)]].concat();
    assert_added(&fixture.submit(form(&whole, &[])).await);
}

#[tokio::test]
async fn a_change_of_language_keeps_the_faults_that_are_left_and_names_a_photo_that_can_not_be_kept() {
    let fixture = Fixture::new(NOWHERE).await;
    let answer = fixture
        .send("/citizens/language/en", form(&[("name", "Ә")], b"no picture"))
        .await;
    let html = fixture.get(location(&answer), "").await.text().await.unwrap();
    assert!(
        html.contains("id=\"photo-fault\"") && !html.contains("id=\"iin-fault\""),
        "{html}"
    );

    let (_, handle) = location(&answer).split_once("draft=").unwrap();
    let mended = [&fields("880229100015", "Әлия")[..], &[("draft", handle)]].concat();
    let photo = picture(200, 200, image::ImageFormat::Jpeg);
    let answer = fixture.send("/citizens/language/kk", form(&mended, &photo)).await;
    let html = fixture.get(location(&answer), "").await.text().await.unwrap();
    assert!(
        html.contains("id=\"iin-fault\"") && !html.contains("id=\"photo-fault\""),
        "{html}"
    );
}

#[tokio::test]
async fn a_form_names_its_dates_in_the_pages_own_words_and_reads_them_as_people_write_them() {
    let fixture = Fixture::new(NOWHERE).await;
    let html = fixture
        .get("/citizens/new", "bank-language=ru")
        .await
        .text()
        .await
        .unwrap();
    assert!(
        !html.contains("type=\"date\"") && html.contains("День, месяц, год: 21.11.2026"),
        "{html}"
    );
    let photo = picture(200, 200, image::ImageFormat::Jpeg);
    let mut wrong = fields("991231200423", "Әлия");
    (wrong[4].1, wrong[5].1) = ("30.02.2024", "soon");
    let html = fixture.submit(form(&wrong, &photo)).await.text().await.unwrap();
    assert!(html.contains("id=\"issued_on-fault\"") && html.contains("id=\"valid_until-fault\""));
    assert!(
        html.contains("value=\"30.02.2024\"") && html.contains("value=\"soon\""),
        "{html}"
    );
}

#[tokio::test]
async fn addresses_that_a_browser_keeps_from_a_form_lead_to_the_form_and_others_have_a_page() {
    let fixture = Fixture::new(NOWHERE).await;
    assert_eq!(location(&fixture.get("/citizens", "").await), "/citizens/new");
    assert_eq!(location(&fixture.get("/sign-in", "").await), "/");
    for path in [
        "/?added=1&added=1",
        "/citizens/new?draft=a&draft=b",
        "/language/ru?next=/&next=/",
    ] {
        assert!(fixture.get(path, "").await.status().as_u16() < 400, "{path}");
    }
    let refused = fixture.get("/citizens/language/ru", "").await;
    assert_eq!(refused.status().as_u16(), 404);
    assert!(refused.text().await.unwrap().contains("data-failure=\"not-found\""));
}

#[tokio::test]
async fn uploads_are_capped() {
    let fixture = Fixture::new(NOWHERE).await;
    let large = vec![0; crate::citizen::photo::Photo::MOST_BYTES + 1];
    let answer = fixture.submit(form(&fields("991231200423", "Ә"), &large)).await;
    assert_eq!(answer.status().as_u16(), 422);
    assert!(answer.text().await.unwrap().contains("id=\"photo-fault\""));

    let huge = vec![0; MOST_FORM_BYTES];
    let answer = fixture.submit(form(&fields("991231200423", "Ә"), &huge)).await;
    assert_eq!(answer.status().as_u16(), 413);
    assert_leads_back_to_the_form(answer, "too-large").await;
    assert_eq!(fixture.citizens.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_form_that_was_cut_short_or_is_none_is_said_to_be_so() {
    let fixture = Fixture::new(NOWHERE).await;
    let mut cut = form(&fields("991231200423", "Ә"), &[7; 100]);
    cut.truncate(cut.len() / 2);
    for body in [cut, b"no form".to_vec()] {
        for path in ["/citizens", "/citizens/language/ru"] {
            let answer = fixture.send(path, body.clone()).await;
            assert_eq!(answer.status().as_u16(), 400);
            assert_leads_back_to_the_form(answer, "malformed").await;
        }
    }
}

/// The page speaks of the form, not of a sign-in, and leads to the form.
async fn assert_leads_back_to_the_form(answer: Response, failure: &str) {
    let html = answer.text().await.unwrap();
    assert!(html.contains(&format!("data-failure=\"{failure}\"")), "{html}");
    assert!(html.contains("<h1>Форма қабылданбады</h1>"), "{html}");
    assert!(
        html.contains("<a class=\"button\" href=\"/citizens/new\">Формаға оралу</a>"),
        "{html}"
    );
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let fixture = Fixture::new(NOWHERE).await;
    let own = fixture.server.origin().to_owned();
    for (name, value, allowed) in [
        ("sec-fetch-site", "cross-site", false),
        ("sec-fetch-site", "same-site", false),
        ("sec-fetch-site", "same-origin", true),
        ("origin", "https://evil.example", false),
        ("host", "evil.example", false),
        ("origin", own.as_str(), true),
    ] {
        let request = fixture.browser.post(fixture.address("/sign-in")).header(name, value);
        let status = request.send().await.unwrap().status().as_u16();
        // Allowed means that the bank goes on, and finds nobody at the address of Tanu.
        assert_eq!(status, if allowed { 502 } else { 403 }, "{name}: {value}");
    }
    let request = fixture.browser.post(fixture.address("/citizens"));
    let answer = request.header("origin", "https://evil.example").send().await.unwrap();
    assert_leads_back_to_the_form(answer, "foreign").await;
}

#[tokio::test]
async fn each_language_is_chosen_by_a_link_and_kazakh_is_the_default() {
    let fixture = Fixture::new(NOWHERE).await;
    for (cookie, language, words) in [
        ("", "kk", "Tanu арқылы кіру"),
        ("bank-language=ru", "ru", "Войти через Tanu"),
        ("bank-language=en", "en", "Sign in with Tanu"),
        ("bank-language=de", "kk", "Tanu арқылы кіру"),
    ] {
        let html = fixture.get("/", cookie).await.text().await.unwrap();
        assert!(
            html.contains(&format!("<html lang=\"{language}\">")) && html.contains(words),
            "{cookie}"
        );
    }
    let chosen = fixture.get("/language/ru?next=%2Fcitizens%2Fnew", "").await;
    assert_eq!(location(&chosen), "/citizens/new");
    assert!(header_text(&chosen, "set-cookie").starts_with("bank-language=ru; "));
}

#[tokio::test]
async fn another_name_of_the_machine_leads_to_the_banks_own_origin() {
    let fixture = Fixture::new(NOWHERE).await;
    let request = fixture
        .browser
        .get(fixture.address("/agreement?a=b"))
        .header(header::HOST, "elsewhere.example");
    let answer = request.send().await.unwrap();
    assert_eq!(location(&answer), fixture.address("/agreement?a=b"));
}

#[tokio::test]
async fn health_is_answered_under_any_name() {
    let fixture = Fixture::new(NOWHERE).await;
    let request = fixture
        .browser
        .get(fixture.address("/healthz"))
        .header(header::HOST, "localhost");
    assert_eq!(request.send().await.unwrap().text().await.unwrap(), "ok");
}
