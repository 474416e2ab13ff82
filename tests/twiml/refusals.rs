//! What `finish` refuses, each at its limit and one beyond.

use hookswitch::twilio::twiml::{
    Conference, Connect, Dial, Emphasis, Gather, MAX_DIAL_NOUNS, MAX_DOCUMENT_BYTES, MAX_MEDIA,
    MAX_MESSAGE_CHARACTERS, MAX_MESSAGES, MAX_SAY_CHARACTERS, Message, MessagingResponse, Number,
    Pause, Play, Queue, Refer, Reject, Room, Say, Start, Stream, TwimlError, VoiceResponse,
};

use crate::voice;

#[test]
fn a_say_of_4096_characters_is_the_longest() {
    let longest = "é".repeat(MAX_SAY_CHARACTERS);
    let longer = format!("{longest}é");
    let say = |text: &str| {
        voice(|r| {
            r.say(&Say::text(text));
        })
    };
    assert!(say(&longest).is_ok());
    assert_eq!(
        say(&longer),
        Err(TwimlError::SayTooLong {
            characters: 4097,
            limit: MAX_SAY_CHARACTERS
        })
    );
    let nested = voice(|r| {
        r.gather(&Gather::default(), |g| {
            g.say(&Say::text(&longer));
        });
    });
    assert!(matches!(
        nested,
        Err(TwimlError::SayTooLong {
            characters: 4097,
            ..
        })
    ));
}

#[test]
fn each_say_has_its_own_count_and_ssml_counts_without_its_tags() {
    let half = "a".repeat(MAX_SAY_CHARACTERS / 2);
    let spoken = |rest: &str| {
        voice(|r| {
            r.say(&Say::text(&half)).say_ssml(&Say::text(&half), |s| {
                s.emphasis(&Emphasis::default(), |e| {
                    e.text(rest);
                });
            });
        })
    };
    assert!(spoken(&half).is_ok());
    assert!(matches!(
        spoken(&format!("{half}b")),
        Err(TwimlError::SayTooLong {
            characters: 4097,
            ..
        })
    ));
}

#[test]
fn reject_is_refused_after_any_verb_that_answers() {
    let reject = Reject::default();
    let late = voice(|r| {
        r.say(&Say::text("Sorry")).reject(&reject);
    });
    assert_eq!(late, Err(TwimlError::RejectNotFirst));
    let late = voice(|r| {
        r.pause(&Pause::default()).hangup().reject(&reject);
    });
    assert_eq!(late, Err(TwimlError::RejectNotFirst));
    assert!(
        voice(|r| {
            r.pause(&Pause::default()).reject(&reject).hangup();
        })
        .is_ok()
    );
}

#[test]
fn a_dial_has_one_to_ten_nouns() {
    let dialled = |count: usize| {
        voice(|r| {
            r.dial(&Dial::default(), |d| {
                for _ in 0..count {
                    d.number("+15550100", &Number::default());
                }
            });
        })
    };
    assert_eq!(dialled(0), Err(TwimlError::NounMissing { verb: "Dial" }));
    assert!(dialled(1).is_ok());
    assert!(dialled(MAX_DIAL_NOUNS).is_ok());
    assert_eq!(
        dialled(MAX_DIAL_NOUNS + 1),
        Err(TwimlError::TooManyDialNouns {
            count: 11,
            limit: 10
        })
    );
    assert!(
        voice(|r| {
            r.dial_number("+15550100", &Dial::default());
        })
        .is_ok()
    );
}

#[test]
fn a_conference_or_a_queue_is_alone_in_its_dial() {
    let mixed = voice(|r| {
        r.dial(&Dial::default(), |d| {
            d.conference("Room", &Conference::default())
                .number("+15550100", &Number::default());
        });
    });
    assert_eq!(mixed, Err(TwimlError::DialNounsMixed));
    let mixed = voice(|r| {
        r.dial(&Dial::default(), |d| {
            d.number("+15550100", &Number::default())
                .queue("support", &Queue::default());
        });
    });
    assert_eq!(mixed, Err(TwimlError::DialNounsMixed));
    let apart = voice(|r| {
        r.dial(&Dial::default(), |d| {
            d.queue("support", &Queue::default());
        })
        .dial_number("+15550100", &Dial::default());
    });
    assert!(apart.is_ok());
}

