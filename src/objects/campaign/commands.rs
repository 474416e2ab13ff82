//! What a campaign can be asked, and what it answers.

use serde::{Deserialize, Serialize};

use crate::campaign::content::Content;
use crate::campaign::forecast::Tally;
use crate::campaign::pace::Rate;
use crate::campaign::recipients::Report;
use crate::campaign::state::{Order, Reached, Status};
use crate::messaging::quiet::Hours;
use crate::objects::contact::Options;
use crate::objects::id::Id;
use crate::objects::{Command, Object};
use crate::ports::Millis;
use crate::twilio::errors::Class;

/// What a campaign is for, which decides whether the recipients' nights are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Advertising.
    Marketing,
    /// What the person expects: a receipt, an alert, a reminder.
    Transactional,
}

/// What a campaign is. Never changed once it is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// For people.
    pub name: String,
    /// The address it is sent from, or a Messaging Service (`MG…`).
    pub sender: String,
    /// What it says.
    pub content: Content,
    /// What it is for.
    pub kind: Purpose,
    /// Segments per second, when slower than the sender's.
    #[serde(default)]
    pub rate: Option<Rate>,
    /// Hours of the recipients' day to keep.
    #[serde(default)]
    pub quiet_hours: Option<Hours>,
    /// When to stop whatever is left.
    #[serde(default)]
    pub deadline: Option<Millis>,
    /// The API key's name.
    pub by: String,
}

impl Definition {
    /// Whether the sender is a Messaging Service.
    pub fn is_service(&self) -> bool {
        self.sender.starts_with("MG") && self.sender.len() == 34
    }
}

/// Makes a campaign. Made twice, it is the first one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CreateCampaign {
    /// `cmp_…`, which is also the object's name.
    pub id: String,
    /// What it is.
    pub definition: Definition,
    /// Where Twilio reports what became of each message.
    pub status_callback: String,
}

impl Command for CreateCampaign {
    const OBJECT: Object = Object::Campaign;
    const VERB: &'static str = "create";
    type Reply = Option<View>;
}

/// A list of recipients begins to come in. It takes the place of an earlier one when it is
/// whole, and not before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeginUpload {}

impl Command for BeginUpload {
    const OBJECT: Object = Object::Campaign;
    const VERB: &'static str = "begin-upload";
    type Reply = Option<Upload>;
}

/// What a list is checked against while it is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Upload {
    /// Send it.
    Open {
        /// Its number.
        number: u32,
        /// What each line must make possible.
        definition: Box<Definition>,
    },
    /// The campaign has begun: its list stands.
    Closed(Status),
}

/// One recipient: line, group, contact, address, variables as JSON, segments.
pub type Row = (u64, usize, String, String, String, u32);

/// Some more recipients. The same again changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddRecipients {
    /// The list's number.
    pub number: u32,
    /// At most a thousand.
    pub rows: Vec<Row>,
}

impl Command for AddRecipients {
    const OBJECT: Object = Object::Campaign;
    const VERB: &'static str = "add-recipients";
    /// Lines of people who were on an earlier one; none when the list is no longer wanted.
    type Reply = Option<Vec<u64>>;
}

/// The list is whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndUpload {
    /// Its number.
    pub number: u32,
    /// What became of its lines.
    pub report: Report,
    /// What it holds.
    pub tally: Tally,
}

impl Command for EndUpload {
    const OBJECT: Object = Object::Campaign;
    const VERB: &'static str = "end-upload";
    /// Whether it is now the campaign's list.
    type Reply = bool;
}

/// Start, pause, resume, cancel, retry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GiveOrder {
    /// Which.
    pub order: Order,
    /// For a retry: the classes of failures to try again.
    #[serde(default)]
    pub classes: Vec<Class>,
}

impl Command for GiveOrder {
    const OBJECT: Object = Object::Campaign;
    const VERB: &'static str = "order";
    type Reply = Option<Ordered>;
}

/// What came of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Ordered {
    /// It is carried out.
    Done(Box<View>),
    /// It makes no sense in this status.
    Refused(Status),
    /// There is nobody to write to.
    NoRecipients,
}

/// Asks how it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchCampaign {}

