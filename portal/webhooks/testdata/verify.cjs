// Verifies calls as a receiver does that knows nothing of this program: v1 with
// the package standardwebhooks, v1a with Node's own crypto. Reads a list from
// standard input and writes what each came to: "" or why it does not verify.
const { Webhook } = require("standardwebhooks");
const { createPublicKey, verify } = require("node:crypto");

function v1(call) {
  try {
    new Webhook(call.secret).verify(call.body, call.headers);
    return "";
  } catch (error) {
    return error.message;
  }
}

function v1a(call) {
  const x = Buffer.from(call.publicKey.replace("whpk_", ""), "base64").toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  const signed = Buffer.from(`${call.headers["webhook-id"]}.${call.headers["webhook-timestamp"]}.${call.body}`);
  const found = call.headers["webhook-signature"].split(" ").some((part) => {
    const [version, signature] = part.split(",");
    return version === "v1a" && verify(null, signed, key, Buffer.from(signature, "base64"));
  });
  return found ? "" : "no signature of this key";
}

const calls = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(calls.map((call) => ({ v1: v1(call), v1a: v1a(call) }))));
