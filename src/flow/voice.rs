//! Verbs as TwiML. Addresses in verbs come from the gateway; what Twilio would refuse (a
//! text of more than 4096 characters, eleven numbers in one `<Dial>`) is brought into
//! bounds here, so that a caller is not hung up on because of it.

use super::speech::{self, Speech};
use super::verb::{
    Agent, Connect, ConnectNoun, Dial, Enqueue, Gather, Noun, Pay, Prompt, QueueTarget, Record,
    Stream, Verb,
};
use crate::twilio::twiml::{
    self, BankAccountType, CardType, DialRecord, GatherInput, MAX_DIAL_NOUNS, MAX_SAY_CHARACTERS,
    MediaTrack, Method, PaymentMethod, Say, SpeechTimeout, TokenType, Trim, TwimlError,
    VoiceResponse,
};

/// Writes the verbs of a turn as a TwiML document.
///
/// # Errors
/// [`TwimlError`] when the document is larger than Twilio reads.
pub fn render(verbs: &[Verb]) -> Result<String, TwimlError> {
    let mut response = VoiceResponse::new();
    for verb in verbs {
        write(verb, &mut response);
    }
    response.finish()
}

/// Adds one verb to a document.
pub fn write(verb: &Verb, response: &mut VoiceResponse) {
    match verb {
        Verb::Prompt(prompt) => {
            each(prompt, |spoken| match spoken {
                Spoken::Say(say) => {
                    response.say(&say);
                }
                Spoken::Ssml(say, ssml) => {
                    response.say_ssml(&say, |scope| speech::speech(&ssml, scope));
                }
                Spoken::Play(play) => {
                    response.play(&play);
                }
            });
        }
        Verb::Gather(gather) => write_gather(gather, response),
        Verb::Record(record) => write_record(record, response),
        Verb::Dial(dial) => write_dial(dial, response),
        Verb::Enqueue(enqueue) => write_enqueue(enqueue, response),
        Verb::Pay(pay) => write_pay(pay, response),
        Verb::Connect(connect) => write_connect(connect, response),
        Verb::StartStream(stream) => write_stream(stream, response),
        Verb::StopStream { name, siprec } => {
            let name = Some(name.as_str());
            response.stop(|stop| {
                if *siprec {
                    stop.siprec(&twiml::Siprec {
                        name,
                        ..twiml::Siprec::default()
                    });
                } else {
                    stop.stream(&twiml::Stream {
                        name,
                        ..twiml::Stream::default()
                    });
                }
            });
        }
        Verb::Redirect { url, method } => {
            let method = method.as_deref().and_then(method_of);
            response.redirect(&twiml::Redirect {
                method,
                ..twiml::Redirect::to(url)
            });
        }
        Verb::Hangup => {
            response.hangup();
        }
    }
}

