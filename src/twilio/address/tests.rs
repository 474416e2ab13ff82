use super::*;

const LONGEST_NUMBER: &str = "+123456789012345";

#[test]
fn every_form_of_twilio_is_read_and_written_back_as_it_came() {
    let bsuid = format!("whatsapp:US.{}", "a1".repeat(64));
    for (text, channel) in [
        ("+14155552671", Channel::Phone),
        (LONGEST_NUMBER, Channel::Phone),
        ("72345", Channel::Phone),
        ("ACME & Co", Channel::Phone),
        ("whatsapp:+14155552671", Channel::WhatsApp),
        (&bsuid, Channel::WhatsApp),
        ("whatsapp:DE.ENT.abc123", Channel::WhatsApp),
        ("rcs:+14155552671", Channel::Rcs),
        ("rcs:acme_agent", Channel::Rcs),
        ("messenger:1234567890", Channel::Messenger),
        ("client:alice", Channel::Client),
        ("sip:alice@example.com;transport=tls", Channel::Sip),
        ("sips:alice@example.com:5061", Channel::Sip),
        ("Ann@Example.com", Channel::Email),
    ] {
        let address = Address::parse(text).unwrap();
        assert_eq!(address.to_string(), text);
        assert_eq!(address.channel(), channel, "{text}");
        let json = serde_json::to_string(&address).unwrap();
        assert_eq!(serde_json::from_str::<Address>(&json).unwrap(), address);
        assert_eq!(
            serde_json::to_value(channel).unwrap(),
            channel.as_str(),
            "{text}"
        );
    }
}

#[test]
fn the_kinds_are_told_apart() {
    let parse = |text| Address::parse(text).unwrap();
    assert!(matches!(parse("123"), Address::ShortCode(_)));
    assert!(matches!(parse("12345678"), Address::ShortCode(_)));
    assert!(matches!(parse("A12345678"), Address::Alphanumeric(_)));
    assert!(matches!(parse("+12345678"), Address::Phone(_)));
    assert!(matches!(parse("whatsapp:US.1"), Address::WhatsAppUser(_)));
}

#[test]
fn what_is_wrong_is_said_in_words() {
    let phone = AddressError::Phone;
    for (text, error) in [
        ("", AddressError::Empty),
        ("4155552671", phone(PhoneError::NoPlus)),
        ("12", phone(PhoneError::NoPlus)),
        ("(415) 555-2671", phone(PhoneError::NoPlus)),
        ("+1 415 555 2671", phone(PhoneError::NotDigits)),
        ("+1415555267\u{661}", phone(PhoneError::NotDigits)),
        ("+0415555267", phone(PhoneError::LeadingZero)),
        ("+1", phone(PhoneError::Length { found: 1 })),
        ("+", phone(PhoneError::Length { found: 0 })),
        ("+1234567890123456", phone(PhoneError::Length { found: 16 })),
        ("whatsapp:14155552671", phone(PhoneError::NoPlus)),
        ("whatsapp:+1-415", phone(PhoneError::NotDigits)),
        ("whatsapp:whatsapp:+14155552671", AddressError::WhatsAppUser),
        ("whatsapp:", AddressError::WhatsAppUser),
        ("whatsapp:US.", AddressError::WhatsAppUser),
        ("whatsapp:us.1", AddressError::WhatsAppUser),
        ("whatsapp:USA.1", AddressError::WhatsAppUser),
        ("whatsapp:US.1.2", AddressError::WhatsAppUser),
        ("rcs:+x", phone(PhoneError::NotDigits)),
        ("rcs:", AddressError::Identifier),
        ("client:a b", AddressError::Identifier),
        ("client:a\nb", AddressError::Identifier),
        ("sip:alice", AddressError::Sip),
        ("sip:@host", AddressError::Sip),
        ("tel:+14155552671", AddressError::UnknownChannel),
        ("WhatsApp:+14155552671", AddressError::UnknownChannel),
        ("a@b", AddressError::Email),
        ("@example.com", AddressError::Email),
        ("a b@example.com", AddressError::Email),
        ("TWELVE CHARS", AddressError::Alphanumeric),
        ("ACMÉ", AddressError::Alphanumeric),
        ("A.B", AddressError::Alphanumeric),
    ] {
        assert_eq!(Address::parse(text), Err(error), "{text}");
    }
    let too_long = format!("client:{}", "a".repeat(250));
    assert_eq!(Address::parse(&too_long), Err(AddressError::TooLong));
    let bsuid_too_long = format!("whatsapp:US.{}", "a".repeat(129));
    assert_eq!(
        Address::parse(&bsuid_too_long),
        Err(AddressError::WhatsAppUser)
    );
}

