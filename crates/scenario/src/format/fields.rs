//! Reading tables of a scenario file: every mistake is noted with its place, and reading goes on.

use std::{
    cell::{Cell, RefCell},
    ops::Range,
};

use serde_json::{Map, Value};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Names, error::Problem};

type Node<'d> = &'d Spanned<DeValue<'d>>;

/// A parsed file and the mistakes found in it so far.
#[derive(Debug)]
pub(crate) struct Document<'d> {
    text: &'d str,
    problems: RefCell<Vec<Problem>>,
    names: RefCell<Names>,
}

/// One table of the file. Members that nobody asked for are mistakes, see [`Fields::end`].
#[derive(Debug)]
pub(crate) struct Fields<'d> {
    document: &'d Document<'d>,
    path: String,
    span: Range<usize>,
    table: &'d DeTable<'d>,
    asked: RefCell<Vec<&'static str>>,
    excused: Cell<bool>,
}

impl<'d> Document<'d> {
    pub(crate) fn new(text: &'d str) -> Self {
        Self { text, problems: RefCell::default(), names: RefCell::default() }
    }

    /// The whole file as a table.
    pub(crate) fn root(&'d self, table: &'d Spanned<DeTable<'d>>) -> Fields<'d> {
        Fields {
            document: self,
            path: String::new(),
            span: 0..0,
            table: table.get_ref(),
            asked: RefCell::default(),
            excused: Cell::default(),
        }
    }

    /// Takes the mistakes, in the order of the file.
    pub(crate) fn take_problems(&self) -> Vec<Problem> {
        let mut problems = self.problems.take();
        problems.sort_by_key(|problem| (problem.line, problem.column));
        problems
    }

    /// What the scenario calls its people, groups, apps, policies and phones.
    pub(crate) fn names<T>(&self, use_names: impl FnOnce(&mut Names) -> T) -> T {
        use_names(&mut self.names.borrow_mut())
    }

    /// Notes a mistake.
    pub(crate) fn complain(
        &self,
        span: &Range<usize>,
        field: &str,
        problem: &str,
        value: &str,
        allowed: Vec<String>,
    ) {
        let (line, column) = place(self.text, span.start);
        let (field, value, problem) = (field.to_owned(), value.to_owned(), problem.to_owned());
        self.problems.borrow_mut().push(Problem { line, column, field, value, problem, allowed });
    }

    fn written(&self, span: &Range<usize>) -> String {
        let text = self.text.get(span.clone()).unwrap_or_default();
        text.lines().next().unwrap_or_default().chars().take(80).collect()
    }
}

/// Line and column, both from 1, of a byte in a text.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

impl<'d> Fields<'d> {
    pub(crate) fn document(&self) -> &'d Document<'d> {
        self.document
    }

    /// Whether the member was written.
    pub(crate) fn has(&self, name: &'static str) -> bool {
        self.find(name).is_some()
    }

    fn find(&self, name: &'static str) -> Option<Node<'d>> {
        if !self.asked.borrow().contains(&name) {
            self.asked.borrow_mut().push(name);
        }
        self.table.get(name)
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Notes a mistake about a member, at its value if it was written.
    pub(crate) fn wrong(&self, name: &'static str, problem: &str, allowed: &[&str]) {
        let node = self.find(name);
        let span = node.map_or(self.span.clone(), Spanned::span);
        let value = node.map(|node| self.document.written(&node.span())).unwrap_or_default();
        let allowed = allowed.iter().map(|&allowed| allowed.to_owned()).collect();
        self.document.complain(&span, &self.path_of(name), problem, &value, allowed);
    }

    fn missing(&self, name: &'static str, what: &str) {
        self.document.complain(
            &self.span,
            &self.path_of(name),
            &format!("is missing: {what}"),
            "",
            Vec::new(),
        );
    }

    /// A text that must be there.
    pub(crate) fn text(&self, name: &'static str) -> String {
        if self.find(name).is_none() {
            self.missing(name, "a text is needed");
        }
        self.find_text(name).unwrap_or_default()
    }

    /// A text, if it was written.
    pub(crate) fn find_text(&self, name: &'static str) -> Option<String> {
        let node = self.find(name)?;
        let text = node.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.wrong(name, "is not a text", &["a text in quotation marks"]);
        }
        text
    }

    /// `true` or `false`, if it was written.
    pub(crate) fn find_flag(&self, name: &'static str) -> Option<bool> {
        let node = self.find(name)?;
        let flag = node.get_ref().as_bool();
        if flag.is_none() {
            self.wrong(name, "is neither true nor false", &["true", "false"]);
        }
        flag
    }

    /// `true` or `false`; false when not written.
    pub(crate) fn flag(&self, name: &'static str) -> bool {
        self.find_flag(name).unwrap_or_default()
    }

    /// A whole number from 0, if it was written.
    pub(crate) fn find_number(&self, name: &'static str) -> Option<u64> {
        let node = self.find(name)?;
        let number = node.get_ref().as_integer().and_then(|number| number.as_str().parse().ok());
        if number.is_none() {
            self.wrong(name, "is not a whole number from 0", &[]);
        }
        number
    }

    /// One text or a list of texts; empty when not written.
    pub(crate) fn texts(&self, name: &'static str) -> Vec<String> {
        let Some(node) = self.find(name) else { return Vec::new() };
        let texts = match node.get_ref() {
            DeValue::String(text) => Some(vec![text.to_string()]),
            DeValue::Array(items) => {
                items.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect()
            }
            _ => None,
        };
        texts.unwrap_or_else(|| {
            self.wrong(name, "is not a text or a list of texts", &[]);
            Vec::new()
        })
    }

    /// One of some words that must be there.
    pub(crate) fn choice<T: Clone>(&self, name: &'static str, words: &[(&str, T)]) -> Option<T> {
        if self.find(name).is_none() {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.missing(name, &format!("one of {}", words.join(", ")));
        }
        self.find_choice(name, words)
    }

    /// One of some words, if it was written.
    pub(crate) fn find_choice<T: Clone>(&self, name: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.find_text(name)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| value.clone());
        if found.is_none() {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.wrong(name, "is not one of the words allowed here", &words);
        }
        found
    }

