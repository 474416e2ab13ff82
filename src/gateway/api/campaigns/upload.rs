//! `PUT /v1/campaigns/{id}/recipients`: a list of any length, in bounded memory.
//!
//! The list is read piece by piece and handed to the campaign in batches. It becomes the
//! campaign's list at its end, in one step: one that breaks off, or cannot be read at all,
//! leaves everything as it was.

use super::super::super::http::{BodyFault, Incoming, Response};
use super::super::super::problem::Problem;
use super::super::super::world::World;
use super::{not_found, wrong_status};
use crate::campaign::content::Rendered;
use crate::campaign::forecast::{Size, Tally};
use crate::campaign::recipients::{FileError, Format, Line, LineError, Reader, Recipient, Report};
use crate::messaging::sender::{self, SenderKind};
use crate::objects::campaign::{AddRecipients, BeginUpload, Definition, EndUpload, Row, Upload};
use crate::objects::id::ContactName;
use crate::objects::ledger::{CountOptedOut, consent_shard};
use crate::twilio::address::{Address, Channel};

/// Recipients handed over at a time. A million of them are a thousand calls; one request may
/// make ten thousand (Cloudflare docs, "Workers limits: subrequests").
const BATCH: usize = 1_000;
/// Recipients of one campaign.
const MOST: u64 = 5_000_000;
/// People whose consent is looked up at a time, in one part of the ledger.
const ASKED: usize = 2_000;

struct Intake {
    number: u32,
    definition: Box<Definition>,
    channel: Option<Channel>,
    rows: Vec<Row>,
    /// Size and text of each row, counted when it is known to be no duplicate.
    sizes: Vec<(Size, Option<String>)>,
    tally: Tally,
    report: Report,
    /// Whose consent is still to be looked up, by the part of the ledger that has it.
    unasked: Vec<(String, Vec<(ContactName, sender::Channel)>)>,
}

/// Reads a list: 200 with the report of its lines.
///
/// # Errors
/// 400 when it cannot be read or breaks off, 409 when the campaign has begun or another list
/// was begun meanwhile, 415.
pub async fn recipients<W: World>(
    world: &W,
    request: &impl Incoming,
    id: &str,
) -> Result<Response, Problem> {
    let format = request
        .header("content-type")
        .and_then(|kind| Format::of(&kind))
        .ok_or_else(|| Problem::unsupported_media_type("application/x-ndjson or text/csv"))?;
    let upload = world
        .ask(id, &BeginUpload {})
        .await?
        .ok_or_else(not_found)?;
    let (number, definition) = match upload {
        Upload::Open { number, definition } => (number, definition),
        Upload::Closed(status) => return Err(wrong_status(status)),
    };
    let mut intake = Intake {
        number,
        channel: Address::parse(&definition.sender)
            .ok()
            .map(|sender| sender.channel()),
        definition,
        rows: Vec::new(),
        sizes: Vec::new(),
        tally: Tally::default(),
        report: Report::default(),
        unasked: Vec::new(),
    };
    let mut reader = Reader::new(format);
    while let Some(piece) = request.piece().await.map_err(broke_off)? {
        // A piece may hold many lines; each of them ends up as a row or in the report.
        reader
            .feed(&piece, &mut |line| intake.take(line))
            .map_err(|error| unreadable(&error))?;
        while intake.rows.len() >= BATCH {
            intake.hand_over(world, id).await?;
        }
        if intake.report.accepted > MOST {
            return Err(Problem::too_large(
                usize::try_from(MOST).unwrap_or(usize::MAX),
            ));
        }
    }
    reader
        .finish(&mut |line| intake.take(line))
        .map_err(|error| unreadable(&error))?;
    while !intake.rows.is_empty() {
        intake.hand_over(world, id).await?;
    }
    intake.count_opted_out(world, 0).await?;
    let Intake {
        number,
        tally,
        report,
        ..
    } = intake;
    let end = EndUpload {
        number,
        report: report.clone(),
        tally,
    };
    if !world.ask(id, &end).await? {
        return Err(superseded());
    }
    Ok(Response::json(200, &report))
}

