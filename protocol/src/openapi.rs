//! OpenAPI documents (version 3.1.1) of our HTTP APIs, made of the wire types and of the tables that route.
//!
//! In scope: what the three documents have in common. What is served is said beside the routes, by each part. Behind a feature,
//! so that what browsers and workerd run is built without it.

mod operation;
pub mod schema;

pub use operation::Operation;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use operation::Answered;

use crate::problem::{MEDIA_TYPE, Problem, ProblemCode};

/// A document that is being made.
pub struct Document {
    info: Value,
    security_schemes: Map<String, Value>,
    answer_headers: Map<String, Value>,
    common: Vec<ProblemCode>,
    paths: Map<String, Value>,
    sent: SchemaGenerator,
    answered: Answered,
}

/// The document says two things under one name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ambiguous {
    /// A type is read in another shape than it is written in, and is both sent and answered.
    #[error("the schema {0} of a request differs from that of an answer")]
    Schema(String),
    /// Two operations at one address with one method.
    #[error("{0} is described twice")]
    Operation(String),
}

impl Document {
    /// A document without operations. Text is CommonMark.
    #[must_use]
    pub fn new(title: &str, version: &str, description: &str) -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.meta_schema = None;
            settings.definitions_path = "/components/schemas".into();
        });
        Self {
            info: json!({
                "title": title,
                "version": version,
                "description": description,
                "license": {"name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT"},
            }),
            security_schemes: Map::new(),
            answer_headers: Map::new(),
            common: Vec::new(),
            paths: Map::new(),
            sent: settings.clone().for_deserialize().into_generator(),
            answered: Answered {
                schemas: settings.for_serialize().into_generator(),
                responses: Map::new(),
            },
        }
    }

    /// A way in which a caller proves who it is: a Security Scheme Object.
    #[must_use]
    pub fn security_scheme(mut self, name: &str, scheme: Value) -> Self {
        self.security_schemes.insert(name.to_owned(), scheme);
        self
    }

    /// A header of every answer of an operation that asks for security.
    #[must_use]
    pub fn answer_header(mut self, name: &str, description: &str) -> Self {
        let header = json!({"description": description, "schema": {"type": "string"}});
        self.answer_headers.insert(name.to_owned(), header);
        self
    }

    /// Problems that every operation may answer with.
    #[must_use]
    pub fn common_problems(mut self, codes: &[ProblemCode]) -> Self {
        self.common = codes.to_vec();
        self
    }

    /// Adds an operation at an address, whose parts in braces are its path parameters.
    ///
    /// # Errors
    /// [`Ambiguous::Operation`].
    pub fn serve(&mut self, method: &str, path: &str, operation: &Operation) -> Result<(), Ambiguous> {
        let described = operation.describe(&self.common, &self.answer_headers, &mut self.sent, &mut self.answered);
        let item = self.paths.entry(path).or_insert_with(|| json!({}));
        match item.as_object_mut() {
            Some(item) if !item.contains_key(&method.to_lowercase()) => {
                item.insert(method.to_lowercase(), described);
                Ok(())
            }
            _ => Err(Ambiguous::Operation(format!("{method} {path}"))),
        }
    }

    /// The document.
    ///
    /// # Errors
    /// [`Ambiguous::Schema`].
    pub fn finish(mut self) -> Result<Value, Ambiguous> {
        self.answered.schemas.subschema_for::<Problem>();
        let mut schemas = self.answered.schemas.take_definitions(true);
        for (name, schema) in self.sent.take_definitions(true) {
            match schemas.get(&name) {
                Some(known) if *known != schema => return Err(Ambiguous::Schema(name)),
                _ => schemas.insert(name, schema),
            };
        }
        let mut document = json!({
            "openapi": "3.1.1",
            "info": self.info,
            "paths": self.paths,
            "components": {
                "schemas": schemas,
                "responses": self.answered.responses,
                "securitySchemes": self.security_schemes,
            },
        });
        without_rustdoc_links(&mut document);
        Ok(document)
    }
}

