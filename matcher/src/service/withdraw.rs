//! What withdrawn consent comes to: the subject's key and template are destroyed (NBS-11).

use tanu_protocol::iin::Iin;

use crate::failure::Failure;
use crate::host::Host;
use crate::journal::{Item, Journal, Process};
use crate::sealing::MasterKey;
use crate::store::TemplateStore;

/// Destroys a subject's template by destroying the key that sealed it; `false` where there was none. A session that the citizen agreed
/// to before forms none any more.
///
/// # Errors
/// [`Failure`].
pub fn destroy_template(
    templates: &dyn TemplateStore,
    master: &MasterKey,
    host: &dyn Host,
    person: &Iin,
) -> Result<bool, Failure> {
    let journal = Journal {
        at: host.now(),
        session: None,
        subject: Some(master.pseudonym(person)),
    };
    let event = journal.event(Process::Destruction, Item::Template, 1);
    Ok(templates.destroy(&master.locate(person), &event)?)
}
