"""Golden TwiML: what Twilio's own Python library writes for the documents that the tests in
tests/twiml build with ours.

    python3 -m venv /some/where && /some/where/bin/pip install twilio==9.13.0
    /some/where/bin/python tests/golden/twiml.py            # writes tests/golden/twiml/*.xml
    /some/where/bin/python tests/golden/twiml.py --check    # fails if a file differs

Both forms fail if a verb, noun or attribute that the library knows is in no document, so a new
release of the library shows what is new in TwiML.
"""

import inspect
import pathlib
import sys

from twilio.twiml import TwiML, messaging_response, voice_response
from twilio.twiml.messaging_response import MessagingResponse
from twilio.twiml.voice_response import VoiceResponse

FOLDER = pathlib.Path(__file__).with_name("twiml")
STATUS = "initiated ringing answered completed"
RECORDING = "in-progress completed absent"
DOCUMENTS = {}


def document(build):
    response = MessagingResponse() if build.__name__.startswith("messaging") else VoiceResponse()
    build(response)
    DOCUMENTS[build.__name__] = response
    return build


@document
def empty(r):
    pass


@document
def verbs(r):
    r.say("Hello", voice="Polly.Joanna", loop=2, language="en-US")
    r.say("Plain")
    r.play("https://example.com/music.mp3?a=1&b=2", loop=0)
    r.play(digits="ww12#*")
    r.pause(length=3)
    r.pause()
    r.redirect("/voice/next?round=2&from=%2B15550100", method="GET")
    r.redirect("relative")
    r.sms("Thanks", to="+15550101", from_="+15550102", action="/sms", method="POST",
          status_callback="/sms/status")
    r.leave()
    r.echo()
    r.queue("support", url="/queue", method="POST", reservation_sid="WR1",
            post_work_activity_sid="WA1")
    r.hangup()


@document
def parameters(r):
    r.start().siprec(name="s", connector_name="c").parameter(name="a", value="1 & 2")
    r.hangup().parameter(name="cause", value="normal")


@document
def reject(r):
    r.pause(length=2)
    r.reject(reason="busy").parameter(name="code", value="486")


@document
def reject_plain(r):
    r.reject()


@document
def gather(r):
    g = r.gather(
        input="dtmf speech", action="/menu?a=1&b=2", method="POST", timeout=5,
        speech_timeout="auto", max_speech_time=30, profanity_filter=False, finish_on_key="",
        num_digits=1, partial_result_callback="/partial", partial_result_callback_method="GET",
        language="en-GB", hints="sales, support & more", barge_in=True, debug=False,
        action_on_empty_result=True, speech_model="phone_call", enhanced=True)
    g.say("Press 1", voice="alice", language="en-GB", loop=1)
    g.play("/beep.wav", loop=1, digits="1")
    g.pause(length=1)
    g.say("Or say").break_(time="500ms")
    r.gather(speech_timeout=3)


@document
def record(r):
    r.record(
        action="/saved", method="GET", timeout=4, finish_on_key="1234567890*#", max_length=120,
        play_beep=True, trim="trim-silence", recording_status_callback="/rec",
        recording_status_callback_method="POST", recording_status_callback_event=RECORDING,
        transcribe=True, transcribe_callback="/transcription",
        recording_configuration_id="RC1")
    r.record(trim="do-not-trim", play_beep=False)


@document
def enqueue(r):
    r.enqueue("support", action="/left", max_queue_size=20, method="GET", wait_url="/wait",
              wait_url_method="POST", workflow_sid="WW1")
    r.enqueue(None, workflow_sid="WW2").task('{"skill":"<sales>"}', priority=5, timeout=30)


@document
def refer(r):
    r.refer(action="/referred", method="POST").sip("sip:kate@example.com?x=1&y=2")


def dial_callbacks(url="/callee"):
    return dict(url=url, method="GET", status_callback="/status",
                status_callback_method="POST", status_callback_event=STATUS)


def machine_detection():
    return dict(machine_detection="DetectMessageEnd", amd_status_callback="/amd",
                amd_status_callback_method="GET", machine_detection_timeout=30,
                machine_detection_speech_threshold=2400,
                machine_detection_speech_end_threshold=1200,
                machine_detection_silence_timeout=5000)