enum Spoken<'a> {
    Say(Say<'a>),
    Ssml(Say<'a>, Vec<Speech>),
    Play(twiml::Play<'a>),
}

/// A prompt as the elements that it takes.
fn each<'a>(prompt: &'a Prompt, mut write: impl FnMut(Spoken<'a>)) {
    match prompt {
        Prompt::Say {
            text,
            voice,
            language,
            times,
        } => {
            let loop_ = times.filter(|times| *times != 1);
            if let Some(ssml) = speech::parse(text)
                && speech::length(&ssml) <= MAX_SAY_CHARACTERS
            {
                let attributes = Say {
                    voice: voice.as_deref(),
                    language: language.as_deref(),
                    loop_,
                    ..Say::text("")
                };
                return write(Spoken::Ssml(attributes, ssml));
            }
            for text in pieces(text, MAX_SAY_CHARACTERS) {
                write(Spoken::Say(Say {
                    voice: voice.as_deref(),
                    language: language.as_deref(),
                    loop_,
                    ..Say::text(text)
                }));
            }
        }
        Prompt::Play { url, times } => {
            let loop_ = times.filter(|times| *times != 1);
            write(Spoken::Play(twiml::Play {
                loop_,
                ..twiml::Play::url(url)
            }));
        }
        Prompt::Digits { digits } => {
            write(Spoken::Play(twiml::Play::digits(digits)));
        }
    }
}

/// `text` in pieces of at most `limit` characters, cut at the end of a sentence or a
/// word where there is one.
fn pieces(text: &str, limit: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((end, _)) = rest.char_indices().nth(limit) {
        let head = rest.get(..end).unwrap_or(rest);
        let cut = head
            .rfind(". ")
            .map(|at| at + 1)
            .or_else(|| head.rfind(char::is_whitespace));
        let (piece, tail) = rest
            .split_at_checked(cut.filter(|cut| *cut > 0).unwrap_or(end))
            .unwrap_or((rest, ""));
        pieces.push(piece.trim());
        rest = tail.trim_start();
    }
    pieces.push(rest);
    pieces
}

fn method_of(text: &str) -> Option<Method> {
    Method::parse(&text.to_ascii_uppercase())
}

fn write_gather(gather: &Gather, response: &mut VoiceResponse) {
    let input: &[GatherInput] = match (gather.dtmf, gather.speech) {
        (true, true) => &[GatherInput::Dtmf, GatherInput::Speech],
        (false, true) => &[GatherInput::Speech],
        _ => &[GatherInput::Dtmf],
    };
    let speech_timeout = gather.speech_timeout.as_deref().and_then(|text| {
        if text.eq_ignore_ascii_case("auto") {
            return Some(SpeechTimeout::Auto);
        }
        super::text::count(text).map(SpeechTimeout::Seconds)
    });
    let attributes = twiml::Gather {
        input: Some(input),
        action: Some(&gather.action),
        timeout: gather.timeout,
        speech_timeout,
        profanity_filter: gather.profanity_filter,
        finish_on_key: gather.finish_on_key.as_deref(),
        num_digits: gather.num_digits,
        language: gather.language.as_deref(),
        hints: gather.hints.as_deref(),
        action_on_empty_result: Some(true),
        speech_model: gather.speech_model.as_deref(),
        ..twiml::Gather::default()
    };
    response.gather(&attributes, |nested| {
        for prompt in &gather.prompts {
            each(prompt, |spoken| match spoken {
                Spoken::Say(say) => {
                    nested.say(&say);
                }
                Spoken::Ssml(say, ssml) => {
                    nested.say_ssml(&say, |scope| speech::speech(&ssml, scope));
                }
                Spoken::Play(play) => {
                    nested.play(&play);
                }
            });
        }
    });
}

fn write_record(record: &Record, response: &mut VoiceResponse) {
    response.record(&twiml::Record {
        action: Some(&record.action),
        timeout: record.timeout,
        finish_on_key: record.finish_on_key.as_deref(),
        max_length: record.max_length,
        play_beep: record.play_beep,
        trim: record.trim.as_deref().and_then(Trim::parse),
        recording_status_callback: record.recording_status_callback.as_deref(),
        transcribe: record.transcribe_callback.is_some().then_some(true),
        transcribe_callback: record.transcribe_callback.as_deref(),
        ..twiml::Record::default()
    });
}

fn write_dial(dial: &Dial, response: &mut VoiceResponse) {
    let attributes = twiml::Dial {
        action: Some(&dial.action),
        timeout: dial.timeout,
        time_limit: dial.time_limit,
        caller_id: dial.caller_id.as_deref(),
        record: dial.record.as_deref().and_then(DialRecord::parse),
        ..twiml::Dial::default()
    };
    response.dial(&attributes, |nested| match &dial.noun {
        Noun::Numbers(numbers) => {
            for number in numbers.iter().take(MAX_DIAL_NOUNS) {
                nested.number(number, &twiml::Number::default());
            }
        }
        Noun::Client(identity) => {
            nested.client(identity, &twiml::Client::default());
        }
        Noun::Sip {
            uri,
            username,
            password,
        } => {
            let sip = twiml::Sip {
                username: username.as_deref(),
                password: password.as_deref(),
                ..twiml::Sip::default()
            };
            nested.sip(uri, &sip);
        }
        Noun::Sim(sid) => {
            nested.sim(sid);
        }
        Noun::Conference(name) => {
            nested.conference(name, &twiml::Conference::default());
        }
    });
}

fn write_enqueue(enqueue: &Enqueue, response: &mut VoiceResponse) {
    let (queue, workflow_sid) = match &enqueue.target {
        QueueTarget::Queue(name) => (name.as_str(), None),
        QueueTarget::Workflow { sid, .. } => ("", Some(sid.as_str())),
    };
    let attributes = twiml::Enqueue {
        queue,
        action: Some(&enqueue.action),
        wait_url: enqueue.wait_url.as_deref(),
        wait_url_method: enqueue.wait_url_method.as_deref().and_then(method_of),
        workflow_sid,
        ..twiml::Enqueue::default()
    };
    match &enqueue.target {
        QueueTarget::Queue(_) => {
            response.enqueue(&attributes);
        }
        QueueTarget::Workflow {
            attributes: task,
            priority,
            timeout,
            ..
        } => {
            response.enqueue_with(&attributes, |nested| {
                let json = task.as_deref().unwrap_or("{}");
                nested.task(
                    json,
                    &twiml::Task {
                        priority: *priority,
                        timeout: *timeout,
                    },
                );
            });
        }
    }
}

fn write_pay(pay: &Pay, response: &mut VoiceResponse) {
    let text = |name: &str| attribute(&pay.attributes, name);
    let number = |name: &str| text(name).and_then(super::text::count);
    let cards: Vec<CardType> = text("validCardTypes")
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(CardType::parse)
        .collect();
    let attributes = twiml::Pay {
        action: Some(&pay.action),
        bank_account_type: text("bankAccountType").and_then(BankAccountType::parse),
        timeout: number("timeout"),
        max_attempts: number("maxAttempts"),
        security_code: text("securityCode").and_then(super::text::flag),
        postal_code: text("postalCode"),
        min_postal_code_length: number("minPostalCodeLength"),
        payment_connector: text("paymentConnector"),
        payment_method: text("paymentMethod").and_then(PaymentMethod::parse),
        token_type: text("tokenType").and_then(TokenType::parse),
        charge_amount: text("chargeAmount"),
        currency: text("currency"),
        description: text("description"),
        valid_card_types: (!cards.is_empty()).then_some(&cards),
        language: text("language"),
        ..twiml::Pay::default()
    };
    response.pay(&attributes, |nested| {
        for (name, value) in &pay.parameters {
            nested.parameter(name, value);
        }
    });
}

fn attribute<'a>(attributes: &'a [(&'static str, String)], name: &str) -> Option<&'a str> {
    attributes
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value.as_str())
}

fn write_connect(connect: &Connect, response: &mut VoiceResponse) {
    let action = twiml::Connect {
        action: Some(&connect.action),
        method: None,
    };
    response.connect(&action, |nested| match &connect.noun {
        ConnectNoun::VirtualAgent(agent) => {
            let text = |name| attribute(&agent.attributes, name);
            let attributes = twiml::VirtualAgent {
                connector_name: text("connectorName"),
                language: text("language"),
                sentiment_analysis: text("sentimentAnalysis").and_then(super::text::flag),
                status_callback: text("statusCallback"),
                status_callback_method: text("statusCallbackMethod").and_then(method_of),
            };
            nested.virtual_agent_with(&attributes, |nested| {
                for (name, value) in &agent.configs {
                    nested.config(name, value);
                }
                for (name, value) in &agent.parameters {
                    nested.parameter(name, value);
                }
            });
        }
        ConnectNoun::ConversationRelay(agent) => {
            nested.conversation_relay_with(&relay(agent), |nested| {
                for (name, value) in &agent.parameters {
                    nested.parameter(name, value);
                }
            });
        }
    });
}

fn relay(agent: &Agent) -> twiml::ConversationRelay<'_> {
    let text = |name| attribute(&agent.attributes, name);
    let flag = |name| text(name).and_then(super::text::flag);
    twiml::ConversationRelay {
        url: text("url"),
        language: text("language"),
        tts_language: text("ttsLanguage"),
        transcription_language: text("transcriptionLanguage"),
        tts_provider: text("ttsProvider"),
        voice: text("voice"),
        transcription_provider: text("transcriptionProvider"),
        speech_model: text("speechModel"),
        profanity_filter: flag("profanityFilter"),
        dtmf_detection: flag("dtmfDetection"),
        welcome_greeting: text("welcomeGreeting"),
        partial_prompts: flag("partialPrompts"),
        welcome_greeting_interruptible: text("welcomeGreetingInterruptible")
            .and_then(interruptible),
        interruptible: text("interruptible").and_then(interruptible),
        preemptible: flag("preemptible"),
        hints: text("hints"),
        intelligence_service: text("intelligenceService"),
        report_input_during_agent_speech: flag("reportInputDuringAgentSpeech"),
        interrupt_sensitivity: text("interruptSensitivity")
            .and_then(twiml::InterruptSensitivity::parse),
        debug: text("debug"),
        ..twiml::ConversationRelay::default()
    }
}

/// Flows of before 2025 have a flag here.
fn interruptible(text: &str) -> Option<twiml::Interruptible> {
    match text {
        "true" => Some(twiml::Interruptible::Any),
        "false" => Some(twiml::Interruptible::None),
        other => twiml::Interruptible::parse(other),
    }
}

fn write_stream(stream: &Stream, response: &mut VoiceResponse) {
    let track = stream.track.as_deref().and_then(MediaTrack::parse);
    response.start(&twiml::Start::default(), |nested| {
        let parameters = |nested: &mut twiml::ParameterScope<'_>| {
            for (name, value) in &stream.parameters {
                nested.parameter(name, value);
            }
        };
        if stream.siprec {
            let attributes = twiml::Siprec {
                name: stream.name.as_deref(),
                connector_name: stream.connector.as_deref(),
                track,
                ..twiml::Siprec::default()
            };
            nested.siprec_with(&attributes, parameters);
        } else {
            let attributes = twiml::Stream {
                name: stream.name.as_deref(),
                connector_name: stream.connector.as_deref(),
                url: stream.url.as_deref(),
                track,
                ..twiml::Stream::default()
            };
            nested.stream_with(&attributes, parameters);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_at_sentences_then_words_then_anywhere() {
        assert_eq!(pieces("One. Two. Three.", 10), ["One. Two.", "Three."]);
        assert_eq!(pieces("one two three", 8), ["one two", "three"]);
        assert_eq!(pieces("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(pieces("short", 10), ["short"]);
    }

    #[test]
    fn a_menu_and_a_voicemail_are_written_as_twilio_reads_them() {
        let menu = Verb::Gather(Gather {
            prompts: vec![Prompt::Say {
                text: "Press 1 & wait.".into(),
                voice: Some("Polly.Amy".into()),
                language: None,
                times: Some(1),
            }],
            action: "/voice/menu-selection?x=abc".into(),
            dtmf: true,
            timeout: Some(5),
            finish_on_key: Some(String::new()),
            num_digits: Some(1),
            ..Gather::default()
        });
        let record = Verb::Record(Record {
            action: "/voice/voicemail-saved?x=abc".into(),
            max_length: Some(120),
            transcribe_callback: Some("/voice/transcription".into()),
            ..Record::default()
        });
        let next = Verb::Redirect {
            url: "/voice/step?x=abc&event=noAudio".into(),
            method: None,
        };
        assert_eq!(
            render(&[menu, record, next, Verb::Hangup]).unwrap(),
            concat!(
                r#"<?xml version="1.0" encoding="UTF-8"?><Response>"#,
                r#"<Gather input="dtmf" action="/voice/menu-selection?x=abc" timeout="5" "#,
                r#"finishOnKey="" numDigits="1" actionOnEmptyResult="true">"#,
                r#"<Say voice="Polly.Amy">Press 1 &amp; wait.</Say></Gather>"#,
                r#"<Record action="/voice/voicemail-saved?x=abc" maxLength="120" "#,
                r#"transcribe="true" transcribeCallback="/voice/transcription"></Record>"#,
                r#"<Redirect>/voice/step?x=abc&amp;event=noAudio</Redirect>"#,
                r#"<Hangup></Hangup></Response>"#,
            )
        );
    }
}