#[test]
fn one_person_has_one_key_over_all_channels() {
    let key = |text| Address::parse(text).unwrap().person().to_string();
    // Pinned: this names Durable Objects.
    assert_eq!(key("+14155552671"), "+14155552671");
    assert_eq!(key("whatsapp:+14155552671"), "+14155552671");
    assert_eq!(key("rcs:+14155552671"), "+14155552671");
    assert_eq!(key("whatsapp:US.13a"), "whatsapp:US.13a");
    assert_eq!(key("rcs:acme_agent"), "rcs:acme_agent");
    assert_eq!(key("Ann@Example.com"), "ann@example.com");
    assert_eq!(key("client:Ann"), "client:Ann");
    assert_eq!(key("sip:ann@example.com"), "sip:ann@example.com");
}

#[test]
fn a_mask_shows_the_country_and_the_end_and_hides_the_rest() {
    let masked = |text| Address::parse(text).unwrap().masked();
    assert_eq!(masked("+14155552671"), "+1•••2671");
    assert_eq!(masked("+4915112345678"), "+49•••5678");
    assert_eq!(masked("+3541234567"), "+354•••67");
    assert_eq!(masked("+2901234"), "+290•••");
    assert_eq!(masked("+99"), "+99•••");
    assert_eq!(masked("whatsapp:+14155552671"), "whatsapp:+1•••2671");
    assert_eq!(masked("rcs:+14155552671"), "rcs:+1•••2671");
    assert_eq!(masked("whatsapp:US.13491208"), "whatsapp:US.•••");
    assert_eq!(masked("client:alice"), "client:•••");
    assert_eq!(masked("sip:alice@example.com"), "sip:•••");
    assert_eq!(masked("ann@example.com"), "•••@example.com");
    assert_eq!(masked("72345"), "72345");
    assert_eq!(masked("ACME"), "ACME");
}

#[test]
fn debug_output_is_masked() {
    let address = Address::parse("whatsapp:+14155552671").unwrap();
    assert_eq!(format!("{address:?}"), "whatsapp:+1•••2671");
    assert_eq!(format!("{:?}", address.phone()), "Some(+1•••2671)");
    assert_eq!(format!("{:?}", address.person()), "PersonKey(•••)");
    let client = Address::parse("client:alice").unwrap();
    assert_eq!(format!("{client:?}"), "client:•••");
}

#[test]
fn the_country_code_is_cut_where_the_itu_cuts_it() {
    let country = |text| E164::parse(text).unwrap().country_code().to_owned();
    assert_eq!(country("+14155552671"), "1");
    assert_eq!(country("+79161234567"), "7");
    assert_eq!(country("+447911123456"), "44");
    assert_eq!(country("+35312345678"), "353");
    assert_eq!(country("+8801712345678"), "880");
}

#[test]
fn a_number_is_small_and_serialised_as_text() {
    let number = E164::parse(LONGEST_NUMBER).unwrap();
    assert_eq!(size_of::<E164>(), 17);
    assert_eq!(number.digits(), "123456789012345");
    assert_eq!(
        serde_json::to_string(&number).unwrap(),
        format!("\"{LONGEST_NUMBER}\"")
    );
    assert!(serde_json::from_str::<E164>("\"4155552671\"").is_err());
}

#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whatever_parses_is_written_back_unchanged(text in "(whatsapp:|rcs:|sip:)?[+@.]?[A-Z0-9a-z@.&é ]{0,20}") {
            if let Ok(address) = Address::parse(&text) {
                prop_assert_eq!(address.to_string(), text);
            }
        }

        #[test]
        fn a_mask_never_shows_more_than_four_national_digits(text in "\\+[1-9][0-9]{1,14}") {
            let number = E164::parse(&text).unwrap();
            let masked = number.masked();
            let shown = masked.chars().filter(char::is_ascii_digit).count();
            prop_assert!(shown <= number.country_code().len() + 4);
            prop_assert!(shown + 3 <= number.digits().len() || shown == number.country_code().len());
        }
    }
}