    /// A value that is read by `parse`; its error says what is wrong.
    pub(crate) fn parsed<T, E: std::fmt::Display>(
        &self,
        name: &'static str,
        text: Option<String>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(&text?) {
            Ok(value) => Some(value),
            Err(error) => {
                self.wrong(name, &error.to_string(), &[]);
                None
            }
        }
    }

    /// A table inside, if it was written.
    pub(crate) fn table(&self, name: &'static str) -> Option<Fields<'d>> {
        let node = self.find(name)?;
        let table = node.get_ref().as_table();
        if table.is_none() {
            self.wrong(name, "is not a table", &[]);
        }
        Some(self.inner(self.path_of(name), node.span(), table?))
    }

    /// A text, or else a table.
    pub(crate) fn text_or_table(&self, name: &'static str) -> Option<Result<String, Fields<'d>>> {
        let node = self.find(name)?;
        match node.get_ref() {
            DeValue::String(text) => Some(Ok(text.to_string())),
            DeValue::Table(table) => Some(Err(self.inner(self.path_of(name), node.span(), table))),
            _ => {
                self.wrong(name, "is neither a text nor a table", &[]);
                None
            }
        }
    }

    /// Tables of a list (`[[name]]`); empty when not written.
    pub(crate) fn tables(&self, name: &'static str) -> Vec<Fields<'d>> {
        let Some(node) = self.find(name) else { return Vec::new() };
        let DeValue::Array(items) = node.get_ref() else {
            self.wrong(name, "is not a list of tables: write [[…]]", &[]);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let path = format!("{}[{}]", self.path_of(name), index + 1);
            match item.get_ref() {
                DeValue::Table(table) => tables.push(self.inner(path, item.span(), table)),
                _ => {
                    let value = self.document.written(&item.span());
                    self.document.complain(&item.span(), &path, "is not a table", &value, Vec::new());
                }
            }
        }
        tables
    }

    fn inner(&self, path: String, span: Range<usize>, table: &'d DeTable<'d>) -> Fields<'d> {
        Fields {
            document: self.document,
            path,
            span,
            table,
            asked: RefCell::default(),
            excused: Cell::default(),
        }
    }

    /// Any value as JSON, if it was written.
    pub(crate) fn json(&self, name: &'static str) -> Option<Value> {
        self.find(name).map(|node| json(node.get_ref()))
    }

    /// The members of this table as JSON, whatever their names, with their places.
    pub(crate) fn members(&self) -> Vec<(String, Value, Range<usize>)> {
        let member = |(key, value): (&'d Spanned<_>, Node<'d>)| {
            let name: &std::borrow::Cow<'_, str> = key.get_ref();
            (name.to_string(), json(value.get_ref()), value.span())
        };
        self.table.iter().map(member).collect()
    }

    /// Notes a mistake about one of [`Self::members`].
    pub(crate) fn wrong_member(&self, name: &str, span: &Range<usize>, problem: &str, allowed: Vec<String>) {
        let value = self.document.written(span);
        self.document.complain(span, &self.path_of(name), problem, &value, allowed);
    }

    /// A text if there is one, without saying anything about it.
    pub(crate) fn peek_text(&self, name: &str) -> Option<String> {
        self.table.get(name)?.get_ref().as_str().map(str::to_owned)
    }

    /// What the members mean cannot be known: none of them is a mistake.
    pub(crate) fn excuse(&self) {
        self.excused.set(true);
    }

    /// Ends reading: members that nobody asked for are mistakes.
    pub(crate) fn end(self) {
        self.finish();
    }

    /// The same for a borrowed table.
    pub(crate) fn finish(&self) {
        let asked = self.asked.borrow();
        for (key, _) in self.table {
            let name = key.get_ref().as_ref();
            if !self.excused.get() && !asked.contains(&name) {
                let allowed = asked.iter().map(|&name| name.to_owned()).collect();
                let path = self.path_of(name);
                self.document.complain(&key.span(), &path, "is not a member of this table", name, allowed);
            }
        }
    }
}

fn json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::from(text.as_ref()),
        DeValue::Integer(number) => number.as_str().parse::<i64>().map_or(Value::Null, Value::from),
        DeValue::Float(number) => number.as_str().parse::<f64>().map_or(Value::Null, Value::from),
        DeValue::Boolean(flag) => Value::from(*flag),
        DeValue::Datetime(at) => Value::from(at.to_string()),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(table) => {
            let members = table.iter().map(|(key, value)| (key.get_ref().to_string(), json(value.get_ref())));
            Value::Object(members.collect::<Map<_, _>>())
        }
    }
}
