//! Every text of the demo bank in Kazakh, Russian and English, by typed key: one that is missing does not compile.

use tanu_protocol::language::Language;

macro_rules! texts {
    ($($name:ident: $kk:literal, $ru:literal, $en:literal;)*) => {
        /// A text of the demo bank.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Text { $($name),* }

        impl Text {
            /// The text in `language`.
            pub(super) const fn get(self, language: Language) -> &'static str {
                match (self, language) {
                    $(
                        (Self::$name, Language::Kk) => $kk,
                        (Self::$name, Language::Ru) => $ru,
                        (Self::$name, Language::En) => $en,
                    )*
                }
            }

            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

texts! {
    // Shell
    BankName: "«Үлгі» банкі", "Банк «Үлгі»", "Ülgi Bank";
    TestEnvironment: "Тестілік орта: бұл банк пен оның клиенттері ойдан шығарылған.",
        "Тестовая среда: банк и его клиенты вымышлены.",
        "Test environment: this bank and its customers are made up.";
    LanguageLabel: "Тіл", "Язык", "Language";
    SkipToContent: "Мазмұнға өту", "Перейти к содержанию", "Skip to content";
    BackHome: "Басты бетке", "На главную", "Back to the home page";
    Agreement: "Пайдаланушы келісімі", "Пользовательское соглашение", "User agreement";
    Privacy: "Құпиялылық саясаты", "Политика конфиденциальности", "Privacy policy";
    AgreementBody: "Бұл банк Tanu жүйесін сынау үшін жасалған. Ол нақты қызмет көрсетпейді және шарт жасамайды.",
        "Этот банк создан для проверки Tanu. Он не оказывает настоящих услуг и не заключает договоров.",
        "This bank exists to try Tanu. It provides no real service and makes no contract.";
    PrivacyBody: "Мұнда енгізілгеннің бәрі осы компьютерде, тестілік ортаның қалтасында сақталады. Нақты адамдардың деректерін олардың келісімінсіз енгізбеңіз.",
        "Всё, что вы вводите, хранится на этом компьютере, в папке тестовой среды. Не вводите данные настоящих людей без их согласия.",
        "All that is entered here stays on this computer, in the test environment's folder. Do not enter data of real people without their consent.";

    // Home
    HomeTitle: "Банкке бет арқылы кіру", "Вход в банк по лицу", "Sign in to the bank with your face";
    HomeLead: "Банк кім екеніңізді Tanu арқылы біледі: сіз келісім бересіз, камераға қарап, бірнеше қимыл жасайсыз, ал банк нәтиже мен қол қойылған құжаттарды алады.",
        "Банк узнаёт вас через Tanu: вы даёте согласие, смотрите в камеру и выполняете несколько движений, а банк получает результат и подписанные документы.",
        "The bank learns who you are through Tanu: you agree, look into the camera and make a few movements; the bank gets the result and the signed documents.";
    SignIn: "Tanu арқылы кіру", "Войти через Tanu", "Sign in with Tanu";
    SignInHint: "ЖСН-ді Tanu бетінде өзіңіз енгізесіз.", "ИИН вы введёте сами на странице Tanu.", "You type the IIN yourself on Tanu's page.";
    CitizensTitle: "Тестілік азаматтар", "Тестовые граждане", "Test citizens";
    CitizensLead: "Олардың фотосуреттері мен құжаттары «Жеке тұлғалар» дерекқорының тестілік көшірмесінде тұр. Өзіңіз өтіп көру үшін өз фотосуретіңізбен азамат қосыңыз.",
        "Их фотографии и документы лежат в тестовой копии государственной базы «Жеке тұлғалар» (физические лица). Чтобы пройти самому, добавьте гражданина со своей фотографией.",
        "Their photos and documents are in the test copy of the state database “Жеке тұлғалар” (individuals). To pass yourself, add a citizen with your own photo.";
    CitizensNone: "Әзірге ешкім жоқ. Камера алдында өтіп көру үшін алдымен өзіңізді тестілік азамат ретінде қосыңыз.",
        "Пока никого нет. Чтобы пройти проверку перед камерой, сначала добавьте себя как тестового гражданина.",
        "Nobody yet. To pass in front of the camera, first add yourself as a test citizen.";
    CitizenNew: "Тестілік азамат қосу", "Добавить гражданина", "Add a test citizen";
    // The number follows.
    CitizenAdded: "Тестілік азамат қосылды. Tanu сұраса, мына ЖСН-ді енгізіңіз:",
        "Тестовый гражданин добавлен. Если Tanu спросит, введите этот ИИН:",
        "The test citizen was added. If Tanu asks, type this IIN:";
    ColumnIin: "ЖСН", "ИИН", "IIN";
    ColumnDocument: "Құжат", "Документ", "Document";
    SignInAs: "Кіру", "Войти", "Sign in";
    InForce: "күшінде", "действует", "in force";
    NotYetValid: "әлі күшіне енбеген", "ещё не действует", "not yet in force";
    DocumentExpired: "мерзімі өткен", "истёк", "expired";
    DocumentLost: "жоғалған", "утерян", "lost";
    DocumentRevoked: "жарамсыз деп танылған", "аннулирован", "revoked";

    // New citizen
    FormLead: "Ойдан шығарылған ЖСН мен фотосурет: камера алдындағы бет осы фотосуретпен салыстырылады.",
        "Вымышленный ИИН и фотография: с ней сличат лицо перед камерой.",
        "A made-up IIN and a photo: the face in front of the camera will be compared with it.";
    FormErrors: "Мыналарды түзетіңіз", "Исправьте, пожалуйста", "Please correct the following";
    FieldIin: "ЖСН", "ИИН", "IIN";
    FieldIinHint: "Дайын нөмірді қалдыруға болады. Тек XIX ғасырда туғандардың ЖСН-і қабылданады (жетінші цифры 1 немесе 2): олар ешкімдікі емес.",
        "Можно оставить готовый. Принимаются только ИИН родившихся в XIX веке (седьмая цифра 1 или 2): они ничьи.",
        "You may leave it as it is. Only IINs of people born in the 19th century are taken (seventh digit 1 or 2): they are nobody's.";
    FieldName: "Аты-жөні", "Имя и фамилия", "Full name";
    FieldPhoto: "Фотосурет", "Фотография", "Photo";
    FieldPhotoHint: "JPEG, PNG немесе WebP, 5 МБ-тан аспайды, әр жағы 160–8000 пиксель, барлығы 24 мегапиксельге дейін. Бір ғана бет, жарық жақсы түссін.",
        "JPEG, PNG или WebP, не больше 5 МБ, от 160 до 8000 пикселей по каждой стороне, всего до 24 мегапикселей. Одно лицо, хорошее освещение.",
        "JPEG, PNG or WebP, at most 5 MB, 160 to 8000 pixels each way, up to 24 megapixels in all. One face, well lit.";
    PhotoChoose: "Файлдан таңдау", "Выбрать файл", "Choose a file";
    PhotoChosen: "Таңдалған файл", "Выбран файл", "File chosen";
    PhotoKept: "Таңдаған фотосуретіңіз сақтаулы тұр. Қаласаңыз, басқасын таңдаңыз.",
        "Выбранная фотография сохранена. При желании выберите другую.",
        "The photo that you chose is kept. Choose another one if you like.";
    DocumentLegend: "Жеке басты куәландыратын құжат", "Документ, удостоверяющий личность", "Identity document";
    FieldKind: "Түрі", "Вид", "Kind";
    KindCard: "Жеке куәлік", "Удостоверение личности", "Identity card";
    KindPassport: "Паспорт", "Паспорт", "Passport";
    FieldNumber: "Нөмірі", "Номер", "Number";
    FieldIssued: "Берілген күні", "Дата выдачи", "Issued on";
    FieldUntil: "Жарамдылық мерзімі", "Действителен до", "Valid until";
    FieldDateHint: "Күні, айы, жылы: 21.11.2026", "День, месяц, год: 21.11.2026", "Day, month, year: 21.11.2026";
    FieldStatus: "Мәртебесі", "Статус", "Status";
    FieldStatusHint: "Құжаты күшінде емес адам не көретінін байқау үшін басқасын таңдаңыз.",
        "Выберите другое, чтобы увидеть, что будет с недействующим документом.",
        "Choose another one to see what happens with a document that is not in force.";
    Save: "Қосу", "Добавить", "Add";
    CameraOpen: "Камерамен түсіру", "Снять камерой", "Take a photo";
    CameraShoot: "Түсіру", "Снять", "Take the picture";
    CameraClose: "Камераны жабу", "Закрыть камеру", "Close the camera";
    CameraPreview: "Камерадағы көрініс", "Изображение с камеры", "What the camera sees";
    CameraTaken: "Фотосурет түсірілді.", "Снимок сделан.", "The photo was taken.";
    CameraFailed: "Камера қосылмады. Қайталап көріңіз немесе фотосуретті файлдан таңдаңыз.",
        "Камера не включилась. Попробуйте ещё раз или выберите фотографию из файла.",
        "The camera did not start. Try again, or choose a photo from a file.";
    CameraRefused: "Камераға рұқсат берілмеді. Мекенжай жанындағы белгіні басып рұқсат беріңіз немесе фотосуретті файлдан таңдаңыз.",
        "Камера не разрешена. Разрешите её, нажав на значок рядом с адресом, или выберите фотографию из файла.",
        "The camera is not allowed. Allow it by the sign beside the address, or choose a photo from a file.";
    CameraMissing: "Камера табылмады. Фотосуретті файлдан таңдаңыз.",
        "Камера не найдена. Выберите фотографию из файла.",
        "No camera was found. Choose a photo from a file.";
    CameraBusy: "Камераны басқа бағдарлама пайдаланып тұр. Соны жауып, қайталап көріңіз немесе фотосуретті файлдан таңдаңыз.",
        "Камеру использует другая программа. Закройте её и попробуйте ещё раз или выберите фотографию из файла.",
        "Another program uses the camera. Close it and try again, or choose a photo from a file.";
    ErrorIinLength: "ЖСН дәл 12 цифрдан тұрады.", "ИИН состоит ровно из 12 цифр.", "An IIN has exactly 12 digits.";
    ErrorIinCheck: "ЖСН-нің бақылау цифры сәйкес емес.", "Контрольная цифра ИИН не сходится.", "The IIN's check digit does not fit.";
    ErrorIinKind: "Бұл БСН, адамның ЖСН-і емес.", "Это БИН, а не ИИН человека.", "This is an organisation's BIN, not a person's IIN.";
    ErrorIinLiving: "Бұл ЖСН тірі адамдікі болуы мүмкін: жетінші цифры 1 немесе 2 болсын.",
        "Этот ИИН может принадлежать живому человеку: седьмая цифра должна быть 1 или 2.",
        "This IIN may belong to a living person: its seventh digit must be 1 or 2.";
    ErrorIinTaken: "Мұндай ЖСН бар азамат тіркелген.",
        "Гражданин с таким ИИН уже есть.",
        "There is a citizen with this IIN already.";
    ErrorName: "Аты-жөнін жазыңыз, 100 таңбадан аспасын.", "Напишите имя, не длиннее 100 знаков.", "Write a name of at most 100 characters.";
    ErrorPhotoEmpty: "Фотосуретті таңдаңыз немесе түсіріңіз.", "Выберите или снимите фотографию.", "Choose or take a photo.";
    ErrorPhotoLarge: "Фотосурет 5 МБ-тан үлкен. Басқасын таңдаңыз немесе камерамен түсіріңіз.",
        "Фотография больше 5 МБ. Выберите другую или снимите камерой.",
        "The photo is larger than 5 MB. Choose another one, or take one with the camera.";
    ErrorPhotoUnreadable: "Бұл файл JPEG, PNG немесе WebP суреті емес не бүлінген.",
        "Этот файл не изображение JPEG, PNG или WebP либо повреждён.",
        "This file is no JPEG, PNG or WebP picture, or it is broken.";
    ErrorPhotoDimensions: "Фотосуреттің әр жағы 160–8000 пиксель болуы, барлығы 24 мегапиксельден аспауы керек.",
        "Каждая сторона фотографии должна быть от 160 до 8000 пикселей, а вся она не больше 24 мегапикселей.",
        "Each side of the photo must have 160 to 8000 pixels, and all of it at most 24 megapixels.";
    ErrorNumber: "Құжат нөмірін жазыңыз: 20-дан аспайтын латын әріптері мен цифрлар.",
        "Напишите номер документа: до 20 латинских букв и цифр.",
        "Write the document's number: up to 20 Latin letters and digits.";
    ErrorDate: "Күнді 21.11.2026 түрінде жазыңыз.", "Напишите дату так: 21.11.2026.", "Write the date like this: 21.11.2026.";
    ErrorNoSuchDate: "Мұндай күн жоқ: күн мен айды тексеріңіз.",
        "Такой даты нет: проверьте день и месяц.",
        "There is no such date: check day and month.";
    ErrorOrder: "Жарамдылық мерзімі берілген күннен кейін болуы керек.",
        "Срок действия должен быть позже даты выдачи.",
        "The last day must come after the day of issue.";
    ErrorChoice: "Тізімнен таңдаңыз.", "Выберите из списка.", "Choose from the list.";

    // Failures
    FailureTitle: "Кіру аяқталмады", "Вход не завершён", "The sign-in was not completed";
    FailureStale: "Бұл кіру осы браузерде басталмаған, ескірген немесе аяқталып қойған. Қайта бастаңыз.",
        "Этот вход начат не в этом браузере, устарел или уже завершён. Начните заново.",
        "This sign-in was not begun in this browser, is too old, or was finished before. Start again.";
    FailureUnreachable: "Tanu жауап бермеді. Ештеңе жоғалған жоқ: біраздан кейін қайталаңыз.",
        "Tanu не отвечает. Ничего не потеряно: повторите немного позже.",
        "Tanu does not answer. Nothing is lost: try again a little later.";
    FailureRefused: "Tanu банктің сұрауын қабылдамады.", "Tanu не принял запрос банка.", "Tanu did not accept the bank's request.";
    FailureCode: "Tanu кіру кодын қабылдамады: ол пайдаланылған, ескірген немесе басқа кіруге арналған.",
        "Tanu не принял код входа: он использован, устарел или выдан для другого входа.",
        "Tanu did not accept the sign-in code: it was used, is too old, or belongs to another sign-in.";
    FailureToken: "Tanu жауабы осы кіруге сай емес, сондықтан банк оны қабылдамайды.",
        "Ответ Tanu не относится к этому входу, поэтому банк его не принимает.",
        "Tanu's answer does not belong to this sign-in, so the bank does not take it.";
    FailureCitizen: "Мұндай тестілік азамат жоқ.", "Такого тестового гражданина нет.", "There is no such test citizen.";
    FailureForeign: "Сұрау басқа сайттан келді.", "Запрос пришёл с другого сайта.", "The request came from another site.";
    FailureNotFound: "Мұндай бет жоқ", "Такой страницы нет", "There is no such page";
    FailureNotFoundHint: "Мекенжайды тексеріңіз немесе басты беттен бастаңыз.",
        "Проверьте адрес или начните с главной страницы.",
        "Check the address, or begin at the home page.";
    FailureBank: "Банкте қате болды", "Ошибка в банке", "Something went wrong at the bank";
    FailureInternal: "Бұл сіздің емес, банктің қатесі. Қайталап көріңіз.",
        "Это ошибка банка, а не ваша. Попробуйте ещё раз.",
        "The fault is the bank's, not yours. Try again.";
    FailureForm: "Форма қабылданбады", "Форма не принята", "The form was not taken";
    FailureMalformed: "Форма толық жетпеді. Оны қайта жіберіңіз.",
        "Форма дошла не целиком. Отправьте её ещё раз.",
        "The form did not arrive whole. Send it again.";
    FailureTooLarge: "Жіберілген деректер тым үлкен: фотосурет 5 МБ-тан аспасын.",
        "Отправлено слишком много данных: фотография не больше 5 МБ.",
        "Too much was sent: a photo has at most 5 MB.";
    BackToForm: "Формаға оралу", "Вернуться к форме", "Back to the form";
    StartAgain: "Қайта бастау", "Начать заново", "Start again";
    Repeat: "Қайталау", "Повторить", "Try again";

    // Result
    ResultTitle: "Кіру нәтижесі", "Результат входа", "Result of the sign-in";
    Passed: "Өтті", "Пройдено", "Passed";
    NotPassed: "Өтпеді", "Не пройдено", "Not passed";
    Reason: "Tanu хабары", "Сообщение Tanu", "Tanu's message";
    EndingMatched: "Беттер сәйкес келді: камера алдында дәл сол адам.",
        "Лицо подтверждено: перед камерой тот самый человек.",
        "The face is confirmed: the person in front of the camera is the one.";
    EndingNotMatched: "Камера алдындағы бет эталондық бейнеге сәйкес келмеді.",
        "Лицо перед камерой не совпало с эталонным изображением.",
        "The face in front of the camera does not match the reference image.";
    EndingNotLive: "Төрт әрекетте де камера алдында тірі адам екені расталмады.",
        "За четыре попытки не подтвердилось, что перед камерой живой человек.",
        "In four tries it was not confirmed that a living person is in front of the camera.";
    EndingNoReference: "Дерекқорда салыстыруға жарайтын фотосурет жоқ.",
        "В базе нет фотографии, пригодной для сличения.",
        "The database has no photo to compare with.";
    EndingDocument: "Жеке басты куәландыратын құжат күшінде емес", "Документ, удостоверяющий личность, не действует", "The identity document is not in force";
    EndingRefused: "Азамат келісім беруден бас тартты.", "Гражданин отказался дать согласие.", "The citizen refused to consent.";
    EndingCancelled: "Азамат тексеруді тоқтатты.", "Гражданин прекратил проверку.", "The citizen stopped the check.";
    EndingExpired: "Уақыт өтіп кетті.", "Время истекло.", "Time ran out.";
    EndingUnknown: "Tanu кіруді аяқтамады.", "Tanu не завершил вход.", "Tanu did not complete the sign-in.";
    DecisionTitle: "Банктің шешімі", "Решение банка", "The bank's decision";
    DecisionLead: "Идентификаттау өтті ме, оны Tanu емес, банк өз өлшемшарттары бойынша шешеді (BNK-16).",
        "Состоялась ли идентификация, решает не Tanu, а банк по своим критериям (BNK-16).",
        "Whether identification succeeded is decided not by Tanu but by the bank, by its own criteria (BNK-16).";
    DecisionAccepted: "Банк сізді қабылдады.", "Банк принял вас.", "The bank accepted you.";
    DecisionRejected: "Банк сізді қабылдамады.", "Банк вас не принял.", "The bank did not accept you.";
    CriterionPassed: "Tanu «өтті» деп хабарлады", "Tanu сообщил «пройдено»", "Tanu said “passed”";
    CriterionToken: "Кіру токені осы транзакцияға жатады және бет арқылы алынған",
        "Токен входа относится к этой транзакции и получен по лицу",
        "The token is of this transaction and was gained by face";
    CriterionDocuments: "Барлық құжаттың қолтаңбасы сенімді және бәрі осы транзакцияға жатады",
        "Все документы подписаны надёжно и относятся к этой транзакции",
        "Every document is signed by a trusted key and of this transaction";
    CriterionLive: "1‑құжат: камера алдында тірі адам",
        "Документ 1: перед камерой живой человек",
        "Document 1: the person is live";
    CriterionMatched: "2‑құжат: бет эталондық бейнеге сәйкес",
        "Документ 2: лицо совпало с эталонным изображением",
        "Document 2: the face matches the reference image";
    CriterionPerson: "Құжаттар банк сұраған адам туралы",
        "Документы на того человека, о котором спрашивал банк",
        "The documents are about the person whom the bank asked for";
    Yes: "иә", "да", "yes";
    No: "жоқ", "нет", "no";
    TokenTitle: "Кіру токені", "Токен входа", "The token";
    TokenSubject: "Бүркеншік ат (sub)", "Псевдоним (sub)", "Pseudonym (sub)";
    TokenAcr: "Сенім деңгейі (acr)", "Уровень доверия (acr)", "Assurance (acr)";
    TokenAmr: "Әдіс (amr)", "Способ (amr)", "Method (amr)";
    TokenTime: "Уақыты (auth_time)", "Время (auth_time)", "Time (auth_time)";
    Transaction: "Транзакция", "Транзакция", "Transaction";
    Session: "Сеанс", "Сеанс", "Session";
    DocumentsTitle: "Құжаттар", "Документы", "Documents";
    DocumentsNone: "Құжаттар алынған жоқ.", "Документы не получены.", "No documents were received.";
    DocumentsMissing: "Tanu құжаттарды бермеді; оларсыз банк ешкімді қабылдамайды.", "Tanu не отдал документы; без них банк никого не принимает.", "Tanu did not hand over the documents; without them the bank accepts nobody.";
    DocumentConsent: "Келісім туралы жауап", "Ответ о согласии", "Answer on consent";
    DocumentLiveness: "1‑құжат: бейненің шынайылығын тексеру",
        "Документ 1: проверка подлинности изображения",
        "Document 1: liveness check";
    DocumentComparison: "2‑құжат: бейнелерді салыстыру", "Документ 2: сличение изображений", "Document 2: comparison";
    // `{}` is the number, counted from 1.
    Run: "{}‑әрекет", "попытка {}", "attempt {}";
    View: "Қарау", "Посмотреть", "View";
    Download: "Жүктеп алу", "Скачать", "Download";
    SignatureGood: "Қолтаңба сенімді", "Подпись надёжна", "Signature trusted";
    SignatureBad: "Қолтаңбаға сенуге болмайды", "Подписи нельзя доверять", "Signature not trusted";
    BackToResult: "Нәтижеге оралу", "Вернуться к результату", "Back to the result";

    // Document fields
    FieldResult: "Нәтиже", "Результат", "Result";
    FieldWhy: "Себебі", "Причина", "Reason";
    FieldPerson: "ЖСН", "ИИН", "IIN";
    FieldCustomer: "Тапсырыс беруші", "Заказчик", "Customer";
    FieldTime: "Күні мен уақыты", "Дата и время", "Date and time";
    FieldPurpose: "Мақсаты", "Цель", "Purpose";
    FieldData: "Деректер", "Данные", "Data";
    FieldRetention: "Сақтау мерзімі, күн", "Срок хранения, дней", "Kept for, days";
    FieldTemplate: "Эталондық бейнені келесі тексерулерге сақтау",
        "Хранить эталонное изображение для следующих проверок",
        "Keep the reference image for later checks";
    FieldLanguage: "Сұрақ қойылған тіл", "Язык вопроса", "Language of the question";
    FieldPassive: "Пассивті баға (0 — шабуыл, 1 — тірі)", "Пассивная оценка (0 — атака, 1 — живой)", "Passive score (0 attack, 1 live)";
    FieldIdentity: "Кадрлардағы бір адам (ең төменгі ұқсастық)", "Один человек во всех кадрах (наименьшее сходство)", "One person in all frames (lowest similarity)";
    FieldPolicy: "Тексеру саясаты", "Политика проверки", "Liveness policy";
    FieldRules: "Қолданыстағы қағидалар", "Действующие правила", "Rules in force";
    FieldModels: "Модельдер (SHA-256)", "Модели (SHA-256)", "Models (SHA-256)";
    FieldSimilarity: "Ұқсастық", "Сходство", "Similarity";
    FieldThreshold: "Шекті мән", "Порог", "Threshold";
    FieldBasis: "Немен салыстырылды", "С чем сличено", "Compared with";
    FieldLivenessHash: "1‑құжаттың SHA-256 мәні", "SHA-256 документа 1", "SHA-256 of document 1";
    FieldHash: "Құжаттың SHA-256 мәні", "SHA-256 документа", "SHA-256 of the document";
    BasisPrimary: "мемлекеттік дерекқордағы фотосурет", "фотография из государственной базы", "the state database's photo";
    BasisSubsequent: "бұрынғы сеанста жасалған эталондық бейне",
        "эталонное изображение из прежнего сеанса",
        "the reference image formed in an earlier session";
    StepsTitle: "Командалар және оларға жауап кадрлар", "Команды и кадры-ответы", "Commands, and the frames that answer them";
    CurrentImage: "Ағымдағы бейне", "Текущее изображение", "Current image";
    // `{}` is the number.
    FramesReceived: "түскен кадрлар саны: {}", "получено кадров: {}", "frames received: {}";
    FrameAt: "{number}‑кадр, қадам басталғаннан кейін {seconds} с",
        "Кадр {number}, через {seconds} с после начала шага",
        "Frame {number}, {seconds} s after the step began";
    Agreed: "келісті", "согласие дано", "agreed";
    Refused: "бас тартты", "отказ", "refused";
    LivePassed: "тірі адам", "живой человек", "a living person";
    LiveFailed: "расталмады", "не подтверждено", "not confirmed";
    LiveNotCompleted: "аяқталмады", "не завершено", "not completed";
    ResultMatched: "сәйкес", "совпало", "matched";
    ResultNotMatched: "сәйкес емес", "не совпало", "not matched";
    ResultUnusable: "фотосуретте салыстыруға жарайтын бет жоқ",
        "на фотографии нет лица, пригодного для сличения",
        "the photo shows no face that can be compared";
    DataFace: "бет-әлпет", "лицо", "face";
    DataIin: "ЖСН", "ИИН", "IIN";
    DataDocument: "жеке басты куәландыратын құжат", "документ, удостоверяющий личность", "identity document";
    DataEvidence: "тексеру құжаттары", "документы проверки", "documents of the check";
    CommandLeft: "Басты солға бұру", "Повернуть голову влево", "Turn the head left";
    CommandRight: "Басты оңға бұру", "Повернуть голову вправо", "Turn the head right";
    CommandUp: "Жоғары қарау", "Посмотреть вверх", "Look up";
    CommandDown: "Төмен қарау", "Посмотреть вниз", "Look down";
    CommandBlink: "Көзді жұмып-ашу", "Моргнуть", "Blink";
    CommandMouth: "Ауызды ашу", "Открыть рот", "Open the mouth";
    CommandCloser: "Жақындау", "Приблизиться", "Come closer";
    MismatchFewFrames: "жарамды кадр аз", "мало пригодных кадров", "too few usable frames";
    MismatchNoFace: "бет көрінбеді", "лица не видно", "no face";
    MismatchSeveral: "бірнеше бет", "несколько лиц", "several faces";
    MismatchPlace: "бет кадрдан шықты", "лицо вышло из кадра", "the face was out of place";
    MismatchDark: "тым қараңғы", "слишком темно", "too dark";
    MismatchBright: "тым жарық", "слишком ярко", "too bright";
    MismatchBlurred: "бұлыңғыр", "размыто", "blurred";
    MismatchNotPerformed: "сұралған қимыл көрінбеді", "движение не выполнено", "what was asked was not seen";
    MismatchTooLittle: "қимыл жеткіліксіз", "движение недостаточное", "not far enough";
    MismatchOther: "басқа қимыл жасалды", "выполнено другое движение", "another movement";
    MismatchEarly: "командадан бұрын жасалды", "выполнено до команды", "too early";
    MismatchNotReturned: "бас қайта түзелмеді", "голова не вернулась", "the head did not come back";
    MismatchStatic: "қозғалыссыз сурет", "неподвижное изображение", "a static picture";
    MismatchJump: "кадрлар арасында секіріс", "скачок между кадрами", "a jump between frames";
    MismatchPerson: "кадрларда басқа адам", "в кадрах другой человек", "another person";
    MismatchAttack: "фотосурет, экран немесе бетперде", "фотография, экран или маска", "a picture, screen or mask";
    MismatchLate: "кеш келді", "поздно", "late";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::citizen::photo::Photo;

    #[test]
    fn every_text_is_there_in_every_language() {
        for text in Text::ALL {
            for language in Language::ALL {
                assert!(!text.get(language).trim().is_empty(), "{text:?} in {language:?}");
            }
        }
    }

    #[test]
    fn what_is_said_of_photos_is_what_is_taken() {
        let sides = [Photo::FEWEST_SIDE, Photo::MOST_SIDE].map(|side| side.to_string());
        let megapixels = (Photo::MOST_PIXELS / 1_000_000).to_string();
        let megabytes = (Photo::MOST_BYTES / 1_000_000).to_string();
        for language in Language::ALL {
            for text in [Text::FieldPhotoHint, Text::ErrorPhotoDimensions] {
                let text = text.get(language);
                assert!(
                    sides.iter().chain([&megapixels]).all(|number| text.contains(number)),
                    "{text}"
                );
            }
            for text in [Text::FieldPhotoHint, Text::ErrorPhotoLarge, Text::FailureTooLarge] {
                assert!(text.get(language).contains(&format!("{megabytes} ")), "{text:?}");
            }
        }
    }

    #[test]
    fn no_word_mixes_latin_and_cyrillic_letters_that_look_the_same() {
        for text in Text::ALL {
            for language in Language::ALL {
                for word in text.get(language).split(|letter: char| !letter.is_alphabetic()) {
                    let latin = word.chars().any(|letter| letter.is_ascii_alphabetic());
                    let cyrillic = word.chars().any(|letter| ('\u{400}'..='\u{52f}').contains(&letter));
                    assert!(!(latin && cyrillic), "{text:?} in {language:?}: {word}");
                }
            }
        }
    }
}