@document
def dial(r):
    d = r.dial(
        action="/dialled", method="POST", timeout=20, hangup_on_star=True, time_limit=14400,
        caller_id="+15550100", record="record-from-answer-dual", trim="trim-silence",
        recording_status_callback="/rec", recording_configuration_id="RC1",
        recording_status_callback_method="GET", recording_status_callback_event=RECORDING,
        answer_on_bridge=True, ring_tone="us-old", recording_track="both", sequential=False,
        refer_url="/refer", refer_method="POST", events="call-progress-event",
        passports="abc,def")
    d.number("+15550101", send_digits="wwww1928", byoc="BY1", **dial_callbacks(),
             **machine_detection())
    d.number("+15550102", machine_detection="Enable")
    d.client("joey", **dial_callbacks())
    c = d.client(None)
    c.identity("kate & co")
    c.parameter(name="first_name", value="Kate <3")
    d.sim("DE1")
    d.whats_app("+15550103", **dial_callbacks())


@document
def dial_number(r):
    r.dial("+15550199")
    r.dial("+15550199", record="do-not-record", recording_track="inbound")


@document
def dial_sip(r):
    d = r.dial(record="record-from-ringing", recording_track="outbound")
    d.sip("sip:kate@example.com;transport=tls?X-A=1&X-B=2", username="u", password='p"<',
          **dial_callbacks(), **machine_detection())
    s = d.sip(None)
    s.uri("sip:a@example.com", priority=1, weight=10, username="a", password="1")
    s.uri("sip:b@example.com")
    h = s.headers()
    h.header(name="X-One", value="1")
    h.header(name="X-Two", value="2;a=b")


@document
def dial_application(r):
    d = r.dial(record="record-from-ringing-dual")
    d.application("AP1", customer_id="c1", copy_parent_to=True, **dial_callbacks())
    a = d.application(None)
    a.application_sid("AP2")
    a.parameter(name="k", value="v")
    r.dial(record="record-from-answer").queue(
        "support", url="/about", method="GET", reservation_sid="WR1",
        post_work_activity_sid="WA1")


@document
def dial_conference(r):
    r.dial().conference(
        "Room 1", muted=True, beep="onEnter", start_conference_on_enter=False,
        end_conference_on_exit=True, wait_url="", wait_method="GET", max_participants=3,
        record="record-from-start", recording_configuration_id="RC1", region="ie1",
        coach="CA1", trim="do-not-trim",
        status_callback_event="start end join leave mute hold modify speaker announcement",
        status_callback="/conf", status_callback_method="POST",
        recording_status_callback="/rec", recording_status_callback_method="GET",
        recording_status_callback_event="in-progress completed absent",
        event_callback_url="/event", jitter_buffer_size="small", participant_label="agent")
    r.dial().conference("Room 2", beep="true", record="do-not-record", jitter_buffer_size="off")
    r.dial().conference("Room 3", beep="false", jitter_buffer_size="medium")
    r.dial().conference("Room 4", beep="onExit", jitter_buffer_size="large")


def stream_attributes():
    return dict(name="live", connector_name="conn", url="wss://example.com/media",
                track="both_tracks", status_callback="/stream", status_callback_method="GET",
                audio_format="audio/x-mulaw", sample_rate="8000")


def siprec_attributes():
    return dict(name="siprec", connector_name="conn", track="inbound_track",
                status_callback="/siprec", status_callback_method="POST")


def transcription_attributes():
    return dict(name="words", track="outbound_track", status_callback_url="/words",
                status_callback_method="POST", inbound_track_label="caller",
                outbound_track_label="agent", partial_results=True, language_code="en-US",
                transcription_engine="google", profanity_filter=False,
                speech_model="telephony", hints="Acme, Twilio",
                enable_automatic_punctuation=True, intelligence_service="GA1")


@document
def start(r):
    s = r.start(action="/started", method="POST")
    s.stream(**stream_attributes()).parameter(name="k", value="v")
    s.siprec(**siprec_attributes()).parameter(name="k", value="v")
    t = s.transcription(**transcription_attributes())
    t.config(name="a", value="b")
    t.parameter(name="c", value="d")
    s.recording(recording_status_callback="/rec", recording_status_callback_method="GET",
                recording_status_callback_event=RECORDING, trim="trim-silence",
                track="inbound", channels="dual", recording_configuration_id="RC1")
    s.recording(track="outbound", channels="mono")
    s.stream(name="plain")
    s.siprec(name="plain")
    s.transcription(name="plain")


@document
def stop(r):
    s = r.stop()
    s.stream(**stream_attributes()).parameter(name="k", value="v")
    s.siprec(**siprec_attributes()).parameter(name="k", value="v")
    t = s.transcription(**transcription_attributes())
    t.config(name="a", value="b")
    t.parameter(name="c", value="d")
    s.stream(name="plain")
    s.siprec(name="plain")
    s.transcription(name="plain")


