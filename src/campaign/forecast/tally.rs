//! What a list holds, counted while it is read.

use serde::{Deserialize, Serialize};

use crate::messaging::segments::{self, Encoding};
use crate::messaging::zones::{self, Place};

/// Different characters that are listed.
const MAX_FORCING: usize = 64;

/// Messages and their segments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Messages.
    pub messages: u64,
    /// Segments.
    pub segments: u64,
}

/// A character that forces UCS-2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forcing {
    /// The character.
    pub character: char,
    /// Messages that have it.
    pub messages: u64,
    /// The first line whose message has it.
    pub first_line: u64,
}

/// People whose clocks and country are the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// ISO 3166 alpha-2; `None` where the address does not tell.
    pub country: Option<String>,
    /// The address of one of them, which stands for all when it comes to the time of day.
    pub sample: String,
    /// Messages.
    pub messages: u64,
    /// Segments.
    pub segments: u64,
    /// Known while the list is read.
    #[serde(skip)]
    place: Option<Place>,
}

/// What a list holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// In GSM-7.
    pub gsm7: Count,
    /// In UCS-2.
    pub ucs2: Count,
    /// Segments of the longest message.
    pub longest: u32,
    /// What forces UCS-2; the first [`MAX_FORCING`] characters.
    pub forcing: Vec<Forcing>,
    /// By country and clocks. A group's place in the list is its number.
    pub groups: Vec<Group>,
}

/// The size of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    encoding: Encoding,
    /// Its segments.
    pub segments: u32,
}

impl Size {
    /// Of a text; `None` for a template, whose text is Twilio's: it is one segment.
    pub fn of(text: Option<&str>) -> Size {
        let counted = text.map(segments::count);
        Size {
            encoding: counted
                .as_ref()
                .map_or(Encoding::Gsm7, |size| size.encoding),
            segments: counted.map_or(1, |size| size.count.max(1)),
        }
    }
}

impl Tally {
    /// Messages in all.
    pub fn messages(&self) -> u64 {
        self.gsm7.messages + self.ucs2.messages
    }

    /// Counts a message to an address of a group. Only for people whom the campaign will write
    /// to: a line that turns out to be a duplicate is not counted.
    pub fn add(&mut self, line: u64, group: usize, size: Size, text: Option<&str>) {
        let segments = u64::from(size.segments);
        let count = match size.encoding {
            Encoding::Gsm7 => &mut self.gsm7,
            Encoding::Ucs2 => &mut self.ucs2,
        };
        count.messages += 1;
        count.segments += segments;
        self.longest = self.longest.max(size.segments);
        if size.encoding == Encoding::Ucs2 {
            self.note_forcing(line, text.unwrap_or_default());
        }
        if let Some(group) = self.groups.get_mut(group) {
            group.messages += 1;
            group.segments += segments;
        }
    }

    fn note_forcing(&mut self, line: u64, text: &str) {
        for forcing in segments::forcing(text) {
            let character = forcing.character;
            let room = self.forcing.len() < MAX_FORCING;
            match self
                .forcing
                .iter_mut()
                .find(|known| known.character == character)
            {
                Some(known) => known.messages += 1,
                None if room => {
                    self.forcing.push(Forcing {
                        character,
                        messages: 1,
                        first_line: line,
                    });
                }
                None => {}
            }
        }
    }

    /// The number of an address's group; there are a few hundred in the world.
    pub fn group(&mut self, address: &str) -> usize {
        let place = zones::place_of(address);
        match self.groups.iter().position(|group| group.place == place) {
            Some(at) => at,
            None => {
                self.groups.push(Group {
                    country: place.map(|place| place.country.to_owned()),
                    sample: address.to_owned(),
                    messages: 0,
                    segments: 0,
                    place,
                });
                self.groups.len() - 1
            }
        }
    }
}
