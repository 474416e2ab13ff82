//! An XML document as a text that is equal exactly if the trees are: one line for each element,
//! attribute (sorted) and text, indented by depth.

use roxmltree::{Document, Node};

pub(crate) fn of(xml: &str) -> String {
    let document = Document::parse(xml).unwrap_or_else(|error| panic!("{error}: {xml}"));
    let mut out = String::new();
    describe(document.root_element(), 0, &mut out);
    out
}

fn describe(node: Node<'_, '_>, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    if node.is_text() {
        out.push_str(&format!("{indent}{:?}\n", node.text().unwrap_or_default()));
        return;
    }
    assert!(node.is_element(), "TwiML has elements and text only");
    out.push_str(&format!("{indent}<{}>\n", node.tag_name().name()));
    let mut attributes: Vec<String> = node
        .attributes()
        .map(|attribute| {
            let space = attribute.namespace().unwrap_or_default();
            format!(
                "{indent}  @{space} {}={:?}\n",
                attribute.name(),
                attribute.value()
            )
        })
        .collect();
    attributes.sort();
    out.extend(attributes);
    for child in node.children() {
        describe(child, depth + 1, out);
    }
}