@document
def connect(r):
    r.connect(action="/ended", method="GET").stream(**stream_attributes()).parameter(
        name="k", value="v")
    r.connect().stream(url="wss://example.com/media")
    r.connect().room("DailyStandup", participant_identity="alice")
    r.connect().autopilot("UA1")
    v = r.connect().virtual_agent(
        connector_name="df", language="en-US", sentiment_analysis=True,
        status_callback="/va", status_callback_method="POST")
    v.config(name="a", value="b")
    v.parameter(name="c", value="d")
    r.connect().virtual_agent(connector_name="df")
    r.connect().conversation(
        service_instance_sid="IS1", inbound_autocreation=True, routing_assignment_timeout=10,
        inbound_timeout=20, url="/wait", method="GET", record="record-from-answer-dual",
        trim="do-not-trim", recording_status_callback="/rec",
        recording_status_callback_method="GET", recording_status_callback_event=RECORDING,
        status_callback="/status", status_callback_method="POST",
        status_callback_event="call-initiated call-ringing call-answered call-completed")
    for record in ("do-not-record", "record-from-answer", "record-from-ringing",
                   "record-from-ringing-dual", "true", "false"):
        r.connect().conversation(record=record)
    r.connect().ai_session(ai_connector="ai", ai_session_configuration="cfg")
    r.connect().conversation_relay_session(connector="cr", session_configuration="cfg")


@document
def conversation_relay(r):
    c = r.connect().conversation_relay(
        url="wss://example.com/relay", language="en-US", tts_language="en-GB",
        transcription_language="de-DE", tts_provider="ElevenLabs", voice="v1",
        transcription_provider="Deepgram", speech_model="nova-3-general",
        profanity_filter=True, dtmf_detection=True, welcome_greeting='Say "hi" & go',
        partial_prompts=False, welcome_greeting_interruptible="speech", interruptible="any",
        preemptible=True, hints="Acme", intelligence_service="GA1",
        report_input_during_agent_speech=False, elevenlabs_text_normalization="on",
        interrupt_sensitivity="high", debug="debugging speaker-events",
        backgroundNoiseReduction="high", speechTimeout="600", deepgramSmartFormat=True,
        ignoreBackchannel=False, events="speaker-events tokens-played",
        partial_prompt_on_hangup=True, eager_eot_threshold="0.5", asr_smart_format=True,
        tts_text_normalization="auto", tts_language_text_normalization=True,
        elevenlabs_language_text_normalization=False, include_in_prompt="turn-state",
        customer_name="Kate", application_reconnect=True, echo_prompt_filtering=True,
        turn_detection=False)
    c.language(code="sv-SE", tts_provider="Amazon", voice="Astrid",
               transcription_provider="Google", speech_model="long", hints="Acme",
               asr_smart_format=False, tts_text_normalization="off",
               tts_language_text_normalization=False)
    c.parameter(name="k", value="v")
    r.connect().conversation_relay(
        url="wss://example.com/relay", welcome_greeting_interruptible="none",
        interruptible="dtmf", interrupt_sensitivity="low")


@document
def pay(r):
    p = r.pay(
        input="dtmf", action="/paid", bank_account_type="consumer-checking",
        status_callback="/pay/status", status_callback_method="POST", timeout=7,
        max_attempts=3, security_code=True, postal_code="94109", min_postal_code_length=5,
        payment_connector="Default", payment_method="ach-debit", token_type="one-time",
        charge_amount="20.45", currency="usd", description="Blue & green widgets",
        valid_card_types="visa mastercard amex maestro discover optima jcb diners-club enroute",
        language="en-US")
    first = p.prompt(for_="payment-card-number", attempt="1 2 3", card_type="visa amex",
                     error_type="timeout invalid-card-number invalid-card-type invalid-date "
                                "invalid-security-code internal-error input-matching-failed",
                     require_matching_inputs=True)
    first.say("Card number", voice="woman", language="en-US", loop=1)
    first.play("/card.wav", loop=1, digits="1")
    first.pause(length=1)
    first.say(None).s("Please")
    p.parameter(name="k", value="v")
    for step in ("expiration-date", "security-code", "postal-code", "payment-processing",
                 "bank-account-number", "bank-routing-number"):
        p.prompt(for_=step)
    r.pay(payment_method="credit-card", token_type="reusable",
          bank_account_type="consumer-savings")
    r.pay(token_type="payment-method", bank_account_type="commercial-checking")
    r.pay(bank_account_type="commercial-savings")
    r.prompt(for_="postal-code", error_type="timeout", card_type="visa", attempt="1",
             require_matching_inputs=False)


