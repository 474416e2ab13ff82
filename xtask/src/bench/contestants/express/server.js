// Twilio's own way in Node: Express, and the official library's middleware and TwiML.
const express = require("express");
const twilio = require("twilio");

const { PORT, TWILIO_AUTH_TOKEN, SALES_PHONE, SUPPORT_PHONE, PUBLIC_BASE_URL } = process.env;
const application = express();
application.use(express.urlencoded({ extended: false }));
const host = new URL(PUBLIC_BASE_URL).host;
application.use(twilio.webhook(TWILIO_AUTH_TOKEN, { protocol: "http", host }));

application.post("/voice/menu-selection", (request, response) => {
  const answer = new twilio.twiml.VoiceResponse();
  const dial = (say, number) => {
    answer.say(say);
    answer.dial(number);
  };
  switch (request.body.Digits) {
    case "1":
      dial("Connecting you to sales.", SALES_PHONE);
      break;
    case "2":
      dial("Connecting you to support.", SUPPORT_PHONE);
      break;
    default:
      answer.redirect("/voice/incoming");
  }
  response.type("text/xml").send(answer.toString());
});

application.listen(Number(PORT), "127.0.0.1");
