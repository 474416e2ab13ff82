// A team of Cloudflare Access on loopback: lists its key, and signs what it is asked to. `GET
// /token?BASE64URL` gives a token with these claims, `&forged` one by a key that it does not list.
import { createSign, generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";

const [ours, theirs] = [1, 2].map(() => generateKeyPairSync("rsa", { modulusLength: 2048 }));
const { n, e } = ours.publicKey.export({ format: "jwk" });
const certs = JSON.stringify({ keys: [{ kid: "k", kty: "RSA", alg: "RS256", use: "sig", n, e }] });
const header = Buffer.from(JSON.stringify({ alg: "RS256", kid: "k" })).toString("base64url");
let fetched = 0;

createServer((request, response) => {
  const [path, query = ""] = request.url.split("?");
  if (path === "/cdn-cgi/access/certs") {
    fetched += 1;
    return response.end(certs);
  }
  if (path === "/fetched") return response.end(String(fetched));
  const [claims, forged] = query.split("&");
  const signed = `${header}.${claims}`;
  const { privateKey } = forged === undefined ? ours : theirs;
  const signature = createSign("RSA-SHA256").update(signed).sign(privateKey);
  return response.end(`${signed}.${signature.toString("base64url")}`);
}).listen(Number(process.argv[2]), "127.0.0.1");
