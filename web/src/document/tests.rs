use expect_test::expect;
use tanu_protocol::evidence::DocumentRef;

use super::*;

fn signed(kind: DocumentKind, run: Option<u8>, content: &str) -> SignedDocument {
    SignedDocument {
        reference: DocumentRef {
            kind,
            run,
            sha256: Sha256Digest::from_bytes([0; 32]),
            at: Timestamp::UNIX_EPOCH,
        },
        jws: format!("e30.{}.c2ln", Base64UrlUnpadded::encode_string(content.as_bytes())),
    }
}

const CUSTOMER: &str = r#"{"client_id":"bank","name":{"kk":"Банк","ru":"Банк","en":"Bank"},"bin":"490140000012"}"#;
const BINDING: &str = concat!(
    r#""session":"AAAAAAAAAAAAAAAAAAAAAA","transaction":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","#,
    r#""rule_set":"R""#
);

fn lines(page: &Page, language: Language) -> String {
    page.fields
        .iter()
        .map(|(label, values)| format!("{}: {}\n", label.get(language), values.join("; ")))
        .collect()
}

#[test]
fn bnk_9_document_1_shows_result_commands_images_customer_and_time() {
    let content = format!(
        r#"{{"result":"failed","mismatches":["too_dark"],"ended":null,"person":"880229100014","customer":{CUSTOMER},
        "at":"2026-11-21T09:00:00Z",{BINDING},"run":1,"passive":0.9,"identity":null,"policy":"p","models":[],
        "commands":["look_up","blink","turn_left"],
        "steps":[{{"index":{{"run":1,"step":0}},"command":"look_up","issued_at":"2026-11-21T08:59:50Z",
        "received_at":"2026-11-21T08:59:59Z","mismatches":[],"frames":30,"head":null,
        "images":[{{"sequence":4,"time_us":1250000,"jpeg":"AQID"}}]}}]}}"#
    );
    let document = signed(DocumentKind::Liveness, Some(1), &content);
    let page = read(&document, Language::Ru).unwrap();
    expect![[r#"
        Результат: Найдено несоответствие
        Причины: Было слишком темно.
        Дата и время: 21.11.2026 14:00:00 (UTC+5)
        Организация: Банк, БИН 490140000012
        ИИН: 880229100014
        Сеанс: AAAAAAAAAAAAAAAAAAAAAA
        Транзакция: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
        Правила: R
        SHA-256 документа: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
    "#]]
    .assert_eq(&lines(&page, Language::Ru));
    let step = &page.steps[0];
    assert_eq!(
        (step.command, step.findings.as_slice()),
        (Text::CommandLookUp, [Text::FieldCommandPassed].as_slice())
    );
    assert_eq!(step.images[0].address, "data:image/jpeg;base64,AQID");
    assert_eq!(
        step.images[0].description,
        "Изображение 5, через 1,2 с после начала шага"
    );
    assert_eq!(file_name(&document), "tanu-liveness-2.jws");
}

#[test]
fn bnk_13_document_2_shows_result_image_and_what_it_was_compared_with() {
    let content = format!(
        r#"{{"current_image":{{"sequence":0,"time_us":0,"jpeg":"AQID"}},"person":"880229100014","result":"matched",
        "similarity":0.625,"threshold":0.325,"comparison":"primary","database":"Жеке тұлғалар",
        "document":{{"kind":"identity_card","number":"*****1234","issued_on":"2020-01-03","valid_until":"2030-01-02","status":"valid"}},"photo":null,
        "customer":{CUSTOMER},"at":"2026-11-21T09:00:00Z",{BINDING},
        "liveness_document":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","models":[]}}"#
    );
    let page = read(&signed(DocumentKind::Comparison, None, &content), Language::En).unwrap();
    expect![[r#"
        Result: The same person
        Similarity: 0.625
        Least similarity that counts as the same person: 0.325
        Compared with: the photo in the state database “Жеке тұлғалар”
        Identity document: Identity card *****1234, valid until 02.01.2030
        Date and time: 21.11.2026 14:00:00 (UTC+5)
        Organisation: Bank, BIN 490140000012
        IIN: 880229100014
        Session: AAAAAAAAAAAAAAAAAAAAAA
        Transaction: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
        Rules: R
        SHA-256 of the document: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
    "#]]
    .assert_eq(&lines(&page, Language::En));
    assert!(page.image.is_some());
}

#[test]
fn nbs_4_the_consent_shows_who_asked_what_for_which_data_and_how_long() {
    let content = format!(
        r#"{{{BINDING},"person":null,"customer":{CUSTOMER},"purpose":{{"kk":"Шот ашу","ru":"Счёт","en":"Account"}},
        "data":["face"],"retention_days":30,"template":false,"language":"kk","agreed":false,"at":"2026-11-21T09:00:00Z"}}"#
    );
    let page = read(&signed(DocumentKind::Consent, None, &content), Language::Kk).unwrap();
    expect![[r#"
        Жауап: Бас тартылды
        Күні мен уақыты: 21.11.2026 14:00:00 (UTC+5)
        Ұйым: Банк, БСН 490140000012
        Мақсаты: Шот ашу
        Деректер: Бетіңіз: камерамен түсіріледі, тексеріледі және мемлекеттік дерекқордан алынған фотосуретіңізбен немесе сақтауға келіскен эталондық бейнеңізбен салыстырылады
        Сақтау мерзімі: 30 күн
        Келесі тексерулерге арналған эталондық бейне: Жоқ
        Сеанс: AAAAAAAAAAAAAAAAAAAAAA
        Транзакция: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
        Қағидалар: R
        Құжаттың SHA-256 мәні: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
    "#]]
    .assert_eq(&lines(&page, Language::Kk));
}

#[test]
fn content_of_another_shape_is_not_shown() {
    for jws in ["", "a.b", "e30.e30.c2ln", "e30.!!.c2ln"] {
        let document = SignedDocument {
            jws: jws.into(),
            ..signed(DocumentKind::Comparison, None, "{}")
        };
        assert_eq!(read(&document, Language::Kk), None, "{jws}");
    }
}
