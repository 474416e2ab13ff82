//! The rules by which free text is read as a revocation. Data only; how a pattern is written
//! is told in `words.rs`.
//!
//! 90 and more: said outright. 80 to 89: said, in words that have other uses. 50 to 79: a
//! reasonable person might mean it, so a person should look.

/// What a match is worth at most when the rest of its clause narrows it ("… after 9 pm").
pub(super) const QUALIFIED: u8 = 60;

/// Classes of words, by name.
#[rustfmt::skip] // One class, one line.
pub(super) const CLASSES: &[(&str, &str)] = &[
    ("CEASE", "stop|quit|cease|desist|halt|discontinue|end|stopping"),
    ("DOING", "texting|txting|messaging|msging|contacting|spamming|calling|phoning|bothering|harassing|emailing|writing|pestering|annoying|pinging|bugging|blasting|bombarding|disturbing|hitting|blowing"),
    ("THINGS", "text|texts|txt|txts|message|messages|msg|msgs|mssg|mssgs|sms|smses|mms|alert|alerts|notification|notifications|reminder|reminders|promo|promos|promotion|promotions|ad|ads|advert|adverts|advertising|advertisement|advertisements|offers|deals|coupons|marketing|spam|updates|newsletter|newsletters|communication|communications|correspondence|contact|solicitation|solicitations|crap|junk"),
    ("WRITE", "text|txt|message|msg|contact|write|spam|bother|email|sms|harass|disturb|ping|bug"),
    ("TAKE", "remove|delete|take|drop|erase|scrub|get|pull|strike|cut|removing|deleting|taking|taken|removed|deleted|erased"),
    ("LIST", "list|lists|database|databases|system|systems|records|contacts|roster|rolls"),
    ("NUMBER", "number|numbers|phone|cell|mobile|contact|info|information|details|digits|name|num"),
    ("SMALL", "the|this|that|these|those|all|any|your|my|our|of|with|more|future|further|such|me|us|getting|receiving|sending|a|an|please|pls|plz|anymore|automated|automatic|annoying|stupid|damn|dumb|marketing|promotional|promo|spam|unwanted|unsolicited|text|sms|phone|you|constant|endless|damned|fucking|freaking|bloody|silly|ridiculous|daily|from|it|w"),
    ("FILLER", "please|pls|plz|plse|kindly|now|just|ok|okay|k|hey|hi|hello|sir|maam|thanks|thank|you|thx|ty|it|this|that|immediately|asap|already|again|and|so|right|away|guys|yall|everyone|all|forever|ever|anymore|me|us|bro|dude|man|dear|team|too|good|everything|completely|permanently|entirely|at|once|i|said|would|like|want|to|stop|messages|texts|yes|from|your|the|them|these|gracias|favor|por|merci|bitte|danke|sil|vous|plait"),
    ("QUALIFIER", "before|after|until|till|during|while|today|tonight|tomorrow|instead|weekends|weekend|mornings|nights|sundays|sunday|when|whenever|unless|except|between|late|early|booking|order|account|invoice|reservation|address|cart|appointment|receipt|package|lunch|dinner|class|but"),
    ("HERE", "this|my|once|all|any|number|least"),
    ("AFTER", "me|us|again|anymore|ever|this|here"),
];

/// Two words that are one.
#[rustfmt::skip] // One rule, one line.
pub(super) const JOINED: &[(&str, &str, &str)] = &[
    ("do", "not", "dont"),
    ("don", "t", "dont"),
    ("can", "not", "cant"),
    ("will", "not", "wont"),
    ("did", "not", "didnt"),
    ("does", "not", "doesnt"),
    ("opt", "out", "optout"),
    ("opting", "out", "optout"),
    ("opted", "out", "optedout"),
    ("any", "more", "anymore"),
    ("no", "longer", "dont"),
    ("un", "subscribe", "unsubscribe"),
    ("je", "me", "jeme"),
];