#[test]
fn a_verb_that_only_carries_nouns_is_refused_without_one() {
    let nothing = voice(|r| {
        r.connect(&Connect::default(), |_| {});
    });
    assert_eq!(nothing, Err(TwimlError::NounMissing { verb: "Connect" }));
    let nothing = voice(|r| {
        r.start(&Start::default(), |_| {});
    });
    assert_eq!(nothing, Err(TwimlError::NounMissing { verb: "Start" }));
    let nothing = voice(|r| {
        r.stop(|_| {});
    });
    assert_eq!(nothing, Err(TwimlError::NounMissing { verb: "Stop" }));
    let nothing = voice(|r| {
        r.refer(&Refer::default(), |_| {});
    });
    assert_eq!(nothing, Err(TwimlError::NounMissing { verb: "Refer" }));
}

#[test]
fn connect_has_one_noun() {
    let two = voice(|r| {
        r.connect(&Connect::default(), |c| {
            c.room("a", &Room::default()).stream(&Stream::default());
        });
    });
    assert_eq!(
        two,
        Err(TwimlError::TooManyNouns {
            verb: "Connect",
            count: 2
        })
    );
}

#[test]
fn a_document_of_64_kib_is_the_largest() {
    let sized = |bytes: usize| {
        let empty = voice(|r| {
            r.play(&Play::url(""));
        })
        .unwrap()
        .len();
        let url = "a".repeat(bytes - empty);
        voice(|r| {
            r.play(&Play::url(&url));
        })
    };
    assert_eq!(sized(MAX_DOCUMENT_BYTES).unwrap().len(), 65_536);
    assert_eq!(
        sized(MAX_DOCUMENT_BYTES + 1),
        Err(TwimlError::TooLarge {
            bytes: 65_537,
            limit: 65_536
        })
    );
}

fn messages(count: usize) -> Result<String, TwimlError> {
    let mut response = MessagingResponse::new();
    for _ in 0..count {
        response.message(&Message::text("Hi"));
    }
    response.finish()
}

#[test]
fn ten_messages_are_the_most() {
    assert!(messages(MAX_MESSAGES).is_ok());
    assert_eq!(
        messages(12),
        Err(TwimlError::TooManyMessages {
            count: 12,
            limit: 10
        })
    );
}

#[test]
fn a_message_has_at_most_1600_characters_and_ten_media() {
    let message = |characters: usize, media: usize| {
        MessagingResponse::new()
            .message_with(&Message::default(), |m| {
                m.body(&"é".repeat(characters));
                for _ in 0..media {
                    m.media("https://example.com/a-url-that-is-no-part-of-the-text.png");
                }
            })
            .finish()
    };
    assert!(message(MAX_MESSAGE_CHARACTERS, MAX_MEDIA).is_ok());
    assert_eq!(
        message(1601, 0),
        Err(TwimlError::MessageTooLong {
            characters: 1601,
            limit: 1600
        })
    );
    assert_eq!(
        message(1, 11),
        Err(TwimlError::TooManyMedia {
            count: 11,
            limit: 10
        })
    );
    assert_eq!(message(0, 0), Err(TwimlError::EmptyMessage));
    assert!(message(0, 1).is_ok());
}

#[test]
fn the_first_fault_is_the_one_reported() {
    let faults = voice(|r| {
        r.connect(&Connect::default(), |_| {})
            .reject(&Reject::default());
    });
    assert_eq!(faults, Err(TwimlError::NounMissing { verb: "Connect" }));
}

#[test]
fn a_response_is_empty_after_it_was_finished() {
    let mut response = VoiceResponse::new();
    assert!(
        response
            .connect(&Connect::default(), |_| {})
            .finish()
            .is_err()
    );
    let next = response.reject(&Reject::default()).finish().unwrap();
    assert_eq!(
        next,
        voice(|r| {
            r.reject(&Reject::default());
        })
        .unwrap()
    );
}

#[test]
fn a_refusal_names_the_element_and_the_limit() {
    assert_eq!(
        messages(11).unwrap_err().to_string(),
        "the response has 11 messages, Twilio sends at most 10"
    );
}
