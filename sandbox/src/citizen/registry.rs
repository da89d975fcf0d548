//! Where test citizens are kept: by number for the state database, by a random id for addresses, which must not carry
//! numbers.
//! There is no query by face.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64UrlUnpadded, Encoding};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use tanu_protocol::identity::IdentityDocument;
use tanu_protocol::iin::Iin;

use super::number::SyntheticIin;
use super::photo::Photo;
use super::{Citizen, Name};
use crate::host::random;
use crate::store::{Store, StoreFailure};

/// Names a citizen in forms and addresses: 16 random bytes as base64url.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CitizenId(String);

/// A text is no citizen's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a citizen's id")]
pub struct InvalidId;

/// A citizen as pages list one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Id.
    pub id: CitizenId,
    /// Number.
    pub iin: SyntheticIin,
    /// Name.
    pub name: Name,
    /// Identity document.
    pub document: IdentityDocument,
}

/// What came of an attempt to add a citizen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// Added, under this id.
    New(CitizenId),
    /// There is a citizen with this number; nothing was changed.
    NumberTaken,
}

/// The citizens of the state database.
#[derive(Clone, Debug)]
pub struct Registry(Store);

impl Registry {
    /// The citizens in `store`.
    #[must_use]
    pub const fn new(store: Store) -> Self {
        Self(store)
    }

    /// Adds a citizen.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub async fn add(&self, citizen: Citizen, now: Timestamp) -> Result<Added, StoreFailure> {
        let bytes: [u8; 16] = random::bytes().map_err(|_| StoreFailure::Stopped)?;
        let id = Base64UrlUnpadded::encode_string(&bytes);
        let document = serde_json::to_string(&citizen.document).map_err(|_| StoreFailure::Unreadable)?;
        self.0
            .run(move |connection| {
                let rows = connection.execute(
                    "INSERT INTO citizen (id, iin, name, document, photo, made_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT (iin) DO NOTHING",
                    params![
                        id,
                        citizen.iin.iin().expose(),
                        citizen.name.as_str(),
                        document,
                        citizen.photo.file(),
                        now.as_second()
                    ],
                )?;
                Ok(if rows == 1 {
                    Added::New(CitizenId(id))
                } else {
                    Added::NumberTaken
                })
            })
            .await
    }

    /// All citizens, the newest first.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub async fn list(&self) -> Result<Vec<Listed>, StoreFailure> {
        self.0
            .run(|connection| {
                let mut query = connection
                    .prepare("SELECT id, iin, name, document FROM citizen ORDER BY made_at DESC, rowid DESC")?;
                let mut rows = query.query([])?;
                let mut citizens = Vec::new();
                while let Some(row) = rows.next()? {
                    citizens.push(listed(row)?);
                }
                Ok(citizens)
            })
            .await
    }

    /// The citizen with this id.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub async fn by_id(&self, id: CitizenId) -> Result<Option<Listed>, StoreFailure> {
        self.0
            .run(move |connection| {
                let mut query = connection.prepare("SELECT id, iin, name, document FROM citizen WHERE id = ?1")?;
                let mut rows = query.query([id.0])?;
                rows.next()?.map(listed).transpose()
            })
            .await
    }

    /// Photo and identity document of the citizen with this number.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub async fn reference(&self, iin: Iin) -> Result<Option<(Photo, IdentityDocument)>, StoreFailure> {
        self.0
            .run(move |connection| {
                let found: Option<(Vec<u8>, String)> = connection
                    .query_row(
                        "SELECT photo, document FROM citizen WHERE iin = ?1",
                        [iin.expose()],
                        |row| Ok((row.get(0)?, row.get(1)?)),
                    )
                    .optional()?;
                found
                    .map(|(photo, document)| {
                        let document = serde_json::from_str(&document).map_err(|_| StoreFailure::Unreadable)?;
                        Ok((Photo::stored(photo), document))
                    })
                    .transpose()
            })
            .await
    }
}

fn listed(row: &Row<'_>) -> Result<Listed, StoreFailure> {
    let text = |column| row.get::<_, String>(column);
    Ok(Listed {
        id: CitizenId(text(0)?),
        iin: text(1)?.parse().map_err(|_| StoreFailure::Unreadable)?,
        name: text(2)?.parse().map_err(|_| StoreFailure::Unreadable)?,
        document: serde_json::from_str(&text(3)?).map_err(|_| StoreFailure::Unreadable)?,
    })
}

impl fmt::Display for CitizenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CitizenId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 16];
        match Base64UrlUnpadded::decode(text, &mut bytes) {
            Ok(decoded) if decoded.len() == 16 => Ok(Self(text.to_owned())),
            _ => Err(InvalidId),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, citizen};

    #[tokio::test]
    async fn a_citizen_is_found_by_id_and_by_number() {
        let registry = Registry::new(Store::in_memory().unwrap());
        let added = citizen("880229100014");
        let answer = registry.add(added.clone(), NOW).await.unwrap();
        let listed = registry.list().await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(answer, Added::New(listed[0].id.clone()));
        assert_eq!(registry.by_id(listed[0].id.clone()).await.unwrap().unwrap(), listed[0]);
        let (photo, document) = registry.reference(added.iin.iin().clone()).await.unwrap().unwrap();
        assert_eq!((photo, document), (added.photo, added.document));
    }

    #[tokio::test]
    async fn a_taken_number_changes_nothing() {
        let registry = Registry::new(Store::in_memory().unwrap());
        registry.add(citizen("880229100014"), NOW).await.unwrap();
        let other = Citizen {
            name: "Басқа Адам".parse().unwrap(),
            ..citizen("880229100014")
        };
        assert_eq!(registry.add(other, NOW).await.unwrap(), Added::NumberTaken);
        assert_eq!(registry.list().await.unwrap()[0].name, citizen("880229100014").name);
    }

    #[tokio::test]
    async fn nobody_is_found_by_an_unknown_number_or_id() {
        let registry = Registry::new(Store::in_memory().unwrap());
        assert!(
            registry
                .reference("880229100014".parse().unwrap())
                .await
                .unwrap()
                .is_none()
        );
        let id = "AAAAAAAAAAAAAAAAAAAAAA".parse().unwrap();
        assert!(registry.by_id(id).await.unwrap().is_none());
        assert_eq!("880229100014".parse::<CitizenId>(), Err(InvalidId));
    }
}