/// Uses of the same words that mean something else; tried first.
#[rustfmt::skip] // One rule, one line.
pub(super) const LOOK_ALIKES: &[(&str, &str)] = &[
    ("wish to go on", "!you|u|why|if dont|never|cant|wont|didnt|doesnt|non CEASE"),
    ("place", "bus|next|last|which|train|pit|that|first|one|tram|subway|metro|a|the|nearest|closest|rest|full|non CEASE"),
    ("end of something", "the|at|by|in|until|till|to|month|year|front|back|week end"),
    ("question", "did|do|does|will =0 they|we|it|he|she CEASE"),
    ("question", "did|do|does you|u CEASE"),
    ("report", "told|asked|tell|ask him|her|them|my ~2 CEASE"),
    ("report", "!if|do|can|could|should|would|may|must|if i|we|he|she|they stop|quit|end|cease"),
    ("wish to stay", "dont|didnt|never|not|why|accidentally|mistakenly ~1 unsubscribe|unsubscribed|unsub|optout|optedout"),
    ("wish to stay", "unsubscribed|unsubscribe|optedout|optout ~3 mistake|accident|accidentally|mistakenly"),
    ("thing", "unsubscribe|optout link|links|button|page|form|option|feature|rate"),
    ("other list", "waiting|wait|guest|shopping|passenger|backup|grocery|wish|wait|standby|todo|invite list"),
    ("wish to stay", "dont ~1 remove|delete|take|drop|erase|cancel"),
    ("wish to get", "dont|never|didnt =3 miss|forget|get|got|received|see|find|understand ~4 THINGS"),
];

