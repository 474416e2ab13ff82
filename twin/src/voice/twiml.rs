//! Reads TwiML as Twilio does: well-formed, root `Response`, unknown things warned about and ignored.

use crate::state::CallbackRecord;
use roxmltree::Document;

/// The most of a document that Twilio takes, in bytes (error 11750).
const MAX_TWIML: usize = 64 * 1024;

/// An element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Node {
    pub name: String,
    pub attrs: Vec<(String, String)>,
    pub children: Vec<Node>,
    /// All text inside, nested elements' too.
    pub text: String,
    /// Text directly inside.
    pub own_text: String,
}

impl Node {
    pub(crate) fn attr(&self, name: &str) -> Option<&str> {
        self.attrs
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.attr(name) == Some("true")
    }

    pub(crate) fn number(&self, name: &str, default: u64) -> u64 {
        self.attr(name)
            .and_then(|v| v.parse().ok())
            .unwrap_or(default)
    }
}

/// An error of Twilio's debugger: code and detail.
pub(crate) type Wrong = (u32, String);

/// The verbs of a document.
pub(crate) fn parse(text: &str) -> Result<Vec<Node>, Wrong> {
    if text.len() > MAX_TWIML {
        return Err((11750, format!("{} bytes", text.len())));
    }
    // A declaration may only stand at the very beginning; Twilio forgives white space before it.
    let document = Document::parse(text.trim_start()).map_err(|e| (12100, e.to_string()))?;
    let root = document.root_element();
    if root.tag_name().name() != "Response" {
        return Err((12102, format!("root element is {}", root.tag_name().name())));
    }
    Ok(root
        .children()
        .filter(roxmltree::Node::is_element)
        .map(node)
        .collect())
}

fn node(element: roxmltree::Node<'_, '_>) -> Node {
    let texts = |n: roxmltree::Node<'_, '_>| n.text().unwrap_or_default().to_owned();
    Node {
        name: element.tag_name().name().to_owned(),
        attrs: element
            .attributes()
            .map(|a| (a.name().to_owned(), a.value().to_owned()))
            .collect(),
        children: element
            .children()
            .filter(roxmltree::Node::is_element)
            .map(node)
            .collect(),
        text: element
            .descendants()
            .filter(roxmltree::Node::is_text)
            .map(texts)
            .collect(),
        own_text: element
            .children()
            .filter(roxmltree::Node::is_text)
            .map(texts)
            .collect(),
    }
}

/// What an answered webhook says, or why Twilio could not use it.
pub(crate) fn check_answer(record: &CallbackRecord) -> Result<Vec<Node>, Wrong> {
    let status = match (record.status, &record.error) {
        (Some(status), _) => status,
        (None, Some(error)) if error.starts_with("cannot connect") => {
            return Err((11205, error.clone()));
        }
        (None, error) => return Err((11200, error.clone().unwrap_or_default())),
    };
    if !(200..300).contains(&status) {
        return Err((11200, format!("status {status}")));
    }
    let kind = record
        .headers
        .iter()
        .find(|(n, _)| n.eq_ignore_ascii_case("content-type"))
        .map(|(_, v)| {
            v.split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .to_ascii_lowercase()
        });
    // Nothing to say is nothing to complain about.
    if record.body.trim().is_empty() {
        return Ok(Vec::new());
    }
    match kind.as_deref() {
        Some("text/xml" | "application/xml" | "text/html") => parse(&record.body),
        // A plain text is sent back as it is.
        Some("text/plain") => Ok(vec![Node {
            name: "Message".to_owned(),
            text: record.body.clone(),
            own_text: record.body.clone(),
            ..Node::default()
        }]),
        other => Err((
            12300,
            format!("content type {}", other.unwrap_or("missing")),
        )),
    }
}

/// What a messaging document has that Twilio does not know.
pub(crate) fn messaging_warnings(nodes: &[Node]) -> Vec<String> {
    let mut out = Vec::new();
    for node in nodes {
        match node.name.as_str() {
            "Message" | "Sms" => {
                unknown(
                    node,
                    &["to", "from", "action", "method", "statusCallback"],
                    &mut out,
                );
                for child in &node.children {
                    if !matches!(child.name.as_str(), "Body" | "Media") {
                        out.push(format!("{} in {}", child.name, node.name));
                    }
                }
            }
            "Redirect" => unknown(node, &["method"], &mut out),
            other => out.push(format!("unknown element {other}")),
        }
    }
    out
}

fn unknown(node: &Node, known: &[&str], out: &mut Vec<String>) {
    for (name, _) in &node.attrs {
        if !known.contains(&name.as_str()) {
            out.push(format!("unknown attribute {name} of {}", node.name));
        }
    }
}

/// What a voice document has that Twilio does not know.
pub(crate) fn voice_warnings(nodes: &[Node]) -> Vec<String> {
    let mut out = Vec::new();
    for node in nodes {
        let Some((_, attrs, inner)) = super::verbs::VERBS.iter().find(|(n, _, _)| *n == node.name)
        else {
            out.push(format!("unknown element {}", node.name));
            continue;
        };
        let known: Vec<&str> = attrs.split_whitespace().collect();
        unknown(node, &known, &mut out);
        for child in &node.children {
            if *inner != "*" && !inner.split_whitespace().any(|n| n == child.name) {
                out.push(format!("{} in {}", child.name, node.name));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_with_its_nested_text() {
        let nodes = parse("<?xml version=\"1.0\"?><Response><Say voice=\"x\">a <break/>b &amp; c</Say></Response>").expect("twiml");
        assert_eq!(nodes[0].text, "a b & c");
        assert_eq!(nodes[0].attr("voice"), Some("x"));
        assert_eq!(parse("<Respons/>").unwrap_err().0, 12102);
        assert_eq!(parse("<Response>").unwrap_err().0, 12100);
        assert_eq!(
            parse(&format!("<Response>{}</Response>", " ".repeat(MAX_TWIML)))
                .unwrap_err()
                .0,
            11750
        );
    }

    #[test]
    fn what_twilio_does_not_know_is_named() {
        let nodes =
            parse("<Response><Say vioce=\"x\"/><Gather><Dial/></Gather><Shout/></Response>")
                .expect("twiml");
        assert_eq!(
            voice_warnings(&nodes),
            [
                "unknown attribute vioce of Say",
                "Dial in Gather",
                "unknown element Shout"
            ]
        );
    }
}
