//! Verbs and effects as a line of a transcript.

use crate::flow::{
    effect::Effect,
    verb::{ConnectNoun, Noun, Prompt, QueueTarget, Verb},
};

pub(super) fn describe(verb: &Verb) -> Vec<String> {
    let one = |line: String| vec![line];
    match verb {
        Verb::Prompt(prompt) => one(describe_prompt(prompt)),
        Verb::Gather(gather) => {
            let mut lines: Vec<String> = gather.prompts.iter().map(describe_prompt).collect();
            let what = match (gather.dtmf, gather.speech) {
                (true, true) => "keys or speech",
                (false, true) => "speech",
                _ => "keys",
            };
            lines.push(format!("listens for {what}"));
            lines
        }
        Verb::Record(record) => {
            let seconds = record
                .max_length
                .map_or(String::new(), |s| format!(" up to {s} seconds"));
            let written = if record.transcribe_callback.is_some() {
                ", transcribed"
            } else {
                ""
            };
            one(format!("records{seconds}{written}"))
        }
        Verb::Dial(dial) => one(match &dial.noun {
            Noun::Numbers(numbers) => format!("dials {}", numbers.join(", ")),
            Noun::Client(name) => format!("dials the client {name}"),
            Noun::Sip { uri, .. } => format!("dials {uri}"),
            Noun::Sim(sid) => format!("dials the SIM {sid}"),
            Noun::Conference(name) => format!("joins the conference {name}"),
        }),
        Verb::Enqueue(enqueue) => one(match &enqueue.target {
            QueueTarget::Queue(name) => format!("waits in the queue {name}"),
            QueueTarget::Workflow {
                sid, attributes, ..
            } => {
                format!(
                    "waits in the workflow {sid} {}",
                    attributes.as_deref().unwrap_or("{}")
                )
            }
        }),
        Verb::Pay(_) => one("takes a payment".to_owned()),
        Verb::Connect(connect) => one(match connect.noun {
            ConnectNoun::VirtualAgent(_) => "connects to a virtual agent".to_owned(),
            ConnectNoun::ConversationRelay(_) => "connects to a conversation relay".to_owned(),
        }),
        Verb::StartStream(_) => one("starts a stream".to_owned()),
        Verb::StopStream { name, .. } => one(format!("stops the stream {name}")),
        // The simulator's own addresses say nothing.
        Verb::Redirect { url, .. } if url.starts_with("sim:") => Vec::new(),
        Verb::Redirect { url, .. } => one(format!("redirects to {url}")),
        Verb::Hangup => one("hangs up".to_owned()),
    }
}

fn describe_prompt(prompt: &Prompt) -> String {
    match prompt {
        Prompt::Say { text, .. } => format!("says: {text}"),
        Prompt::Play { url, .. } => format!("plays {url}"),
        Prompt::Digits { digits } => format!("plays the keys {digits}"),
    }
}

pub(super) fn describe_effect(effect: &Effect) -> String {
    match effect {
        Effect::SendMessage(message) => format!("sends to {}: {}", message.to, message.body),
        Effect::HttpRequest(request) => format!("requests {} {}", request.method, request.url),
        Effect::RunFunction(function) => format!("calls the function {}", function.url),
        Effect::CreateTask(task) => format!(
            "creates a task in {} {}",
            task.workflow_sid, task.attributes
        ),
        Effect::MakeCall(call) => format!("calls {} from {}", call.to, call.from),
        Effect::RecordCall(record) => {
            format!(
                "{} recording the call",
                if record.start { "starts" } else { "ends" }
            )
        }
        Effect::Conversation(conversation) => {
            format!(
                "{} a conversation",
                if conversation.resume {
                    "resumes"
                } else {
                    "starts"
                }
            )
        }
    }
}