/// The rules: name, confidence in percent, pattern.
#[rustfmt::skip] // One rule, one line.
pub(super) const RULES: &[(&str, u8, &str)] = &[
    // Stop doing it.
    ("cessation", 95, "CEASE ~1 DOING"),
    ("cessation", 95, "CEASE sending =5 THINGS"),
    ("cessation", 92, "CEASE sending|writing =2 $"),
    ("cessation", 90, "CEASE sending =1 stuff|things|garbage|nonsense|these|those|this|anything"),
    ("cessation", 60, "CEASE sending|writing"),
    ("cessation", 92, "CEASE =4 THINGS"),
    ("cessation", 92, "CEASE and desist"),
    ("cessation", 92, "^ stop|cease|halt|desist|quit $"),
    ("cessation", 85, "^ stop please|pls|plz"),
    ("cessation", 90, "want|need|asked|asking|told|telling|said|say|saying|begging|demand|wish|like ~4 to|say|said stop $"),
    ("cessation", 90, "i|have|already said|say|texted|replied|sent|typed|wrote stop"),
    ("cessation", 90, "stop|quit getting|receiving =4 THINGS|these|those|this|them"),
    ("cessation", 90, "how ~5 stop =1 this|these|those|them|it $"),
    ("cessation", 88, "make =2 stop $"),
    ("cessation", 88, "make =2 THINGS stop"),
    ("cessation", 88, "can|could|would|will you|u|yall ~2 stop $"),
    ("cessation", 85, "turn|shut|switch off =3 THINGS"),
    ("cessation", 85, "disable|deactivate|kill|mute =3 THINGS"),
    ("cessation", 60, "pause|suspend|snooze =3 THINGS"),
    ("cessation", 92, "cancel =4 text|texts|txts|message|messages|sms|alert|alerts|notification|notifications|updates|newsletter|spam|promos|promotions|ads|marketing"),
    ("cessation", 55, "cancel =1 subscription|membership"),
    // Do not do it.
    ("refusal", 92, "!i|we|you|u|he|she|they|people|why dont|never =2 WRITE AFTER"),
    ("refusal", 92, "!i|we|you|u|he|she|they|people|why dont|never ever|dare ~1 WRITE"),
    ("refusal", 92, "!i|we|you|u|he|she|they|people|why dont|never WRITE $"),
    ("refusal", 92, "!i|we|you|u|he|she|they|why dont|never contact|call|text|message list|registry"),
    ("refusal", 92, "!i|we|you|u|he|she|they|why dont|never call =2 again|anymore|ever"),
    ("refusal", 60, "!i|we|you|u|he|she|they|why dont|never call me|us|this"),
    ("refusal", 92, "!i|we|you|u|he|she|they|why dont|never send =4 THINGS"),
    ("refusal", 92, "!i|we|you|u|he|she|they|why dont|never send =4 anything|again|stuff|these|this|those|anymore $"),
    ("refusal", 92, "need|want you to not|dont|never WRITE"),
    ("refusal", 92, "ask|asked|asking|told|want|prefer|rather ~1 not to WRITE|be"),
    ("refusal", 92, "!i|we|you|u|he|she|they|people|why dont|never =2 WRITE|call my NUMBER"),
    ("refusal", 92, "dont give =2 permission|consent|authorization"),
    ("refusal", 92, "dont|not have =1 permission|consent|right|authorization"),
    ("refusal", 92, "no =3 THINGS anymore"),
    ("refusal", 92, "no more =3 THINGS"),
    ("refusal", 92, "no more ~1 DOING"),
    ("refusal", 85, "^ no more $"),
    ("refusal", 85, "enough =3 THINGS|DOING"),
    ("refusal", 82, "^ enough $"),
    ("refusal", 92, "dont want|wish|need|care|consent|agree =4 to =1 receive|get|see|have =5 THINGS"),
    ("refusal", 92, "dont want|wish|need =5 THINGS"),
    ("refusal", 90, "dont want|wish =1 to ~1 texted|contacted|messaged|spammed|bothered|called|emailed|hear"),
    ("refusal", 90, "dont want|wish|need =2 receive|receiving|get|getting =4 THINGS|these|those|this|them"),
    ("refusal", 85, "dont want|need these|this|it anymore"),
    ("refusal", 85, "didnt|never want|wanted =3 THINGS|this"),
    ("refusal", 92, "leave|let me|us|my alone|be"),
    ("refusal", 92, "dnc|donotcall =1 list"),
    ("refusal", 92, "add|put ~3 dnc|dont"),
    // Take me out.
    ("removal", 95, "TAKE me|us|my|this|our ~4 off|from|of|outta|out ~4 LIST"),
    ("removal", 92, "TAKE|be|am off|from =3 LIST"),
    ("removal", 95, "me|us off|from =3 LIST"),
    ("removal", 93, "!dont remove|delete|erase|drop|lose|forget|scrub|discard|block =3 NUMBER"),
    ("removal", 90, "!dont remove|delete|erase|scrub my|this|our|his|her|their ~1 NUMBER"),
    ("removal", 85, "^ remove|delete $"),
    ("removal", 93, "remove|delete|erase|drop me|us $"),
    ("removal", 93, "remove|delete|removing|deleting me|us from"),
    ("removal", 90, "take|get|pull me|us|my|this ~2 off $"),
    ("removal", 90, "want|like|need|wish|ask ~2 removed|deleted|off =2 LIST|$"),
    ("removal", 90, "want|like|need|wish|ask|asked|please ~3 be removed|deleted"),
    ("removal", 60, "delete|erase my data|account|information"),
    // Say it in the trade's words.
    ("unsubscribe", 95, "unsubscribe|unsub|optout me|us|this|my|from|of|please|pls"),
    ("unsubscribe", 92, "unsubscribe|unsub|unsubscribing|unsubscibe|unsuscribe|optout"),
    ("unsubscribe", 90, "already|have|tried|times unsubscribed|optedout"),
    ("unsubscribe", 95, "opt me|us|my|this ~3 out"),
    ("unsubscribe", 97, "revoke|revoking|withdraw|withdrawing|rescind|retract ~4 consent|permission|authorization|authorisation|approval|optin"),
    ("unsubscribe", 90, "revoke|revoking|rescind =1 $"),
    // May mean it.
    ("complaint", 70, "never|didnt|dont ~1 sign|signed|subscribe|subscribed|consent|consented|agree|agreed|requested|authorize|authorized|permission ~1 up|to|for|this|these"),
    ("complaint", 70, "never|didnt ~1 opt|asked|ask in|for =2 this|these|THINGS"),
    ("complaint", 65, "not|no|dont interested|interest"),
    ("complaint", 65, "dont want|need these|this|those|them $"),
    ("complaint", 60, "wrong number|person|guy|phone|recipient"),
    ("complaint", 60, "this|my|the number|phone is|belongs|isnt|wasnt ~1 dont|not|to|longer"),
    ("complaint", 55, "who gave|gives you|u =1 NUMBER"),
    ("complaint", 55, "how ~2 get|got|have =1 NUMBER"),
    ("complaint", 65, "this|its|is =1 spam|harassment|harassing|scam"),
    ("complaint", 65, "report|reporting|reported ~3 spam|fcc|ftc|harassment|scam|you"),
    ("complaint", 65, "fcc|ftc|tcpa"),
    ("complaint", 65, "block|blocking|blocked ~1 you|this|u|number"),
    ("complaint", 70, "go away|fuck off|piss off"),
    ("complaint", 70, "^ go|fuck|piss|f|buzz|bugger away|off|you $"),
    ("complaint", 60, "too|so many|much =3 THINGS"),
    ("complaint", 60, "WRITE me|us ~2 too|way ~1 often|much|frequently"),
    ("complaint", 60, "sick|tired|fed|annoyed ~3 THINGS|DOING"),
    // Spanish.
    ("spanish", 92, "no ~4 mas mensajes|mensaje|textos|sms|publicidad"),
    ("spanish", 92, "no me envien|envie|manden|mande|escriban|escriba|contacten|contacte|molesten|llamen|mandes|envies|escribas ~2 mas|mensajes|nada|$"),
    ("spanish", 92, "dejen|deje|deja|paren|pare|para de enviar|enviarme|mandar|mandarme|escribir|escribirme|molestar|molestarme|contactarme"),
    ("spanish", 92, "darme|dar|darse|denme|deme|dame de baja"),
    ("spanish", 92, "quiten|quite|quita|borren|borre|borra|eliminen|elimine|elimina ~1 mi|este numero|telefono"),
    ("spanish", 85, "^ baja|basta|alto $"),
    ("spanish", 65, "no me interesa"),
    // French.
    ("french", 92, "arretez|arrete|arreter|cessez ~3 messages|message|sms|envoyer|menvoyer|textos|ecrire|mecrire|contacter|harceler"),
    ("french", 92, "^ arret|arrete|arretez $"),
    ("french", 92, "ne|me|menvoyez|mecrivez ~3 plus ~2 messages|message|sms|textos|contacter|ecrire"),
    ("french", 92, "ne mecrivez|menvoyez|contactez|mecris|menvoie plus"),
    ("french", 92, "plus de|aucun messages|sms|textos|pub|publicite"),
    ("french", 92, "desabonner|desabonnez|desabonnement|desinscrire|desinscrivez|desinscription|desabonne"),
    ("french", 92, "retirez|supprimez|enlevez|effacez ~2 numero"),
    // German.
    ("german", 92, "keine ~2 nachrichten|nachricht|sms|werbung|mitteilungen ~2 mehr|$"),
    ("german", 92, "nicht|nie mehr|wieder schreiben|kontaktieren|anschreiben|melden|schicken|senden|anrufen"),
    ("german", 92, "schreiben|kontaktieren|schreib|schreibt ~3 nicht|nie mehr|wieder"),
    ("german", 90, "abmelden|abbestellen|austragen"),
    ("german", 92, "horen|hor|hort ~3 auf"),
    ("german", 92, "loschen|losche|loscht|entfernen|entfernt ~2 nummer"),
    ("german", 92, "nummer ~2 loschen|entfernen"),
    ("german", 90, "lassen|lass|lasst ~1 mich|uns ~1 ruhe"),
];

