//! What can be wrong between Twilio and the gateway, in words, and what to change.

use crate::twilio::sid::AccountSid;

/// What a token is to its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenRole {
    /// The primary token.
    Current,
    /// The one that will be promoted.
    Next,
    /// One that was in force before.
    Previous,
}

/// A difference between the request that came and the one that was signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// White space, quotes, percent-encoding or a second value around the signature.
    #[error("the X-Twilio-Signature header was changed on the way")]
    HeaderAltered,
    /// A token that is no longer in force.
    #[error("it was signed with the previous Auth Token of {account}")]
    PreviousToken {
        /// Whose token.
        account: AccountSid,
    },
    /// A token of another account than the request names.
    #[error("it was signed with the Auth Token of {account}, which is not the AccountSid it names")]
    OtherAccount {
        /// Whose token.
        account: AccountSid,
    },
    /// http for https or the reverse.
    #[error("Twilio requested it with the other scheme (http or https)")]
    Scheme,
    /// User and password in the URL.
    #[error("the user or password in the URL differs")]
    UserInfo,
    /// The same host in other letters.
    #[error("the host is written in other upper- and lower-case letters in Twilio")]
    HostCase,
    /// Another host.
    #[error("Twilio requested another host")]
    Host,
    /// Another port, beyond the standard ones.
    #[error("Twilio requested another port")]
    Port,
    /// A slash at the end, there or not.
    #[error("the path differs in its last slash")]
    TrailingSlash,
    /// Double slashes made single, or the reverse.
    #[error("the path differs in a double slash")]
    DoubleSlash,
    /// The beginning of the path was added or taken away.
    #[error("the beginning of the path was added or taken away on the way")]
    PathPrefix,
    /// Some other path.
    #[error("Twilio requested another path")]
    Path,
    /// The query, or part of it, was lost.
    #[error("the query, or part of it, was lost on the way")]
    QueryDropped,
    /// The query has something Twilio did not send.
    #[error("something was added to the query on the way")]
    QueryAdded,
    /// The same query in another encoding.
    #[error("the query was decoded and encoded again on the way")]
    QueryReencoded,
    /// The same query in another order.
    #[error("the parameters of the query were put into another order on the way")]
    QueryReordered,
    /// `bodySHA256` was lost.
    #[error("bodySHA256 was removed from the query on the way")]
    BodyHashDropped,
    /// The URL is right and the body is not what Twilio sent.
    #[error("the body was altered on the way")]
    BodyAltered,
    /// A body that Twilio did not sign.
    #[error("Twilio signed the URL without a body: it sent a GET, or a POST without parameters")]
    BodyNotSigned,
    /// A form that came with another Content-Type.
    #[error("it is a form, but its Content-Type says otherwise")]
    FormWithOtherType,
    /// The form's parameters came in the query.
    #[error("the form's parameters were moved into the query: a POST became a GET on the way")]
    ParametersInQuery,
    /// White space at the ends of a value.
    #[error("white space at the ends of the {parameter} parameter was removed or added")]
    Trimmed {
        /// The parameter, or `every` one.
        parameter: &'static str,
    },
    /// Parameters without a value.
    #[error("parameters with an empty value were removed or added")]
    EmptyParameters,
    /// Of a repeated parameter only one value.
    #[error("only one value of a repeated parameter was signed")]
    RepeatsCollapsed,
    /// Repeats signed as often as they came.
    #[error("the signer did not reduce repeated pairs to one: it is not Twilio")]
    RepeatsKept,
    /// Parameters in another order than Twilio's.
    #[error("the signer orders parameters in another way than Twilio: it is not Twilio")]
    SignerOrder,
    /// A parameter Twilio did not send.
    #[error("the parameter {parameter} was added on the way")]
    ParameterAdded {
        /// Its name.
        parameter: String,
    },
    /// Line ends.
    #[error("line ends in values were changed (CR LF and LF)")]
    LineEnds,
    /// A plus sign became a space.
    #[error("plus signs in values became spaces: the body was decoded twice")]
    PlusBecameSpace,
    /// Values encoded or decoded once too often.
    #[error("values were encoded or decoded once too often")]
    DoubleEncoding,
    /// UTF-8 read as Latin-1.
    #[error("UTF-8 was taken for Latin-1 on the way")]
    Charset,
}