/// The problems of one status: those codes and no other.
fn problems(codes: &[&str]) -> Value {
    json!({MEDIA_TYPE: {"schema": {
        "$ref": "#/components/schemas/Problem",
        "properties": {"code": {"enum": codes}},
    }}})
}

/// Documentation of the types goes into the document; links that only rustdoc follows become plain names.
fn without_rustdoc_links(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "description" => *text = plain(text),
                    other => without_rustdoc_links(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(without_rustdoc_links),
        _ => {}
    }
}

fn plain(text: &str) -> String {
    let (mut plain, mut rest) = (String::new(), text);
    while let Some((before, link)) = rest.split_once("[`") {
        let Some((name, after)) = link.split_once("`]") else {
            break;
        };
        plain.push_str(before);
        plain.push_str(name);
        rest = match after.strip_prefix('(').and_then(|target| target.split_once(')')) {
            Some((_, after)) => after,
            None => after,
        };
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::SessionId;
    use crate::session::{ConsentAnswer, SessionView};

    fn document() -> Document {
        Document::new("Test", "1", "").common_problems(&[ProblemCode::Internal])
    }

    #[test]
    fn a_field_of_a_wire_type_is_in_the_document() {
        let mut document = document();
        let see = Operation::new("see", "See").answers::<SessionView>(200, "The session.");
        document.serve("GET", "/session", &see).unwrap();
        let document = document.finish().unwrap();
        let schema = &document["components"]["schemas"]["SessionView"];
        assert_eq!(schema["properties"]["id"]["$ref"], "#/components/schemas/SessionId");
        assert!(schema["required"].as_array().unwrap().contains(&json!("documents")));
    }

    #[test]
    fn problems_name_their_codes_by_status() {
        let mut document = document();
        let answer = Operation::new("answer", "Answer")
            .json_body::<ConsentAnswer>(100)
            .problems(&[ProblemCode::Conflict, ProblemCode::SessionState]);
        document.serve("POST", "/session", &answer).unwrap();
        let document = document.finish().unwrap();
        let codes = |status: &str, name: &str| {
            let reference = &document["paths"]["/session"]["post"]["responses"][status]["$ref"];
            assert_eq!(*reference, format!("#/components/responses/{name}"));
            let content = &document["components"]["responses"][name]["content"];
            content[MEDIA_TYPE]["schema"]["properties"]["code"]["enum"].clone()
        };
        assert_eq!(
            codes("409", "session.conflict-session.state"),
            json!(["session.conflict", "session.state"])
        );
        assert_eq!(codes("500", "service.internal"), json!(["service.internal"]));
    }

    #[test]
    fn an_address_and_method_are_described_once() {
        let mut document = document();
        let operation = Operation::new("see", "See");
        document.serve("GET", "/session", &operation).unwrap();
        assert_eq!(
            document.serve("GET", "/session", &operation),
            Err(Ambiguous::Operation("GET /session".into()))
        );
    }

    #[test]
    fn patterns_of_the_newtypes_accept_what_the_types_write() {
        let mut document = document();
        let see = Operation::new("see", "See").part::<SessionId>("id", "The session.");
        document.serve("GET", "/session/{id}", &see).unwrap();
        let document = document.finish().unwrap();
        let pattern = document["components"]["schemas"]["SessionId"]["pattern"]
            .as_str()
            .unwrap();
        assert_eq!(pattern, "^[A-Za-z0-9_-]{22}$");
        assert_eq!(SessionId::from_bytes([255; 16]).to_string().len(), 22);
    }

    #[test]
    fn links_of_rustdoc_become_names() {
        assert_eq!(plain("a [`X`] of [`Y`](crate::y) [z]"), "a X of Y [z]");
        assert_eq!(plain("[`open"), "[`open");
    }
}