impl Intake {
    fn take(&mut self, line: Line) {
        let number = line.number;
        match line
            .outcome
            .and_then(|recipient| self.row(number, &recipient))
        {
            Ok(row) => {
                self.report.accepted += 1;
                self.rows.push(row);
            }
            Err(error) => self.report.bad(number, error.to_string()),
        }
    }

    fn row(&mut self, line: u64, recipient: &Recipient) -> Result<Row, LineError> {
        let to = recipient.to.channel();
        if let Some(sender) = self.channel.filter(|sender| *sender != to) {
            return Err(LineError::OtherChannel { to, sender });
        }
        let rendered = self.definition.content.render(&recipient.variables)?;
        let text = match rendered {
            Rendered::Body(text) => Some(text),
            Rendered::Template { .. } => None,
        };
        let address = recipient.to.to_string();
        let size = Size::of(text.as_deref());
        let group = self.tally.group(&address);
        let person = ContactName::of(recipient.to.person().as_str())
            .as_str()
            .to_owned();
        let variables = serde_json::to_string(&recipient.variables).unwrap_or_default();
        self.sizes.push((size, text));
        Ok((line, group, person, address, variables, size.segments))
    }

    async fn hand_over<W: World>(&mut self, world: &W, id: &str) -> Result<(), Problem> {
        let rest = self.rows.split_off(self.rows.len().min(BATCH));
        let rows = std::mem::replace(&mut self.rows, rest);
        let rest = self.sizes.split_off(rows.len().min(self.sizes.len()));
        let sizes = std::mem::replace(&mut self.sizes, rest);
        let command = AddRecipients {
            number: self.number,
            rows,
        };
        let mut duplicates = world.ask(id, &command).await?.ok_or_else(superseded)?;
        duplicates.sort_unstable();
        for ((line, group, person, address, ..), (size, text)) in command.rows.iter().zip(&sizes) {
            if duplicates.binary_search(line).is_ok() {
                self.report.accepted = self.report.accepted.saturating_sub(1);
                self.report.duplicate(*line);
            } else {
                self.tally.add(*line, *group, *size, text.as_deref());
                let person = ContactName::of_hash(person);
                let shard = consent_shard(&person);
                let person = (person, SenderKind::of(address).channel());
                match self.unasked.iter_mut().find(|(known, _)| *known == shard) {
                    Some((_, people)) => people.push(person),
                    None => self.unasked.push((shard, vec![person])),
                }
            }
        }
        self.count_opted_out(world, ASKED).await
    }

    /// Looks up those who wait to be, where they are at least so many.
    async fn count_opted_out<W: World>(&mut self, world: &W, least: usize) -> Result<(), Problem> {
        let is_service = self.definition.is_service();
        let sender = self.definition.sender.clone();
        let (sender, service) = if is_service {
            (None, Some(sender))
        } else {
            (Some(sender), None)
        };
        for (shard, people) in &mut self.unasked {
            if people.is_empty() || people.len() < least {
                continue;
            }
            let command = CountOptedOut {
                people: std::mem::take(people),
                sender: sender.clone(),
                service: service.clone(),
            };
            self.report.opted_out += world.ask(shard, &command).await?;
        }
        Ok(())
    }
}

fn broke_off(_: BodyFault) -> Problem {
    Problem::invalid_field(
        "",
        "the list broke off; the campaign's recipients are unchanged",
    )
}

fn unreadable(error: &FileError) -> Problem {
    Problem::invalid_field("", error.to_string())
}

fn superseded() -> Problem {
    Problem::new(
        409,
        "superseded",
        "Another list was begun",
        "Another upload to this campaign began after this one, or the campaign was started.",
    )
}
