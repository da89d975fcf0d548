//! Figures as the programs that measure say them: a line with the word FIGURE, then an object with `name`, `value` and `unit`.

use std::fmt::Write as _;

use serde_json::Value;

/// How a line with a figure begins.
const MARK: &str = "FIGURE ";

/// Figures, in the order in which they were said.
#[derive(Debug, Default)]
pub(super) struct Figures(Vec<Value>);

impl Figures {
    /// Takes the figure of a line, if it has one.
    pub(super) fn take(&mut self, line: &str) {
        let figure = line
            .split_once(MARK)
            .and_then(|(_, object)| serde_json::from_str(object).ok());
        self.0.extend(figure.filter(Value::is_object));
    }

    /// A line each, for people.
    pub(super) fn table(&self) -> String {
        let text = |figure: &Value, field: &str| match figure.get(field) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => String::new(),
        };
        let mut table = String::new();
        for figure in &self.0 {
            let [name, value, unit] = ["name", "value", "unit"].map(|field| text(figure, field));
            // Writing to a string cannot fail.
            let _ = writeln!(table, "{name:<66} {value:>10} {unit}");
        }
        table
    }

    /// A list of the objects, for programs.
    pub(super) fn json(&self) -> String {
        Value::Array(self.0.clone()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_found_in_its_line_and_shown() {
        let mut figures = Figures::default();
        let line = r#"  FIGURE {"name":"guidance, ratio","value":0.8,"unit":"times"}"#;
        for line in ["nothing", line, "FIGURE broken", "FIGURE 7"] {
            figures.take(line);
        }
        let table = figures.table();
        assert!(
            table.starts_with("guidance, ratio") && table.contains("0.8 times") && table.lines().count() == 1,
            "{table}"
        );
        assert!(figures.json().contains(r#""value":0.8"#));
    }
}
