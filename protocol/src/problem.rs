//! Problems as RFC 9457 describes them: one registry of stable codes, each with its HTTP status, the clause where there is
//! one, and in three languages what is wrong and what to do now.

use serde::{Deserialize, Serialize};

use crate::language::{Language, Localized};

/// Media type of a [`Problem`].
pub const MEDIA_TYPE: &str = "application/problem+json";

/// A problem as it is sent. It never repeats what was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Problem {
    /// Address of the code's documentation: `/problems#code`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Stable code.
    pub code: ProblemCode,
    /// HTTP status.
    pub status: u16,
    /// What is wrong.
    pub title: Localized,
    /// What to do now.
    pub remedy: Localized,
    /// The clause, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
}

impl From<ProblemCode> for Problem {
    fn from(code: ProblemCode) -> Self {
        Self {
            kind: format!("/problems#{}", code.as_str()),
            code,
            status: code.status(),
            title: code.title(),
            remedy: code.remedy(),
            clause: code.clause().map(Into::into),
        }
    }
}

macro_rules! problems {
    ($(
        $(#[$doc:meta])*
        $variant:ident = $code:literal, $status:literal, $clause:expr;
        kk $kk:literal, $kk_remedy:literal;
        ru $ru:literal, $ru_remedy:literal;
        en $en:literal, $en_remedy:literal;
    )*) => {
        /// A stable code: what happened, as machines know it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
        pub enum ProblemCode {
            $($(#[$doc])* #[serde(rename = $code)] $variant,)*
        }

        impl ProblemCode {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The code as text.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The HTTP status that goes with it.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// The clause that it rests on.
            #[must_use]
            pub const fn clause(self) -> Option<&'static str> {
                match self { $(Self::$variant => $clause,)* }
            }

            /// What is wrong.
            #[must_use]
            pub fn title(self) -> Localized {
                match self {
                    $(Self::$variant => Localized { kk: $kk.into(), ru: $ru.into(), en: $en.into() },)*
                }
            }

            /// What to do now.
            #[must_use]
            pub fn remedy(self) -> Localized {
                match self {
                    $(Self::$variant => Localized {
                        kk: $kk_remedy.into(),
                        ru: $ru_remedy.into(),
                        en: $en_remedy.into(),
                    },)*
                }
            }
        }
    };
}

problems! {
    /// The body is not of the expected shape.
    MalformedRequest = "request.malformed", 400, None;
    kk "Сұрау түсініксіз.", "Бетті жаңартып, қайталап көріңіз.";
    ru "Запрос не удалось разобрать.", "Обновите страницу и попробуйте ещё раз.";
    en "The request can't be read.", "Reload the page and try again.";

    /// The body is larger than allowed.
    TooLarge = "request.too_large", 413, None;
    kk "Жіберілген деректер тым үлкен.", "Кішірек файл жіберіңіз.";
    ru "Отправленные данные слишком велики.", "Отправьте файл меньшего размера.";
    en "What was sent is too large.", "Send a smaller file.";

    /// The media type of the body is not accepted.
    UnsupportedType = "request.unsupported_type", 415, None;
    kk "Деректердің бұл түрі қабылданбайды.", "Қолдау көрсетілетін пішімді пайдаланыңыз.";
    ru "Такой тип данных не принимается.", "Используйте поддерживаемый формат.";
    en "This type of data is not accepted.", "Use a supported format.";

    /// The method is not known at this address.
    MethodNotAllowed = "request.method_not_allowed", 405, None;
    kk "Бұл мекенжай мұндай әрекетті қолдамайды.", "Бастапқы бетке оралыңыз.";
    ru "Этот адрес не поддерживает такое действие.", "Вернитесь на главную страницу.";
    en "This address does not support that action.", "Go back to the first page.";

    /// Nothing at this address.
    NotFound = "request.not_found", 404, None;
    kk "Мұндай бет жоқ.", "Бастапқы бетке оралыңыз.";
    ru "Такой страницы нет.", "Вернитесь на главную страницу.";
    en "There is no such page.", "Go back to the first page.";

    /// No such session, or not this browser's.
    SessionUnknown = "session.unknown", 404, None;
    kk "Мұндай сеанс жоқ немесе ол басқа браузерде ашылған.", "Сұраған ұйымның сайтынан қайта бастаңыз.";
    ru "Такого сеанса нет, или он открыт в другом браузере.", "Начните заново с сайта организации, которая запросила вход.";
    en "There is no such session, or it belongs to another browser.", "Start again from the site that asked.";

    /// The session does not stand where this call applies.
    SessionState = "session.state", 409, None;
    kk "Сеанс қазір басқа қадамда.", "Бет ағымдағы қадамды көрсетеді: сол жерден жалғастырыңыз.";
    ru "Сеанс сейчас на другом шаге.", "Страница покажет текущий шаг: продолжайте с него.";
    en "The session is at another step now.", "The page shows the present step: go on from there.";

    /// The same place was filled with something else before.
    Conflict = "session.conflict", 409, None;
    kk "Бұл қадамға басқа деректер бұрын жіберілген.", "Бет ағымдағы қадамды көрсетеді: сол жерден жалғастырыңыз.";
    ru "Для этого шага уже отправлены другие данные.", "Страница покажет текущий шаг: продолжайте с него.";
    en "Other data were sent for this step before.", "The page shows the present step: go on from there.";

    /// The citizen must say whose session it is.
    IinMissing = "consent.iin_missing", 422, Some("BNK-6");
    kk "ЖСН көрсетілмеген.", "ЖСН-нің 12 цифрын енгізіңіз.";
    ru "ИИН не указан.", "Введите 12 цифр ИИН.";
    en "The IIN is missing.", "Enter the 12 digits of the IIN.";

    /// The IIN is malformed.
    IinInvalid = "consent.iin_invalid", 422, Some("BNK-6");
    kk "ЖСН қате: цифрлар саны немесе бақылау цифры сәйкес емес.", "ЖСН-ді құжаттан қарап, қайта енгізіңіз.";
    ru "ИИН неверен: не сходится количество цифр или контрольная цифра.", "Сверьте ИИН с документом и введите ещё раз.";
    en "The IIN is wrong: the number of digits or the check digit does not fit.", "Compare it with your document and enter it again.";

    /// The relying party's request for authorization is wrong, so that it is not known where to send the browser back to.
    AuthorizationRequest = "oidc.request", 400, None;
    kk "Сізді осында жіберген сайттың сұрауы қате.", "Сол сайтқа оралып, қайта бастаңыз; қайталанса, сайттың қолдау қызметіне хабарлаңыз.";
    ru "Сайт, который вас сюда отправил, сделал неверный запрос.", "Вернитесь на этот сайт и начните заново; если повторится, сообщите его поддержке.";
    en "The site that sent you here made a wrong request.", "Go back to that site and start again; if it comes back, tell its support.";

    /// Nothing biometric without consent.
    ConsentMissing = "consent.missing", 403, Some("NBS-4");
    kk "Келісім берілмеген.", "Алдымен келісім беріңіз немесе бас тартыңыз.";
    ru "Согласие не дано.", "Сначала дайте согласие или откажитесь.";
    en "Consent has not been given.", "Agree or refuse first.";

    /// The capture can't be decoded, or passes a cap.
    CaptureMalformed = "capture.malformed", 400, Some("BNK-8a");
    kk "Камера кадрларын оқу мүмкін болмады.", "Қадамды қайталаңыз.";
    ru "Кадры с камеры не удалось прочитать.", "Повторите шаг.";
    en "The camera's frames can't be read.", "Repeat the step.";

    /// The capture was made for another step.
    CaptureNonce = "capture.wrong_nonce", 409, Some("BNK-8a");
    kk "Кадрлар басқа қадамға тиесілі.", "Бет ағымдағы қадамды көрсетеді: сол жерден жалғастырыңыз.";
    ru "Кадры относятся к другому шагу.", "Страница покажет текущий шаг: продолжайте с него.";
    en "The frames belong to another step.", "The page shows the present step: go on from there.";

    /// The frames are out of order, repeated, or their chain is broken.
    CaptureBroken = "capture.broken_chain", 422, Some("BNK-7");
    kk "Кадрлар тізбегі бұзылған.", "Қадамды қайталаңыз.";
    ru "Последовательность кадров нарушена.", "Повторите шаг.";
    en "The sequence of frames is broken.", "Repeat the step.";

    /// The stream comes from no device.
    CameraVirtual = "capture.virtual_camera", 403, Some("BNK-7");
    kk "Кескін нақты камерадан түспейді.", "Виртуалды камераны өшіріп, құрылғының камерасын таңдаңыз.";
    ru "Изображение поступает не с настоящей камеры.", "Отключите виртуальную камеру и выберите камеру устройства.";
    en "The picture does not come from a real camera.", "Switch off the virtual camera and choose the device's own.";

    /// A picture can't be decoded.
    ImageInvalid = "image.invalid", 422, None;
    kk "Суретті оқу мүмкін болмады.", "JPEG, PNG немесе WebP пішіміндегі басқа сурет таңдаңыз.";
    ru "Изображение не удалось прочитать.", "Выберите другое изображение в формате JPEG, PNG или WebP.";
    en "The picture can't be read.", "Choose another picture: JPEG, PNG or WebP.";

    /// A reference picture must show exactly one face.
    ImageFaces = "image.one_face", 422, None;
    kk "Суретте бір ғана бет болуы керек.", "Тек өзіңіз анық көрінетін сурет таңдаңыз.";
    ru "На изображении должно быть ровно одно лицо.", "Выберите фотографию, на которой хорошо видны только вы.";
    en "The picture must show exactly one face.", "Choose a picture that shows you alone, clearly.";

    /// A service that is needed does not answer: try later, nothing is passed meanwhile.
    TryLater = "service.try_later", 503, None;
    kk "Қызмет уақытша қолжетімсіз.", "Бірнеше минуттан кейін қайталаңыз: енгізілгеннің бәрі сақталған.";
    ru "Сервис временно недоступен.", "Попробуйте через несколько минут: всё введённое сохранено.";
    en "A service is not available at the moment.", "Try again in a few minutes: nothing you entered is lost.";

    /// Too many requests.
    TooMany = "request.too_many", 429, None;
    kk "Сұраулар тым көп.", "Біраз күтіп, қайталаңыз.";
    ru "Слишком много запросов.", "Подождите немного и повторите.";
    en "Too many requests.", "Wait a little and try again.";

    /// The caller did not prove who it is.
    Unauthenticated = "channel.unauthenticated", 401, Some("BNK-15");
    kk "Сұрау жіберуші расталмады.", "Кілттер мен сағатты тексеріңіз.";
    ru "Отправитель запроса не подтверждён.", "Проверьте ключи и часы.";
    en "The sender of the request is not proven.", "Check keys and clocks.";

    /// The same request a second time.
    Replayed = "channel.replayed", 401, Some("BNK-15");
    kk "Бұл сұрау бұрын қабылданған.", "Жаңа сұрау жіберіңіз.";
    ru "Этот запрос уже был принят.", "Отправьте новый запрос.";
    en "This request was accepted before.", "Send a new request.";

    /// A page of another site made the browser send it.
    CrossSite = "request.cross_site", 403, None;
    kk "Сұрау басқа сайттан жіберілген.", "Әрекетті осы сайттың бетінде қайталаңыз.";
    ru "Запрос отправлен с другого сайта.", "Повторите действие на странице этого сайта.";
    en "The request was sent by another site.", "Repeat the action on a page of this site.";

    /// Not over an encrypted connection.
    InsecureTransport = "channel.insecure", 421, Some("BNK-15");
    kk "Қосылым шифрланбаған.", "Мекенжайды https арқылы ашыңыз.";
    ru "Соединение не зашифровано.", "Откройте адрес по https.";
    en "The connection is not encrypted.", "Open the address over https.";

    /// The configuration is wrong; nothing is served.
    Misconfigured = "service.misconfigured", 503, None;
    kk "Қызмет дұрыс бапталмаған.", "Әкімшіге хабарласыңыз.";
    ru "Сервис настроен неверно.", "Обратитесь к администратору.";
    en "The service is not configured correctly.", "Tell the administrator.";

    /// A fault of ours.
    Internal = "service.internal", 500, None;
    kk "Ішкі қате.", "Қайталап көріңіз; қате қайталанса, қолдау қызметіне хабарласыңыз.";
    ru "Внутренняя ошибка.", "Попробуйте ещё раз; если повторится, обратитесь в поддержку.";
    en "An internal error.", "Try again; if it comes back, tell support.";
}

impl ProblemCode {
    /// The code of a text, where there is one.
    #[must_use]
    pub fn from_code(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }

    /// Title and remedy in one language, for a person.
    #[must_use]
    pub fn text(self, language: Language) -> (String, String) {
        (
            self.title().get(language).to_owned(),
            self.remedy().get(language).to_owned(),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_every_text_is_there() {
        let codes: HashSet<_> = ProblemCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), ProblemCode::ALL.len());
        for code in ProblemCode::ALL {
            assert!((400..600).contains(&code.status()), "{code:?}");
            for language in Language::ALL {
                let (title, remedy) = code.text(language);
                assert!(!title.is_empty() && !remedy.is_empty(), "{code:?} in {language:?}");
            }
        }
    }

    #[test]
    fn a_problem_carries_code_clause_and_remedy() {
        let json = serde_json::to_value(Problem::from(ProblemCode::ConsentMissing)).unwrap();
        assert_eq!(json["type"], "/problems#consent.missing");
        assert_eq!(json["clause"], "NBS-4");
        assert_eq!(json["remedy"]["en"], "Agree or refuse first.");
    }
}
