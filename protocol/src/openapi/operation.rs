//! What one method at one address takes and gives.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::problem::ProblemCode;

/// The schema of a type, as a generator gives it.
type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// A part of the address, or of its query.
#[derive(Clone, Copy, Debug)]
struct Parameter {
    name: &'static str,
    description: &'static str,
    schema: SchemaOf,
}

#[derive(Clone, Debug)]
struct Answer {
    status: u16,
    description: &'static str,
    content: Option<(&'static str, SchemaOf)>,
    headers: Map<String, Value>,
}

#[derive(Clone, Copy, Debug)]
struct Body {
    media_type: &'static str,
    most_bytes: usize,
    schema: SchemaOf,
}

/// One operation: a method at an address. All text is CommonMark.
#[derive(Clone, Debug)]
pub struct Operation {
    id: &'static str,
    summary: &'static str,
    description: Option<&'static str>,
    parts: Vec<Parameter>,
    query: Vec<Parameter>,
    body: Option<Body>,
    answers: Vec<Answer>,
    problems: Vec<ProblemCode>,
    security: Vec<&'static str>,
}

impl Operation {
    /// An operation: its name for generated clients, and what it does in one line.
    #[must_use]
    pub const fn new(id: &'static str, summary: &'static str) -> Self {
        Self {
            id,
            summary,
            description: None,
            parts: Vec::new(),
            query: Vec::new(),
            body: None,
            answers: Vec::new(),
            problems: Vec::new(),
            security: Vec::new(),
        }
    }

    /// What else there is to know.
    #[must_use]
    pub const fn described(mut self, description: &'static str) -> Self {
        self.description = Some(description);
        self
    }

    /// What stands in braces in the address.
    #[must_use]
    pub fn part<T: JsonSchema>(mut self, name: &'static str, description: &'static str) -> Self {
        self.parts.push(Parameter {
            name,
            description,
            schema: SchemaGenerator::subschema_for::<T>,
        });
        self
    }

    /// A parameter of the query that must be there.
    #[must_use]
    pub fn query<T: JsonSchema>(mut self, name: &'static str, description: &'static str) -> Self {
        self.query.push(Parameter {
            name,
            description,
            schema: SchemaGenerator::subschema_for::<T>,
        });
        self
    }

    /// Takes JSON of at most `most_bytes`.
    #[must_use]
    pub fn json_body<T: JsonSchema>(self, most_bytes: usize) -> Self {
        self.body::<T>("application/json", most_bytes)
    }

    /// Takes a body of a media type, of at most `most_bytes`.
    #[must_use]
    pub fn body<T: JsonSchema>(mut self, media_type: &'static str, most_bytes: usize) -> Self {
        self.body = Some(Body {
            media_type,
            most_bytes,
            schema: SchemaGenerator::subschema_for::<T>,
        });
        self
    }

    /// Answers with JSON.
    #[must_use]
    pub fn answers<T: JsonSchema>(self, status: u16, description: &'static str) -> Self {
        self.answers_as::<T>(status, "application/json", description)
    }

    /// Answers with a body of a media type.
    #[must_use]
    pub fn answers_as<T: JsonSchema>(
        mut self,
        status: u16,
        media_type: &'static str,
        description: &'static str,
    ) -> Self {
        self.answers.push(Answer {
            status,
            description,
            content: Some((media_type, SchemaGenerator::subschema_for::<T>)),
            headers: Map::new(),
        });
        self
    }

    /// Answers without a body.
    #[must_use]
    pub fn answers_empty(mut self, status: u16, description: &'static str) -> Self {
        self.answers.push(Answer {
            status,
            description,
            content: None,
            headers: Map::new(),
        });
        self
    }

    /// Sends the browser elsewhere.
    #[must_use]
    pub fn redirects(mut self, description: &'static str) -> Self {
        let location = json!({"description": description, "required": true, "schema": {"type": "string", "format": "uri-reference"}});
        self.answers.push(Answer {
            status: 303,
            description,
            content: None,
            headers: Map::from_iter([("location".to_owned(), location)]),
        });
        self
    }

    /// May answer with these problems.
    #[must_use]
    pub fn problems(mut self, codes: &[ProblemCode]) -> Self {
        self.problems.extend_from_slice(codes);
        self
    }

