// Twilio's Node SDK against the Sandbox: npm install twilio, then
// cargo test --test sdk -- --ignored. The argument is the Sandbox's URL.

const assert = require("node:assert/strict");
const twilio = require("twilio");

const SID = "AC5a4db0c5000000000000000000005a4d";
const TOKEN = "5a4db0c5000000000000000000000000";
const SERVICE = "MG5a4db0c5000000000000000000000001";
const FROM = "+15005550006";

function client(token = TOKEN) {
  const it = twilio(SID, token);
  it.api.baseUrl = it.messaging.baseUrl = process.argv[2].replace(/\/$/, "");
  return it;
}

async function refused(act, code, status) {
  await assert.rejects(act, (error) => {
    assert.equal(error.code, code);
    assert.equal(error.status, status);
    assert.ok(error.message);
    return error.constructor.name === "RestException";
  });
}

async function main() {
  const sdk = client();
  const first = await sdk.messages.create({
    to: "+573001234567", from: FROM, body: "123456 is your code", validityPeriod: 300,
  });
  assert.equal(first.status, "queued");
  assert.equal((await sdk.messages(first.sid).fetch()).to, "+573001234567");
  for (let user = 0; user < 7; user++) {
    await sdk.messages.create({ to: `+57300123456${user}`, from: FROM, body: "x" });
  }
  assert.equal((await sdk.messages.list({ pageSize: 3 })).length, 8);
  assert.equal((await sdk.messages.list({ limit: 4, pageSize: 2 })).length, 4);

  const queued = await sdk.messages.create({
    to: "+573001234568", messagingServiceSid: SERVICE, body: "late",
  });
  assert.equal(queued.status, "accepted");
  const canceled = await sdk.messages(queued.sid).update({ status: "canceled" });
  assert.equal(canceled.status, "canceled");
  assert.equal((await sdk.messages(first.sid).update({ body: "" })).body, "");
  assert.equal(await sdk.messages(first.sid).remove(), true);
  await refused(() => sdk.messages(first.sid).fetch(), 20404, 404);

  const send = (to) => () => sdk.messages.create({ to, from: FROM, body: "x" });
  await refused(send("+15005550001"), 21211, 400);
  await refused(send("+15005550004"), 21610, 400);
  await refused(send("+573001239501"), 20500, 500);
  await refused(() => client("0".repeat(32)).balance.fetch(), 20003, 401);

  assert.equal((await sdk.balance.fetch()).balance, "100.00");
  assert.equal((await sdk.api.v2010.accounts(SID).fetch()).status, "active");
  const numbers = await sdk.incomingPhoneNumbers.list();
  assert.equal(numbers.find((number) => number.capabilities.sms).phoneNumber, FROM);
  assert.deepEqual((await sdk.shortCodes.list()).map((code) => code.shortCode), ["72404"]);
  const services = await sdk.messaging.v1.services.list();
  assert.deepEqual(services.map((service) => service.sid), [SERVICE]);
  console.log("twilio-node: all as expected");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
