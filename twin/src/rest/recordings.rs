//! Recordings and transcriptions, with the sound itself (a short silence).

use super::{Ask, Content, Outcome, Reply};
use crate::clock::rfc2822;
use crate::state::{Recording, World};
use serde_json::{Value, json};

pub(crate) fn route(world: &mut World, ask: &Ask, rest: &[&str]) -> Outcome {
    match (ask.method.as_str(), rest) {
        ("GET", []) => {
            let all = world
                .recordings
                .iter()
                .rev()
                .filter(|r| !r.deleted)
                .map(|r| show(world, r))
                .collect();
            super::page_2010(ask, world, "recordings", all)
        }
        ("GET", [name]) => fetch(world, ask, name),
        ("DELETE", [sid]) => {
            let found = world
                .recordings
                .iter_mut()
                .find(|r| r.sid == *sid && !r.deleted);
            found.ok_or_else(|| ask.not_found())?.deleted = true;
            Ok(Reply::no_content())
        }
        _ => Err(ask.not_found()),
    }
}

pub(crate) fn of_call(world: &World, ask: &Ask, sid: &str) -> Outcome {
    let of = world
        .recordings
        .iter()
        .filter(|r| r.call_sid == sid && !r.deleted);
    let all = of.map(|r| show(world, r)).collect();
    super::page_2010(ask, world, "recordings", all)
}

/// `RE...json` is the description, `RE...mp3`, `.wav` or nothing the sound.
fn fetch(world: &World, ask: &Ask, name: &str) -> Outcome {
    let sid = name.split('.').next().unwrap_or_default();
    let recording = world
        .recordings
        .iter()
        .find(|r| r.sid == sid && !r.deleted)
        .ok_or_else(|| ask.not_found())?;
    if ask.path.ends_with(".json") {
        return Ok(Reply::json(200, show(world, recording)));
    }
    let content = if name.ends_with(".mp3") {
        // One silent MPEG-1 layer III frame.
        let mut frame = vec![0xFF, 0xFB, 0x10, 0xC4];
        frame.resize(104, 0);
        Content::Bytes("audio/mpeg", frame)
    } else {
        Content::Bytes("audio/x-wav", silence())
    };
    Ok(Reply {
        status: 200,
        content,
        headers: Vec::new(),
    })
}

/// A tenth of a second of silence: 8 kHz, 16 bits, mono.
fn silence() -> Vec<u8> {
    let data = [0_u8; 1600];
    let mut out = b"RIFF".to_vec();
    out.extend(1636_u32.to_le_bytes());
    out.extend(b"WAVEfmt ");
    out.extend(16_u32.to_le_bytes());
    out.extend(1_u16.to_le_bytes());
    out.extend(1_u16.to_le_bytes());
    out.extend(8000_u32.to_le_bytes());
    out.extend(16_000_u32.to_le_bytes());
    out.extend(2_u16.to_le_bytes());
    out.extend(16_u16.to_le_bytes());
    out.extend(b"data");
    out.extend(1600_u32.to_le_bytes());
    out.extend(data);
    out
}

pub(crate) fn transcriptions(world: &World, ask: &Ask, rest: &[&str]) -> Outcome {
    let mut all = world
        .recordings
        .iter()
        .rev()
        .filter_map(|r| Some((r.transcription_sid.as_deref()?, r)));
    match (ask.method.as_str(), rest) {
        ("GET", []) => {
            let all = all.map(|(sid, r)| transcription(world, sid, r)).collect();
            super::page_2010(ask, world, "transcriptions", all)
        }
        ("GET", [wanted]) => {
            let (sid, recording) = all
                .find(|(sid, _)| sid == wanted)
                .ok_or_else(|| ask.not_found())?;
            Ok(Reply::json(200, transcription(world, sid, recording)))
        }
        _ => Err(ask.not_found()),
    }
}

fn transcription(world: &World, sid: &str, r: &Recording) -> Value {
    json!({
        "account_sid": world.account(),
        "api_version": "2010-04-01",
        "date_created": rfc2822(r.created),
        "date_updated": rfc2822(r.created),
        "duration": r.duration.to_string(),
        "price": null,
        "price_unit": "USD",
        "recording_sid": r.sid,
        "sid": sid,
        "status": "completed",
        "transcription_text": r.text,
        "type": "fast",
        "uri": format!("/2010-04-01/Accounts/{}/Transcriptions/{sid}.json", world.account()),
    })
}

fn show(world: &World, r: &Recording) -> Value {
    json!({
        "account_sid": world.account(),
        "api_version": "2010-04-01",
        "call_sid": r.call_sid,
        "channels": r.channels,
        "conference_sid": null,
        "date_created": rfc2822(r.created),
        "date_updated": rfc2822(r.created),
        "duration": r.duration.to_string(),
        "encryption_details": null,
        "error_code": null,
        "media_url": format!("{}/api/2010-04-01/Accounts/{}/Recordings/{}", world.origin, world.account(), r.sid),
        "price": null,
        "price_unit": "USD",
        "sid": r.sid,
        "source": r.source,
        "start_time": rfc2822(r.created),
        "status": "completed",
        "uri": format!("/2010-04-01/Accounts/{}/Recordings/{}.json", world.account(), r.sid),
    })
}
