"""Twilio's own way in Python: Flask, and the official library's validator and TwiML."""

import os

from flask import Flask, Response, abort, request
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import VoiceResponse

application = Flask(__name__)
validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])
base = os.environ["PUBLIC_BASE_URL"]


@application.before_request
def only_twilio():
    url = base + request.full_path if request.query_string else base + request.path
    if not validator.validate(url, request.form, request.headers.get("X-Twilio-Signature", "")):
        abort(403)


@application.post("/voice/menu-selection")
def menu():
    answer = VoiceResponse()
    digits = request.form.get("Digits")
    if digits == "1":
        answer.say("Connecting you to sales.")
        answer.dial(os.environ["SALES_PHONE"])
    elif digits == "2":
        answer.say("Connecting you to support.")
        answer.dial(os.environ["SUPPORT_PHONE"])
    else:
        answer.redirect("/voice/incoming")
    return Response(str(answer), mimetype="text/xml")
