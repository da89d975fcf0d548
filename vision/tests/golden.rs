//! Golden numbers, natively. `tests/wasm/run.mjs` checks the same numbers in WebAssembly.
//!
//! Record again with `UPDATE_EXPECT=1 cargo test -p tanu-vision --test golden`, and say in the commit why they moved.

#![expect(clippy::print_stdout, reason = "a test says what it skipped")]

use std::{fs, path::Path};

use golden_check::{Files, MODELS, Numbers, PICTURES};
use tanu_models::{ModelId, Store};

mod golden_check;

const RECORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden_check/numbers.json");

#[test]
fn the_same_inputs_give_the_recorded_numbers() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let store = Store::from_environment(&root);
    let ids = [
        ModelId::YunetN320,
        ModelId::FaceLandmarks468,
        ModelId::OpenClosedEye,
        ModelId::EdgefaceXs,
        ModelId::MinifasnetV2,
        ModelId::MinifasnetV1Se,
    ];
    let mut models = Files::new();
    for (name, id) in MODELS.into_iter().zip(ids) {
        match store.load(id) {
            Ok(bytes) => models.insert(name.to_owned(), bytes),
            Err(error) => return skip(&error.to_string()),
        };
    }
    let data = root.join(std::env::var_os("TANU_DATA").unwrap_or_else(|| "../shared/data".into()));
    let mut pictures = Files::new();
    for name in PICTURES {
        match fs::read(data.join(name)) {
            Ok(bytes) => pictures.insert(name.to_owned(), bytes),
            Err(error) => return skip(&format!("{}: {error}", data.join(name).display())),
        };
    }
    let found = golden_check::measure(golden_check::models(&models).unwrap(), &pictures).unwrap();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let rounded: Numbers = found
            .iter()
            .map(|(k, v)| (k.clone(), v.iter().map(|v| (v * 1e5).round() / 1e5).collect()))
            .collect();
        fs::write(RECORD, serde_json::to_string_pretty(&rounded).unwrap() + "\n").unwrap();
    }
    let recorded: Numbers = serde_json::from_str(&fs::read_to_string(RECORD).unwrap()).unwrap();
    let missing: Vec<_> = recorded.keys().filter(|name| !found.contains_key(*name)).collect();
    assert!(missing.is_empty(), "recorded, not measured: {missing:?}");
    let differences = golden_check::differences(&found, &recorded);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    println!(
        "{} numbers, worst difference {:.5}",
        found.values().map(Vec::len).sum::<usize>(),
        golden_check::worst(&found, &recorded)
    );
}

fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{why}");
    println!("skipped: the_same_inputs_give_the_recorded_numbers: {why}");
}
