//! The first test citizens, made from portraits where there are some: two with documents in force, one whose document has
//! expired.

use std::path::Path;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use tanu_protocol::identity::{IdentityDocument, IdentityDocumentKind, IdentityDocumentStatus};

use crate::citizen::Citizen;
use crate::citizen::photo::Photo;
use crate::citizen::registry::Registry;
use crate::store::StoreFailure;

struct Seed {
    portrait: &'static str,
    iin: &'static str,
    name: &'static str,
    number: &'static str,
    expired: bool,
}

/// The last one is listed first.
const SEEDS: [Seed; 3] = [
    Seed {
        portrait: "obama2.jpg",
        iin: "500630100116",
        name: "Дәурен Мерзімұлы",
        number: "018800003",
        expired: true,
    },
    Seed {
        portrait: "biden.jpg",
        iin: "991231200423",
        name: "Жүсіп Сынақұлы",
        number: "018800002",
        expired: false,
    },
    Seed {
        portrait: "obama.jpg",
        iin: "880229100014",
        name: "Барақ Үлгіұлы",
        number: "018800001",
        expired: false,
    },
];

/// Adds the first citizens whose portraits are in `portraits`; those who are there already stay as they are.
///
/// # Errors
/// [`StoreFailure`].
pub async fn seed(registry: &Registry, portraits: &Path, now: Timestamp) -> Result<(), StoreFailure> {
    let today = now.to_zoned(TimeZone::UTC).date();
    for seed in &SEEDS {
        // A portrait that is missing or unusable makes no citizen: the sandbox works without.
        let Ok(file) = tokio::fs::read(portraits.join(seed.portrait)).await else {
            continue;
        };
        let Ok(Ok(photo)) = tokio::task::spawn_blocking(|| Photo::new(file)).await else {
            continue;
        };
        let (Ok(iin), Ok(name)) = (seed.iin.parse(), seed.name.parse()) else {
            continue;
        };
        let citizen = Citizen {
            iin,
            name,
            document: document(seed, today),
            photo,
        };
        registry.add(citizen, now).await?;
    }
    Ok(())
}

fn document(seed: &Seed, today: Date) -> IdentityDocument {
    let (issued_on, valid_until) = if seed.expired {
        (date(2014, 3, 1), date(2024, 3, 1))
    } else {
        (today.saturating_sub(1.year()), today.saturating_add(9.years()))
    };
    IdentityDocument {
        kind: IdentityDocumentKind::IdentityCard,
        number: seed.number.into(),
        issued_on,
        valid_until,
        status: IdentityDocumentStatus::Valid,
    }
}

#[cfg(test)]
mod tests {
    use image::ImageFormat;

    use super::*;
    use crate::store::Store;
    use crate::testing::{Folder, NOW, picture};

    #[tokio::test]
    async fn portraits_become_citizens_once() {
        let (folder, registry) = (Folder::new(), Registry::new(Store::in_memory().unwrap()));
        for seed in &SEEDS {
            let file = picture(200, 200, ImageFormat::Jpeg);
            std::fs::write(folder.path().join(seed.portrait), file).unwrap();
        }
        for _ in 0..2 {
            seed(&registry, folder.path(), NOW).await.unwrap();
            let listed = registry.list().await.unwrap();
            assert_eq!(listed.len(), SEEDS.len());
            let today = NOW.to_zoned(TimeZone::UTC).date();
            let expired = listed.iter().filter(|citizen| citizen.document.valid_until < today);
            assert_eq!(expired.count(), 1);
        }
    }

    #[tokio::test]
    async fn missing_and_broken_portraits_are_passed_over() {
        let (folder, registry) = (Folder::new(), Registry::new(Store::in_memory().unwrap()));
        std::fs::write(folder.path().join(SEEDS[0].portrait), b"no picture").unwrap();
        seed(&registry, folder.path(), NOW).await.unwrap();
        assert!(registry.list().await.unwrap().is_empty());
    }
}