/// Words of which every rule needs one, in order: a text without any is no revocation. Of each
/// rule's elements, the one with the rarest words.
#[rustfmt::skip] // As many words on a line as go there.
pub(super) const NEEDED: &[&str] = &[
    "abbestellen", "abmelden", "alto", "annoyed", "anymore", "arret", "arrete", "arreter",
    "arretez", "auf", "austragen", "baja", "basta", "block", "blocked", "blocking", "bugger",
    "buzz", "cancel", "cease", "cessez", "contacte", "contacten", "contacts", "database",
    "databases", "deactivate", "deja", "deje", "dejen", "delete", "deleted", "deleting",
    "desabonne", "desabonnement", "desabonner", "desabonnez", "desinscription", "desinscrire",
    "desinscrivez", "desist", "didnt", "disable", "discard", "discontinue", "dnc", "dont", "drop",
    "end", "enough", "envie", "envien", "envies", "erase", "escriba", "escriban", "escribas", "f",
    "fcc", "fed", "forget", "frequently", "ftc", "fuck", "gave", "gives", "go", "halt",
    "harassing", "harassment", "how", "interesa", "interest", "interested", "keine", "kill",
    "leave", "let", "list", "lists", "llamen", "lose", "mande", "manden", "mandes", "many", "mas",
    "molesten", "more", "much", "mute", "never", "nicht", "nie", "not", "number", "numero",
    "nummer", "off", "often", "opt", "optedout", "optout", "para", "pare", "paren", "pause",
    "phone", "piss", "plus", "quit", "records", "remove", "removed", "removing", "report",
    "reported", "reporting", "rescind", "retract", "revoke", "revoking", "rolls", "roster",
    "ruhe", "scam", "scrub", "sick", "snooze", "spam", "stop", "stopping", "suspend", "system",
    "systems", "tcpa", "telefono", "tired", "unsub", "unsubscibe", "unsubscribe", "unsubscribed",
    "unsubscribing", "unsuscribe", "withdraw", "withdrawing", "wrong",
];

/// Whether a word is one of the alternatives of a pattern's element.
pub(super) fn is_one_of(alternatives: &str, word: &str) -> bool {
    alternatives.split('|').any(|alternative| {
        alternative == word
            || (alternative.starts_with(|c: char| c.is_ascii_uppercase())
                && is_in(alternative, word))
    })
}

/// Whether a word is of a class.
pub(super) fn is_in(class: &str, word: &str) -> bool {
    let found = CLASSES.iter().find(|(name, _)| *name == class);
    found.is_some_and(|(_, words)| words.split('|').any(|known| known == word))
}