    /// Asks for one of these security schemes.
    #[must_use]
    pub fn secured(mut self, schemes: &[&'static str]) -> Self {
        self.security.extend_from_slice(schemes);
        self
    }

    /// The Operation Object.
    pub(super) fn describe(
        &self,
        common: &[ProblemCode],
        answer_headers: &Map<String, Value>,
        sent: &mut SchemaGenerator,
        answered: &mut Answered,
    ) -> Value {
        let mut operation = Map::new();
        operation.insert("operationId".to_owned(), self.id.into());
        operation.insert("summary".to_owned(), self.summary.into());
        if let Some(description) = self.description {
            operation.insert("description".to_owned(), description.into());
        }
        let parameters: Vec<Value> = [("path", &self.parts), ("query", &self.query)]
            .into_iter()
            .flat_map(|(place, parameters)| parameters.iter().map(move |parameter| (place, parameter)))
            .map(|(place, parameter)| parameter.describe(place, sent))
            .collect();
        if !parameters.is_empty() {
            operation.insert("parameters".to_owned(), parameters.into());
        }
        if let Some(body) = self.body {
            operation.insert("requestBody".to_owned(), body.describe(sent));
        }
        let headers = if self.security.is_empty() {
            &Map::new()
        } else {
            answer_headers
        };
        operation.insert("responses".to_owned(), self.responses(common, headers, answered));
        if !self.security.is_empty() {
            let schemes: Vec<Value> = self.security.iter().map(|scheme| json!({*scheme: []})).collect();
            operation.insert("security".to_owned(), schemes.into());
        }
        operation.into()
    }

    fn responses(&self, common: &[ProblemCode], headers: &Map<String, Value>, answered: &mut Answered) -> Value {
        let mut responses: BTreeMap<u16, Response> = BTreeMap::new();
        for answer in &self.answers {
            let response = responses.entry(answer.status).or_default();
            response.descriptions.push(answer.description.to_owned());
            response.headers.extend(answer.headers.clone());
            if let Some((media_type, schema)) = answer.content {
                let content = json!({"schema": schema(&mut answered.schemas)});
                response.content.insert(media_type.to_owned(), content);
            }
        }
        let mut by_status: BTreeMap<u16, Vec<ProblemCode>> = BTreeMap::new();
        for code in common.iter().chain(&self.problems) {
            by_status.entry(code.status()).or_default().push(*code);
        }
        let mut described = Map::new();
        for (status, codes) in by_status {
            let mut response = responses.remove(&status).unwrap_or_default();
            // What is nothing but problems is the same for many operations, and stands once in the document.
            let name = response.content.is_empty().then(|| names(&codes).join("-"));
            response.descriptions.extend(codes.iter().map(|code| said(*code)));
            if let Value::Object(content) = super::problems(&names(&codes)) {
                response.content.extend(content);
            }
            let response = response.describe(headers);
            let response = name.map_or(response.clone(), |name| answered.shared(name, response));
            described.insert(status.to_string(), response);
        }
        for (status, response) in responses {
            described.insert(status.to_string(), response.describe(headers));
        }
        described.into()
    }
}

/// What answers are made of, and those that several operations give.
pub(super) struct Answered {
    pub(super) schemas: SchemaGenerator,
    pub(super) responses: Map<String, Value>,
}

impl Answered {
    /// A reference to a response that is kept under a name, or the response where the name has another one.
    fn shared(&mut self, name: String, response: Value) -> Value {
        let reference = json!({"$ref": format!("#/components/responses/{name}")});
        let kept = self.responses.entry(name).or_insert_with(|| response.clone());
        if *kept == response { reference } else { response }
    }
}

fn names(codes: &[ProblemCode]) -> Vec<&'static str> {
    codes.iter().map(|code| code.as_str()).collect()
}

#[derive(Default)]
struct Response {
    descriptions: Vec<String>,
    headers: Map<String, Value>,
    content: Map<String, Value>,
}

impl Response {
    fn describe(mut self, common: &Map<String, Value>) -> Value {
        self.headers.extend(common.clone());
        let mut response = Map::from_iter([("description".to_owned(), self.descriptions.join("\n").into())]);
        if !self.headers.is_empty() {
            response.insert("headers".to_owned(), self.headers.into());
        }
        if !self.content.is_empty() {
            response.insert("content".to_owned(), self.content.into());
        }
        response.into()
    }
}

impl Parameter {
    fn describe(&self, place: &str, sent: &mut SchemaGenerator) -> Value {
        json!({
            "name": self.name,
            "in": place,
            "required": true,
            "description": self.description,
            "schema": (self.schema)(sent),
        })
    }
}

impl Body {
    fn describe(self, sent: &mut SchemaGenerator) -> Value {
        json!({
            "description": format!("At most {} bytes.", self.most_bytes),
            "required": true,
            "content": {self.media_type: {"schema": (self.schema)(sent)}},
        })
    }
}

/// A code in words: `` `code` (clause): what is wrong.``
fn said(code: ProblemCode) -> String {
    let clause = code.clause().map(|clause| format!(" ({clause})")).unwrap_or_default();
    format!("- `{}`{clause}: {}", code.as_str(), code.title().en)
}