def inner(scope, missing=""):
    """One of each element that every scope has."""
    scope.break_(strength="x-weak", time="200ms")
    scope.phoneme("pecan", alphabet="ipa", ph="pɪˈkɑːn")
    scope.say_as("12/24", interpret_as="date", format="md")
    scope.sub("Al", alias="aluminum")
    scope.emphasis("word", level="reduced")
    scope.prosody("slow", volume="-6dB", rate="slow", pitch="-10%")
    if "lang" not in missing:
        scope.lang("Bonjour", xml_lang="fr-FR")
    if "w" not in missing:
        scope.w("lead", role="amazon:VB")
    if "p" not in missing:
        scope.p("Paragraph")
    if "s" not in missing:
        scope.s("Sentence")


@document
def ssml(r):
    inner(r.say("Words & ", voice="Polly.Joanna"))
    inner(r.say(None).lang(None, xml_lang="de-DE"))
    inner(r.say(None).prosody(None, rate="110%"))
    inner(r.say(None).p(None), missing="p")
    inner(r.say(None).s(None), missing="ps")
    inner(r.say(None).emphasis(None, level="strong"), missing="ps")
    inner(r.say(None).w(None, role="amazon:NN"), missing=("lang", "w", "p", "s"))


@document
def ssml_mixed(r):
    s = r.say("One ")
    s.break_(strength="strong")
    s.nest(" two <")
    e = s.emphasis("three", level="moderate")
    e.break_(time="1s")
    e.nest("four")
    s.nest(" five")


@document
def ssml_values(r):
    s = r.say(None)
    for strength in ("none", "x-weak", "weak", "medium", "strong", "x-strong"):
        s.break_(strength=strength)
    for kind in ("characters", "spell-out", "cardinal", "number", "ordinal", "digits",
                 "fraction", "unit", "date", "time", "address", "expletive", "telephone"):
        s.say_as("1", interpret_as=kind)
    for order in ("mdy", "dmy", "ymd", "md", "dm", "ym", "my", "d", "m", "y", "yyyymmdd"):
        s.say_as("1", interpret_as="date", format=order)
    for alphabet in ("ipa", "x-sampa", "x-amazon-jyutping", "x-amazon-pinyin",
                     "x-amazon-pron-kana", "x-amazon-yomigana"):
        s.phoneme("a", alphabet=alphabet, ph="a")


@document
def escaping(r):
    text = "<Say> & \"quotes\" 'single' ]]> \t\n é 漢字 😀"
    r.say(text, voice=text)
    r.redirect("/a?b=<1>&c=\"2\"&d=é#f")


@document
def messaging(r):
    r.message("Hi & bye", to="+15550101", from_="+15550102", action="/a", method="GET",
              status_callback="/status")
    m = r.message(None)
    m.body("With <media>")
    m.media("https://example.com/a.png?x=1&y=2")
    m.media("/relative.jpg")
    r.message("Text too").media("/b.gif")
    r.redirect("/more?a=1&b=2", method="POST")


@document
def messaging_empty(r):
    pass


def children(module):
    """(class of the parent, class of the child, names of the child's attributes)"""
    for _, parent in inspect.getmembers(module, inspect.isclass):
        if not issubclass(parent, TwiML) or parent is TwiML:
            continue
        for _, method in inspect.getmembers(parent, inspect.isfunction):
            if method.__qualname__ != f"{parent.__name__}.{method.__name__}":
                continue
            names = list(inspect.signature(method).parameters)
            if "kwargs" not in names or method.__name__ == "__init__":
                continue
            wanted = {name: "1" for name in names if name not in ("self", "kwargs")}
            # Any object with `nest` will do as the parent.
            child = method(TwiML(), **wanted)
            yield parent.__name__, type(child).__name__, set(child.attrs)


def written(node, used):
    for child in node.verbs:
        if isinstance(child, TwiML):
            kinds = (type(node).__name__, type(child).__name__)
            used.setdefault(kinds, set()).update(child.attrs)
            written(child, used)


def uncovered():
    used = {}
    for response in DOCUMENTS.values():
        written(response, used)
    for module in (voice_response, messaging_response):
        for parent, child, attributes in children(module):
            if (parent, child) not in used:
                yield f"no document has {child} in {parent}"
            for attribute in sorted(attributes - used.get((parent, child), set())):
                yield f"no document sets {attribute} of {child} in {parent}"


def main():
    faults = list(uncovered())
    check = "--check" in sys.argv[1:]
    FOLDER.mkdir(exist_ok=True)
    for name, response in DOCUMENTS.items():
        path = FOLDER / f"{name}.xml"
        xml = response.to_xml() + "\n"
        if not check:
            path.write_text(xml, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != xml:
            faults.append(f"{path.name} is not what the library writes")
    for path in FOLDER.glob("*.xml"):
        if path.stem not in DOCUMENTS:
            faults.append(f"{path.name} belongs to no document")
    print("\n".join(faults) or f"{len(DOCUMENTS)} documents cover the library")
    return 1 if faults else 0


sys.exit(main())