impl Cause {
    /// A stable name for programs: `trailing_slash`.
    pub fn code(&self) -> &'static str {
        match self {
            Cause::HeaderAltered => "header_altered",
            Cause::PreviousToken { .. } => "previous_token",
            Cause::OtherAccount { .. } => "other_account",
            Cause::Scheme => "scheme",
            Cause::UserInfo => "user_info",
            Cause::HostCase => "host_case",
            Cause::Host => "host",
            Cause::Port => "port",
            Cause::TrailingSlash => "trailing_slash",
            Cause::DoubleSlash => "double_slash",
            Cause::PathPrefix => "path_prefix",
            Cause::Path => "path",
            Cause::QueryDropped => "query_dropped",
            Cause::QueryAdded => "query_added",
            Cause::QueryReencoded => "query_reencoded",
            Cause::QueryReordered => "query_reordered",
            Cause::BodyHashDropped => "body_hash_dropped",
            Cause::BodyAltered => "body_altered",
            Cause::BodyNotSigned => "body_not_signed",
            Cause::FormWithOtherType => "form_with_other_type",
            Cause::ParametersInQuery => "parameters_in_query",
            Cause::Trimmed { .. } => "trimmed",
            Cause::EmptyParameters => "empty_parameters",
            Cause::RepeatsCollapsed => "repeats_collapsed",
            Cause::RepeatsKept => "repeats_kept",
            Cause::SignerOrder => "signer_order",
            Cause::ParameterAdded { .. } => "parameter_added",
            Cause::LineEnds => "line_ends",
            Cause::PlusBecameSpace => "plus_became_space",
            Cause::DoubleEncoding => "double_encoding",
            Cause::Charset => "charset",
        }
    }

    /// The setting of the gateway that mends it, where it is one of ours.
    pub fn setting(&self) -> Option<&'static str> {
        match self {
            Cause::PreviousToken { .. } => Some("TWILIO_AUTH_TOKEN_NEXT"),
            Cause::OtherAccount { .. } => Some("TWILIO_SUBACCOUNT_TOKENS"),
            Cause::Scheme
            | Cause::UserInfo
            | Cause::HostCase
            | Cause::Host
            | Cause::Port
            | Cause::PathPrefix => Some("PUBLIC_BASE_URL"),
            _ => None,
        }
    }

    /// What to change, naming the setting where there is one.
    pub fn fix(&self) -> &'static str {
        match self {
            Cause::HeaderAltered => "Let the proxy pass X-Twilio-Signature on unchanged.",
            Cause::PreviousToken { .. } => {
                "Twilio still signs with the old token: promote the new one in Twilio, and keep the \
                 old in TWILIO_AUTH_TOKEN and the new in TWILIO_AUTH_TOKEN_NEXT until then."
            }
            Cause::OtherAccount { .. } => {
                "Check which account TWILIO_AUTH_TOKEN and each entry of TWILIO_SUBACCOUNT_TOKENS \
                 belong to."
            }
            Cause::Scheme | Cause::UserInfo | Cause::HostCase | Cause::Host | Cause::Port => {
                "Set PUBLIC_BASE_URL to scheme, host and port exactly as the webhook URL is written \
                 in Twilio."
            }
            Cause::PathPrefix => {
                "Set PUBLIC_BASE_URL with the part of the path that the proxy takes away."
            }
            Cause::TrailingSlash | Cause::DoubleSlash | Cause::Path => {
                "Write the webhook URL in Twilio as the gateway's route is written, and let no \
                 proxy rewrite paths."
            }
            Cause::QueryDropped
            | Cause::QueryAdded
            | Cause::QueryReencoded
            | Cause::QueryReordered
            | Cause::BodyHashDropped => {
                "Let the proxy pass the query on byte for byte, bodySHA256 included."
            }
            Cause::BodyAltered
            | Cause::Trimmed { .. }
            | Cause::EmptyParameters
            | Cause::RepeatsCollapsed
            | Cause::ParameterAdded { .. }
            | Cause::LineEnds
            | Cause::PlusBecameSpace
            | Cause::DoubleEncoding
            | Cause::Charset => {
                "Let the proxy or the capturing tool pass the body on byte for byte."
            }
            Cause::BodyNotSigned | Cause::ParametersInQuery => {
                "Make the method in Twilio the one that arrives, and redirect no webhook: a \
                 redirect loses the body."
            }
            Cause::FormWithOtherType => "Let the proxy pass Content-Type on unchanged.",
            Cause::RepeatsKept | Cause::SignerOrder => {
                "Correct the simulator or relay that signs these requests."
            }
        }
    }
}

/// What is wrong with the token that matched, if anything.
pub(super) fn of_token(
    role: TokenRole,
    account: AccountSid,
    named: Option<AccountSid>,
) -> Option<Cause> {
    match (role, named) {
        (_, Some(named)) if named != account => Some(Cause::OtherAccount { account }),
        (TokenRole::Previous, _) => Some(Cause::PreviousToken { account }),
        (TokenRole::Current | TokenRole::Next, _) => None,
    }
}