impl Command for FetchCampaign {
    const OBJECT: Object = Object::Campaign;
    const VERB: &'static str = "fetch";
    type Reply = Option<View>;
}

/// A campaign as it is seen from outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// `cmp_…`.
    pub id: String,
    /// What it is.
    pub definition: Definition,
    /// Where it stands.
    pub status: Status,
    /// Why it was paused or ended, when it was not a caller's wish.
    pub reason: Option<String>,
    /// What became of the list.
    pub report: Report,
    /// What the list holds.
    pub tally: Tally,
    /// How many recipients stand where: state, class of failure, number.
    pub reached: Vec<(Reached, Option<Class>, u64)>,
    /// When it was made.
    pub created_at: Millis,
    /// When it began.
    pub started_at: Option<Millis>,
    /// When it ended.
    pub ended_at: Option<Millis>,
}

/// The sender asks for messages to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The sender's life: what an earlier life of it had claimed is given out again.
    pub holder: String,
    /// At most so many.
    pub most: u32,
}

impl Command for Claim {
    const OBJECT: Object = Object::Campaign;
    const VERB: &'static str = "claim";
    type Reply = Claimed;
}

/// What there is to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Claimed {
    /// These.
    Batch(Batch),
    /// Nothing before this moment.
    Later(Millis),
    /// Nothing more.
    Drained,
    /// The campaign is not running.
    Stopped,
}

/// Messages that are claimed together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// The claim.
    pub claim: i64,
    /// What to send.
    pub messages: Vec<Outgoing>,
}

/// One message to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// The recipient's line.
    pub line: u64,
    /// Which attempt it is, from 0.
    pub attempt: u32,
    /// The message's id, which follows from campaign, line and attempt.
    pub id: Id,
    /// `To`.
    pub to: String,
    /// `From`, unless a Messaging Service chooses.
    pub from: Option<String>,
    /// `MessagingServiceSid`.
    pub messaging_service_sid: Option<String>,
    /// `Body`.
    pub body: String,
    /// Segments.
    pub segments: u32,
    /// Where Twilio reports.
    pub status_callback: String,
    /// Template, kind and hours.
    pub options: Options,
}

/// What came of messages that were claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settle {
    /// The claim.
    pub claim: i64,
    /// What came of each.
    pub outcomes: Vec<Outcome>,
    /// What is left of the claim will not be sent now.
    pub release: bool,
}

impl Command for Settle {
    const OBJECT: Object = Object::Campaign;
    const VERB: &'static str = "settle";
    type Reply = ();
}

/// What came of one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The recipient's line.
    pub line: u64,
    /// The attempt it is about.
    pub attempt: u32,
    /// Where the recipient stands now.
    pub reached: Reached,
    /// Twilio's code for a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
    /// The failure's class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// `SM…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// For a recipient who is still waiting: ask for the same message again then. For one who
    /// is pending: look into the journal then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Millis>,
}

/// A status callback about a message of the campaign, or what a look into its journal found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRecipient {
    /// What it says.
    pub outcome: Outcome,
}

impl Command for ReportRecipient {
    const OBJECT: Object = Object::Campaign;
    const VERB: &'static str = "report";
    type Reply = ();
}

/// A contact is about to write once more to a recipient whose first message failed or had to
/// wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MayGoOn {}

impl Command for MayGoOn {
    const OBJECT: Object = Object::Campaign;
    const VERB: &'static str = "may-go-on";
    type Reply = Going;
}

/// Whether a campaign's further attempts are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Going {
    /// They are.
    On,
    /// Not now.
    Paused,
    /// Never again.
    Over,
}

/// A page of results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListResults {
    /// Lines after this one.
    pub after: u64,
    /// At most so many.
    pub most: u32,
}

impl Command for ListResults {
    const OBJECT: Object = Object::Campaign;
    const VERB: &'static str = "results";
    type Reply = Option<Vec<ResultRow>>;
}

/// What became of one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultRow {
    /// The line.
    pub line: u64,
    /// The address.
    pub to: String,
    /// Where the recipient stands.
    pub status: Reached,
    /// The failure's class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// Twilio's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
    /// `SM…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Our id of the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Id>,
}
